"""``make steady``: run the tests of the browser again and again, also beside other work, and count what failed.

``ARGS="--times 20 --busy 2 tests/browser/journeys/test_campaign_journey.py"`` runs that journey twenty times while two processes
keep the processor busy; without files all tests of the browser run.
"""

import argparse
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.load.server import ROOT

_BUSY = "while True: sum(range(10_000))"


@contextmanager
def busy(number: int) -> Iterator[None]:
    """So many processes that only use the processor, until the block ends."""
    working = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(number)]
    try:
        yield
    finally:
        for process in working:
            process.kill()
            process.wait()


def run_once(what: list[str], report: Path) -> dict[str, tuple[float, str]]:
    """Seconds and, where it failed, the first line of why, by test."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", f"--junitxml={report}", *what]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    if done.returncode not in (0, 1):
        raise SystemExit(f"pytest ended with {done.returncode}: {' '.join(command)}")
    found = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        why = [told.get("message", "") for told in (*case.findall("failure"), *case.findall("error"))]
        name = f"{case.get('classname', '').removeprefix('tests.browser.')}::{case.get('name')}"
        found[name] = (float(case.get("time", 0)), "".join(why).partition("\n")[0] or "?" * bool(why))
    return found


def main() -> int:
    """Run, tell each failure when it is seen, and print a line per test; 1 when anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["tests/browser"], help="files, as pytest takes them")
    parser.add_argument("--times", type=int, default=20, help="runs of all of them")
    parser.add_argument(
        "--busy", type=int, default=0, help="processes that keep the processor busy meanwhile"
    )
    asked = parser.parse_args()
    seconds: dict[str, list[float]] = defaultdict(list)
    failed: dict[str, int] = defaultdict(int)
    with tempfile.TemporaryDirectory(prefix="rapport_steady_") as folder, busy(asked.busy):
        for time in range(1, asked.times + 1):
            for name, (took, why) in run_once(asked.what, Path(folder) / "report.xml").items():
                seconds[name].append(took)
                failed[name] += bool(why)
                if why:
                    print(f"run {time}: {name}: {why}", flush=True)
            print(f"run {time} of {asked.times} done, {sum(failed.values())} failures so far", flush=True)
    for name, took in sorted(seconds.items()):
        print(f"{len(took):4} runs {failed[name]:4} failed {median(took):7.1f} s in the middle  {name}")
    return int(any(failed.values()))


if __name__ == "__main__":
    raise SystemExit(main())
