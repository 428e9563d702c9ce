"""The house rules that a reader would otherwise have to remember."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("crm", "db", "pages", "tests")
FILES = [ROOT / "app.py", *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
SOURCES = [path for path in FILES if path.suffix in {".py", ".js", ".css"}]
PYTHON = [path for path in SOURCES if path.suffix == ".py" and "tests" not in path.parts]
PAGES = sorted((ROOT / "pages").glob("*.py"))
OUTSIDE = {"db", "sqlalchemy", "streamlit", "starlette", "fastapi", "httpx", "requests"}
EDGES = ("service.py", "queries.py", "jobs.py", "cli.py")
MAY_NOT_IMPORT = {  # the longest matching beginning of a path decides
    "pages": {"db", "sqlalchemy", "pandas"},
    "db": {"crm", "streamlit", "pages", "app"},
    "crm": {"streamlit", "pages", "app"},
    "crm/ui": {"pages"},
    "crm/analytics": OUTSIDE,
    "crm/charts": OUTSIDE,
    "crm/forecasting": OUTSIDE,
}


def name(path):
    return path.relative_to(ROOT).as_posix()


def imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_a_file_imports_only_what_its_layer_may(path):
    layers = sorted((layer for layer in MAY_NOT_IMPORT if name(path).startswith(layer)), key=len)
    forbidden = MAY_NOT_IMPORT[layers[0 if path.name.endswith(EDGES) else -1]] if layers else set()
    forbidden = OUTSIDE if path.name.endswith("rules.py") else forbidden

    assert not {full.split(".")[0] for full in imports(path)} & forbidden
    assert name(path) == "db/session.py" or "sqlalchemy.create_engine" not in imports(path)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_can_be_read_in_one_sitting(path):
    text = path.read_text("utf-8")

    assert text.count("\n") <= (130 if path in PAGES else 350)
    assert path == Path(__file__) or "unsafe_allow_html" not in text


def test_every_page_first_asks_who_is_there():
    for page in PAGES:
        _docstring, *statements = ast.parse(page.read_text("utf-8")).body
        first = next(step for step in statements if not isinstance(step, ast.Import | ast.ImportFrom))
        asked = first.value.func.id if isinstance(getattr(first, "value", None), ast.Call) else None
        assert f"crm.ui.guard.{asked}" in imports(page), f"{page.name} starts without the guard"
