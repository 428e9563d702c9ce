"""A filled database of an earlier schema comes to today's without losing a row or a value."""

from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from db import migrate
from db.session import make_engine
from tests import stored

DATA = Path(__file__).parent / "data"
#: Tables and columns that a migration turned into something else on purpose: (table, column) and why.
TURNED: dict[tuple[str, str], str] = {}


def changed(before, after):
    """Every value of a column that both schemas have and that differs, and every row that came or went."""
    found = []
    for table, rows in before.items():
        now = {row["id"]: row for row in after.get(table, [])}
        for row in rows:
            mine = now.pop(row["id"], None)
            if mine is None:
                found.append(f"{table} {row['id']} is gone")
                continue
            found += [
                f"{table} {row['id']}.{column}: {value!r} became {mine.get(column, 'nothing')!r}"
                for column, value in row.items()
                if (table, column) not in TURNED and mine.get(column, "nothing") != value
            ]
        found += [f"{table} {row_id} came" for row_id in now]
    return found


@pytest.fixture(params=sorted(p.name for p in DATA.glob("company_*.json")))
def company(request):
    return stored.of_file(DATA / request.param)


@pytest.fixture
def filled(empty_database_url, company):
    engine = make_engine(empty_database_url)
    stored.load(engine, company)
    yield engine
    engine.dispose()


def rows_of(engine, tables):
    with engine.connect().execution_options(system=True, reading=True) as connection:
        there = set(inspect(connection).get_table_names())
        return {t: stored.read(connection, t) for t in tables if t in there}


def test_an_upgrade_keeps_every_row_and_value(filled, company):
    before = rows_of(filled, company["tables"])
    assert {t: len(r) for t, r in before.items()} == {t: len(r) for t, r in company["tables"].items()}
    assert all(before.values()), "a table without rows proves nothing"

    migrate.upgrade(filled)

    assert changed(before, rows_of(filled, before)) == []
    assert migrate.differences(filled) == []
    assert lost_links(filled) == []


def lost_links(engine):
    """Columns that point to a row which is not there."""
    with engine.connect().execution_options(system=True, reading=True) as connection:
        known = inspect(connection)
        links = [
            (table, key["constrained_columns"][0], key["referred_table"])
            for table in known.get_table_names()
            for key in known.get_foreign_keys(table)
        ]
        found = "SELECT 1 FROM {0} WHERE {1} IS NOT NULL AND {1} NOT IN (SELECT id FROM {2})"
        return [link for link in links if connection.execute(text(found.format(*link))).first()]


def test_what_an_upgrade_loses_is_named():
    before = {"tasks": [{"id": 1, "title": "Call", "due_on": "2026-11-30"}, {"id": 2, "title": "Write"}]}
    after = {"tasks": [{"id": 1, "title": "call"}, {"id": 3, "title": "Wait"}]}

    assert changed(before, after) == [
        "tasks 1.title: 'Call' became 'call'",
        "tasks 1.due_on: '2026-11-30' became 'nothing'",
        "tasks 2 is gone",
        "tasks 3 came",
    ]
