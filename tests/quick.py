"""``make quick``: lint what changed and run the tests that are nearest to it, within a minute.

The map is made anew each time from the imports of all files, read and not run: a test that imports a changed file comes
first, then one that imports a file that does, and so on, quick kinds before slow ones. Names of modules and files in
strings count as imports, because jobs, commands and screens are named so. What the minute leaves over is said and waits
for ``make test``, as does PostgreSQL. As a plugin of pytest (``-p tests.quick``) this file keeps the time, and fails where
it left none for any test.

pytest-testmon knows more exactly what a test ran through, but only after a full run under a tracer on the same machine,
and it has no end: a change in ``crm/work.py`` selects nearly everything.
"""

import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UNTIL = "RAPPORT_QUICK_UNTIL"
#: Seconds from the command to the last start of a test; the rest of the minute is for that test to end.
SECONDS = 48
#: So much earlier is the last start of what begins with a server and a browser, or with data of many rows.
LONG = {"tests/browser/": 20, "tests/realdata/": 10}
#: Reading more test files than this takes the minute by itself.
MOST = 30
TOPS = ("crm", "db", "pages", "tests")
#: Which kind goes first among tests that are equally near; those not named go before.
SLOW = ("tests/service", "tests/http", "tests/pages", "tests/realdata", "tests/browser", "tests/load")
ALWAYS = "tests/test_architecture.py"
LEFT = "the minute is over; make test runs it"
NONE_RAN = "The minute was over before the first test: nothing was tested. Name fewer files (ARGS=…), or run make test."


def changed() -> set[str]:
    """Files that differ from the branch everybody builds on; on that branch, from its last commit."""

    def git(*words: str) -> list[str]:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
        return done.stdout.splitlines() if done.returncode == 0 else []

    bases = [base for name in ("main", "origin/main") for base in git("merge-base", "HEAD", name)]
    base = (bases or ["HEAD"])[0]
    return {
        *git("diff", "--name-only", "--no-renames", base),
        *git("ls-files", "--others", "--exclude-standard"),
    }


def nearest(files: Iterable[str]) -> list[str]:
    """The test files that reach these files, nearest first; what is equally near by kind and name."""
    graph = reached_by(frozenset(files))
    distance, edge = dict.fromkeys(files, 0), list(files)
    for place in edge:  # grows while it is walked
        for nearer in graph.get(place, ()):
            if nearer not in distance:
                distance[nearer] = distance[place] + 1
                edge.append(nearer)
    tests = [name for name in distance if is_test(name) and (ROOT / name).exists()]
    return sorted(tests, key=lambda name: (distance[name], kind(name), name))


def is_test(name: str) -> bool:
    """A file that pytest collects without being told so."""
    return Path(name).match("test_*.py") and name.startswith("tests/") and not name.startswith("tests/load/")


def kind(name: str) -> int:
    """Place of a test's kind among the slow ones."""
    return next((place for place, top in enumerate(SLOW, 1) if name.startswith(top)), 0)


@cache
def reached_by(also: frozenset[str]) -> dict[str, set[str]]:
    """Who names each file: by an import, in a string, or as a test beside a ``conftest.py``."""
    paths = [ROOT / "app.py", *(path for top in TOPS for path in (ROOT / top).rglob("*.py"))]
    python = {path.relative_to(ROOT).as_posix() for path in paths}
    others = {name for name in also if not name.endswith(".py")}
    modules = {module(name): name for name in python | (also - others)}
    screens = {Path(name).stem: name for name in modules.values() if name.startswith("pages/")}
    graph: dict[str, set[str]] = {}
    for name in python:
        for named in names_in(name):
            found = {modules.get(named) or modules.get(named.rpartition(".")[0])}
            if name.startswith("tests/pages/"):
                found.add(screens.get(named))
            found |= {other for other in others if speaks_of(named, other, name)}
            for target in found - {None, name}:
                graph.setdefault(str(target), set()).add(name)
        if is_test(name):
            for folder in Path(name).parents:
                graph.setdefault((folder / "conftest.py").as_posix(), set()).add(name)
    return graph


def module(name: str) -> str:
    """``crm/firm/__init__.py`` is the module ``crm.firm``."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def names_in(name: str) -> frozenset[str]:
    """Modules that a file imports, and its strings that may be names of modules, screens or files."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / name).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            found |= {node.value, node.value.partition(":")[0].removesuffix(".py").replace("/", ".")}
    return frozenset(found)


def speaks_of(named: str, other: str, by: str) -> bool:
    """Whether a string in one file names another that is not Python, or all of its sort in the same folder."""
    path = Path(other)
    beside = path.is_relative_to(Path(by).parent)
    return path.name in named or (beside and named.startswith("*.") and named.endswith(path.suffix or "?"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Start no test after its time; the summary counts those left over in one line."""
    if time.time() > last_start(item.nodeid):
        pytest.skip(LEFT)


def last_start(nodeid: str) -> float:
    """The moment after which this test would not end within the minute."""
    less = sum(seconds for kind, seconds in LONG.items() if nodeid.startswith(kind))
    return float(os.environ.get(UNTIL, "inf")) - less


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tests that were all left over have proved nothing: say so, and end with an error."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return  # a worker of xdist
    left = any(LEFT in str(report.longrepr) for report in reporter.stats.get("skipped", ()))
    if left and not {"passed", "failed", "error"} & reporter.stats.keys():
        reporter.write_line(NONE_RAN, red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def main(arguments: list[str]) -> int:
    """Lint and test what changed, or the files named; 1 when something is wrong."""
    begun = time.time()
    named = {word for word in arguments if (ROOT / word).is_file()}
    files = named or changed()
    python = sorted(name for name in files if name.endswith(".py") and (ROOT / name).exists())
    reaching = nearest(files)
    tests = [ALWAYS] * bool(python) + [name for name in reaching if name != ALWAYS][:MOST]
    told = f"{len(files)} files changed, {len(reaching)} test files reach them."
    left = len(set(reaching) - set(tests))
    print(told + f" {left} that are further away are left to make test." * bool(left), flush=True)
    ruff = [sys.executable, "-m", "ruff"]
    checks = [[*ruff, "check", "-q", *python], [*ruff, "format", "--check", "-q", *python]] if python else []
    wrong = [check for check in checks if subprocess.run(check, cwd=ROOT).returncode]
    if tests:
        more = [word for word in arguments if word not in named]
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n",
            "2",
            "--no-loadscope-reorder",
            "-m",
            "not postgres",
        ]
        done = subprocess.run(
            [*command, "-p", "tests.quick", *more, *tests],
            cwd=ROOT,
            env={**os.environ, UNTIL: str(begun + SECONDS)},
        )
        wrong += [command] if done.returncode not in (0, pytest.ExitCode.NO_TESTS_COLLECTED) else []
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
