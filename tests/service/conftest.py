"""Use cases on a real database of each kind."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rows import all_rows, stored_once

#: What differs between databases in every value: statements, scope, imports, and what a kill leaves behind.
EVERY_VALUE = {
    "test_scope_matrix",
    "test_lists",
    "test_search",
    "test_import",
    "test_import_undo",
    "test_mail_killed",
    "test_backup",
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every use case runs on both databases; the further values of a parametrised one run on SQLite only."""
    seen: set[str] = set()
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        name = item.nodeid.partition("[")[0]
        again = name in seen
        if _on_postgres(item):
            seen.add(name)
        (dropped if again and _on_postgres(item) else kept).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def _on_postgres(item: pytest.Item) -> bool:
    here = Path(__file__).parent in item.path.parents and item.path.stem not in EVERY_VALUE
    return (
        here
        and getattr(item, "callspec", None) is not None
        and item.get_closest_marker("postgres") is not None
    )


@pytest.fixture
def people(database: str) -> dict[str, Any]:
    """The actors of ``tests.factories.PEOPLE`` by name, on a database of each kind."""
    return dict(stored_once(_people))


def _people() -> dict[str, Any]:
    from crm.access.actors import find_actor
    from tests.factories import make_people

    return {name: find_actor(user_id) for name, user_id in make_people().items()}


@pytest.fixture
def dump() -> Callable[[], dict[str, list[tuple[Any, ...]]]]:
    """Every row of every table, for proving that a refused write left nothing behind."""

    return all_rows


@pytest.fixture
def company(database: str) -> Iterator[Any]:
    """A ``selling_company.Company`` with nothing sold yet, in one open unit of the program, on a database of each kind."""
    from crm.work import SYSTEM, unit_of_work
    from tests.service.pipeline.selling_company import Company

    with unit_of_work(SYSTEM) as work:
        yield Company(work.session)


@pytest.fixture
def stages(database: str) -> dict[str, int]:
    """The stages of a firm's first pipeline by name; the firm counts in euros."""
    from crm.firm.firm import set_firm
    from crm.pipeline.defaults import ensure_defaults
    from crm.work import SYSTEM, unit_of_work
    from db.models import Stage

    with unit_of_work(SYSTEM) as work:
        ensure_defaults(work)
        set_firm(work, name="Kavarna", currency="EUR")
        return {s.name: s.id for s in work.session.query(Stage).all()}
