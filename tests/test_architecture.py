"""The house rules that a reader would otherwise have to remember. Each names all who break it at once."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from crm.areas import hand_in
from crm.register import Register, _known

ROOT = Path(__file__).parents[1]
FILES = [ROOT / "app.py", *(p for top in ("crm", "db", "pages", "tests") for p in (ROOT / top).rglob("*"))]
SOURCES = [path for path in FILES if path.suffix in {".py", ".js", ".css"}]
PYTHON = [path for path in SOURCES if path.suffix == ".py" and "tests" not in path.relative_to(ROOT).parts]
PAGES = sorted((ROOT / "pages").glob("*.py"))
UP = {"streamlit", "pages", "app"}
OUTSIDE = {"db", "sqlalchemy", "streamlit", "starlette", "fastapi", "httpx", "requests"}
MAY_NOT_IMPORT = {  # the longest matching beginning of a path decides
    "app.py": {"sqlalchemy", "pandas"},
    "pages": {"db", "sqlalchemy", "pandas"},
    "db": UP | {"crm"},
    "crm": UP,
    "crm/ui": {"pages"},
    **{f"crm/{area}": OUTSIDE for area in ("analytics", "charts", "forecasting")},
    **{f"crm/forecasting/{edge}.py": UP for edge in ("service", "queries")},
}

#: What everything may import, each only those before it.
GROUND = ["errors", "i18n", "config", "work", "clock", "periods", "money", "register", "links"]
#: Which area may import which, from the ground up: an area stands below all that import it. An area is a folder of crm/
#: or a file in it; of crm/ui each folder or file is one. A new arrow is one word here, with its reason where it surprises.
MAY_IMPORT = {
    "firm": "",
    "upgrade": "firm",
    "cli_frame": "upgrade",
    "charts": "",
    "analytics": "",
    "records": "firm",
    "access": "cli_frame firm records",
    "jobs": "access",  # a job has the rights of whoever caused it, as they are now
    "exchange": "access cli_frame firm jobs records",  # a job ends in the transaction of what it did
    "keeping": "cli_frame firm upgrade",
    "mail": "cli_frame firm jobs records",
    "reporting": "access cli_frame exchange firm",
    "interactions": "mail records",
    "trade": "records",
    "contacts": "interactions records reporting",  # whoever becomes a customer was talked with
    "pipeline": "analytics firm records reporting",
    "service": "analytics cli_frame exchange firm interactions jobs mail records reporting",
    "campaigns": "access analytics exchange firm jobs mail records reporting",
    "forecasting": "access cli_frame exchange jobs reporting",
    "sample": "access campaigns firm keeping pipeline records service",
    "areas": "access campaigns contacts exchange forecasting interactions keeping mail pipeline records reporting sample service "
             "trade",
    "commands": "areas cli_frame jobs mail",
    "__main__": "commands",
    "http": "access campaigns exchange firm keeping mail records reporting service",
    "ui/kit": "charts firm records",
    "ui/frame": "access firm jobs records upgrade ui/kit",  # the menu has what cards describe
    "ui/records": "access exchange interactions mail records ui/frame ui/kit",
    "ui/dashboards": "analytics charts ui/frame ui/kit",
    "ui/imports": "exchange jobs records ui/frame ui/kit",
    "ui/settings": "access firm jobs keeping mail pipeline records service ui/frame ui/kit",
    "ui/pipeline": "interactions pipeline records ui/frame ui/kit ui/records",
    "ui/sales": "charts pipeline reporting ui/dashboards ui/frame ui/kit",
    "ui/forecast": "charts forecasting jobs pipeline reporting ui/frame ui/kit ui/pipeline",
    "ui/visits": "records service ui/frame ui/kit ui/records",
    "ui/cases": "mail records service ui/frame ui/kit ui/records ui/visits",
    "ui/equipment": "records service ui/cases ui/frame ui/kit ui/records ui/visits",
    "ui/wear": "analytics charts jobs service ui/frame ui/kit",
    "ui/service_board": "analytics charts service ui/dashboards ui/frame ui/kit",
    "ui/marketing": "campaigns charts records reporting ui/dashboards ui/frame ui/kit",
    "ui/campaigns": "analytics campaigns charts jobs mail records ui/frame ui/kit ui/records",
    "ui/segments": "campaigns firm records ui/frame ui/kit ui/records",
    "ui/social": "analytics campaigns charts records ui/frame ui/kit ui/records",
    "ui/contacts": "campaigns charts contacts interactions mail records reporting ui/campaigns ui/cases ui/equipment ui/frame "
                   "ui/kit ui/records",
    "ui/messages": "campaigns mail records ui/contacts ui/frame ui/kit ui/records",
    "ui/inbox": "mail records ui/cases ui/frame ui/kit",
    "ui/my_day": "access firm interactions mail pipeline records service ui/cases ui/frame ui/kit ui/records",
    "ui/anywhere": "records ui/cases ui/frame ui/records ui/visits",
    "ui/main": "ui/anywhere ui/frame ui/kit ui/records",  # what draws the screens of cards
    "ui/shell": "areas ui/main",  # Streamlit may run it without app.py
}  # fmt: skip
MODULES = {
    path.relative_to(ROOT).with_suffix("").as_posix().removesuffix("/__init__").replace("/", "."): path
    for path in PYTHON
    if path.is_relative_to(ROOT / "crm")
}
DOTTED = re.compile(r"crm(\.\w+)+(:\w+)?")


def name(path):
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path):
    return list(ast.walk(ast.parse(path.read_text("utf-8"))))


def imports(path):
    for node in parsed(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def arrows():
    """Module and module of ours that it imports, also inside functions, or names in a text as ``crm.x.y:z``."""
    for module, path in MODULES.items():
        texts = (node.value for node in parsed(path) if isinstance(node, ast.Constant))
        named = {text.partition(":")[0] for text in texts if isinstance(text, str) and DOTTED.fullmatch(text)}
        for full in {*imports(path), *named}:
            target = full if full in MODULES else full.rpartition(".")[0]
            if target in MODULES and target not in ("crm", "crm.ui"):
                yield module, target


def area(module):
    parts = module.split(".")[1:]
    return "/".join(parts[: 2 if parts[0] == "ui" else 1])


@cache
def between():
    """The arrows between areas."""
    return [(a, b) for a, b in arrows() if a not in ("crm", "crm.ui") and area(a) != area(b)]


def test_a_file_imports_only_what_its_layer_may():
    wrong = []
    for path in PYTHON:
        layer = max((top for top in MAY_NOT_IMPORT if name(path).startswith(top)), key=len)
        found = set(imports(path))
        # Rules of an entity look up for many rows at once what they go by; all others are given it.
        is_pure = path.name.endswith("rules.py") and "crm.records.rules.Rules" not in found
        forbidden = OUTSIDE if is_pure and name(path) != "crm/records/rules.py" else MAY_NOT_IMPORT[layer]
        wrong += [f"{name(path)} imports {top}" for top in forbidden & {full.split(".")[0] for full in found}]
        if "sqlalchemy.create_engine" in found and name(path) != "db/session.py":
            wrong.append(f"{name(path)} makes an engine")
    assert not wrong


def test_an_area_imports_only_those_that_the_table_allows():
    allowed = {area: {*GROUND, *names.split()} for area, names in MAY_IMPORT.items()}
    allowed |= {area: set(GROUND[:at]) for at, area in enumerate(GROUND)}

    wrong = {f"{a} → {b}" for a, b in between() if area(b) not in allowed.get(area(a), ())}

    assert not wrong, "\n".join(sorted(wrong))


def test_the_table_of_areas_goes_upwards_and_allows_no_more_than_there_is():
    order = [*GROUND, *MAY_IMPORT]
    used = defaultdict(set)
    for a, b in between():
        used[area(a)].add(area(b))

    down = [
        f"{area} may import {other}, which stands above it"
        for area, names in MAY_IMPORT.items()
        for other in names.split()
        if order.index(other) >= order.index(area)
    ]
    unused = [
        f"{area} does not import {other}"
        for area, names in MAY_IMPORT.items()
        for other in set(names.split()) - used[area]
    ]

    assert not down + unused, "\n".join(down + unused)


def test_areas_do_not_import_one_another_in_a_circle():
    above = defaultdict(set)
    for a, b in between():
        above[area(a)].add(area(b))

    def reached(start):
        seen, ahead = set(), [start]
        while ahead:
            new = above[ahead.pop()] - seen
            seen |= new
            ahead += new
        return seen

    assert not [area for area in list(above) if area in reached(area)]


def test_a_file_can_be_read_in_one_sitting():
    long = {
        name(path): lines
        for path in SOURCES
        if (lines := path.read_text("utf-8").count("\n")) > (130 if path in PAGES else 350)
    }
    marked = [name(p) for p in SOURCES if p != Path(__file__) and "unsafe_allow_html" in p.read_text("utf-8")]
    assert not long
    assert not marked


def test_a_folder_can_be_seen_at_a_glance():
    # A page's file is its address, and the menu is a list: pages/ stays one folder (docs/decisions/0013-areas.md).
    count = defaultdict(int)
    for path in FILES:
        if path.suffix == ".py" and path.parent.name not in ("pages", "versions"):
            count[name(path.parent)] += 1
    assert not {folder: files for folder, files in count.items() if files > 15}


def test_every_page_first_asks_who_is_there():
    without = []
    for page in PAGES:
        after_docstring = ast.parse(page.read_text("utf-8")).body[1:]
        first = next(step for step in after_docstring if not isinstance(step, ast.Import | ast.ImportFrom))
        asked = first.value.func.id if isinstance(getattr(first, "value", None), ast.Call) else None
        if f"crm.ui.frame.guard.{asked}" not in imports(page):
            without.append(page.name)
    assert not without


class TestRegister:
    def test_everything_that_an_area_hands_in_is_there(self):
        for purpose in _known:
            for one in Register(purpose):
                assert Register(purpose)[one] is not None

    def test_every_job_of_the_clock_can_be_done(self):
        assert set(Register("every")) <= set(Register("job"))

    def test_a_name_is_handed_in_once(self):
        with pytest.raises(RuntimeError, match="wear"):
            hand_in("another", job={"wear": "crm.jobs.worker:Worker"})

    def test_asking_before_anything_was_handed_in_is_told_at_once(self):
        with pytest.raises(RuntimeError, match=r"crm\.areas"):
            list(Register("nothing of this kind"))


def test_no_screen_or_record_falls_back_on_a_currency_by_name():
    places = [f"crm/{area}/" for area in ("ui", "records", "contacts", "pipeline", "service", "campaigns")]
    codes = re.compile(r"""["'](EUR|USD|GBP|CHF|CZK|DKK|SEK|NOK|PLN|JPY|PHP)["']""")
    found = [
        f"{name(path)}:{at}: {line.strip()}"
        for path in PYTHON
        if name(path).startswith(tuple(places))
        for at, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if codes.search(line)
    ]
    assert not found, "A currency by its name:\n" + "\n".join(found)


def test_migrations_stand_one_after_the_other():
    named = re.compile(r'^(?:down_)?revision = "(\w+)"', re.MULTILINE)
    files = sorted((ROOT / "db" / "migrations" / "versions").glob("[0-9]*.py"))
    found = [named.findall(path.read_text("utf-8")) for path in files]
    assert [one[1] for one in found[1:]] == [one[0] for one in found[:-1]], [path.name for path in files]
