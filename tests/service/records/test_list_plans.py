"""A list costs one page whatever its length: both databases walk the index of the title, from wherever the page begins."""

import base64
import json
import re
from datetime import date, timedelta

import pytest
from sqlalchemy import event, insert, select, text

from crm.firm.firm import firm
from crm.records import registry
from crm.records.lists import list_rows
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Contact, Deal, Pipeline, Product, Stage, Task
from db.session import refresh_statistics
from tests.factories import make_people

ROWS = 4_000


@pytest.fixture
def many(engine):
    """Contacts, deals and products enough that a plan which reads them all is not the cheapest."""
    make_people()
    with unit_of_work(SYSTEM) as work:
        stage, pipeline = (work.session.scalars(select(cls.id)).first() for cls in (Stage, Pipeline))
        names = [f"Person {n * 7919 % ROWS:05}" for n in range(ROWS)]
        system = {"system": True}
        work.session.execute(
            insert(Contact),
            [{"name": name, "name_key": name.lower()} for name in names],
            execution_options=system,
        )
        work.session.execute(
            insert(Product),
            [{"name": name, "name_key": name.lower(), "currency": "EUR"} for name in names],
            execution_options=system,
        )
        deal = {"pipeline_id": pipeline, "stage_id": stage, "currency": "EUR"}
        work.session.execute(
            insert(Deal), [{"title": name, **deal} for name in names], execution_options=system
        )
    with engine.connect().execution_options(system=True) as connection, connection.begin():
        refresh_statistics(connection)
    return engine


def plans(engine, act, of="contacts|deals|products"):
    """How the database goes about each statement of an act that names contacts, deals or products in FROM."""
    asked = []

    def note(_connection, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    found = []
    with engine.connect().execution_options(system=True) as connection:
        explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
        for statement, parameters in asked:
            if re.search(rf"FROM \(?({of})", statement) or "FROM deals" in statement:
                rows = connection.exec_driver_sql(explain + statement, parameters).all()
                found.append("\n".join(str(row[-1]) for row in rows))
    return found


def page(entity, **how):
    with reading(SYSTEM) as session:
        return list_rows(session, entity, count=False, **how)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("entity", "index"),
    [("contact", "ix_contacts_list"), ("deal", "ix_deals_list"), ("product", "ix_products_list")],
)
def test_the_first_and_a_deep_page_walk_the_index(many, entity, index, descending):
    deep = base64.urlsafe_b64encode(json.dumps(["v", "Person 02000", 1]).encode()).decode()
    for after in (None, deep):
        (plan,) = plans(many, lambda after=after: page(entity, after=after, descending=descending))

        assert index in plan, plan
        assert "Sort" not in plan and "TEMP B-TREE" not in plan, plan  # noqa: PT018 - one look at a plan
        assert after is None or re.search(r"\((name|title)[,id()]*[<>]|Index Cond", plan), plan


def test_every_list_of_the_menu_has_an_index_in_its_own_order():
    without = []
    for card in registry.cards():
        order = card.sort.removeprefix("-") or registry.title_field(card.name)
        first = {next(iter(index.columns)).name for index in card.model.__table__.indexes}
        # Products and categories are as many as a firm has, whatever its customers do.
        if (card.menu or card.screen) and order not in first and card.name not in ("product", "category"):
            without.append(f"{card.name} by {order}")
    assert not without


def test_tasks_walk_the_index_of_the_days_they_are_due(many):
    with unit_of_work(SYSTEM) as work:
        rows = [
            {"title": f"Task {n}", "due_on": date(2026, 1, 1) + timedelta(days=n % 900)} for n in range(ROWS)
        ]
        work.session.execute(insert(Task), rows, execution_options={"system": True})
    with many.connect().execution_options(system=True) as connection, connection.begin():
        refresh_statistics(connection)

    (plan,) = plans(many, lambda: page("task", sort="due_on", columns=["title", "due_on"]), of="tasks")

    assert "ix_tasks_due" in plan, plan
    assert "Sort" not in plan and "TEMP B-TREE" not in plan, plan  # noqa: PT018 - one look at a plan


def test_the_currency_in_use_is_a_step_at_each_end(many):
    def ask():
        with reading(SYSTEM) as session:
            assert firm(session).currency == "EUR"

    with many.connect().execution_options(system=True) as connection, connection.begin():
        connection.execute(text("DELETE FROM settings WHERE name = 'firm'"))
    (plan,) = [plan for plan in plans(many, ask) if "deals" in plan]

    assert plan.count("ix_deals_currency") == 2, plan
