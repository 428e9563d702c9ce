"""The house rules that a reader would otherwise have to remember."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [ROOT / "app.py", *(p for top in ("crm", "db", "pages", "tests") for p in (ROOT / top).rglob("*"))]
SOURCES = [path for path in FILES if path.suffix in {".py", ".js", ".css"}]
PYTHON = [path for path in SOURCES if path.suffix == ".py" and "tests" not in path.parts]
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
    layer = max((top for top in MAY_NOT_IMPORT if name(path).startswith(top)), key=len)
    forbidden = OUTSIDE if path.name.endswith("rules.py") else MAY_NOT_IMPORT[layer]
    assert not forbidden & {full.split(".")[0] for full in imports(path)}
    assert name(path) == "db/session.py" or "sqlalchemy.create_engine" not in imports(path)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_can_be_read_in_one_sitting(path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= (130 if path in PAGES else 350)
    assert path == Path(__file__) or "unsafe_allow_html" not in text


def test_every_page_first_asks_who_is_there():
    for page in PAGES:
        after_docstring = ast.parse(page.read_text("utf-8")).body[1:]
        first = next(step for step in after_docstring if not isinstance(step, ast.Import | ast.ImportFrom))
        asked = first.value.func.id if isinstance(getattr(first, "value", None), ast.Call) else None
        assert f"crm.ui.frame.guard.{asked}" in imports(page), f"{page.name} starts without the guard"
