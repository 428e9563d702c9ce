"""What keeps an import of any size quick: statements that do not grow with its rows, and an index under every link."""

import pytest

from crm.exchange.storing.plan import Lookup, Step
from crm.exchange.undoing.undo import undo_import
from crm.records.search import find_anything
from crm.work import reading
from db.models import Base, Contact
from tests.service.exchange.import_scene import bring, stored

PEOPLE = Step(
    "c.csv",
    "contact",
    {"email": "email", "first_name": "name", "phone": "phone", "organisation_id": "firm"},
    lookups={"organisation_id": Lookup(missing="create")},
)
#: Tables that an import fills with many thousands of rows and an undo empties again.
LARGE = (
    "organisations", "contacts", "deals", "leads", "orders", "order_lines", "interactions", "tasks", "products", "equipment",
    "cases", "work_orders", "campaign_members",
)  # fmt: skip


def people_file(rows, *, name="Ana"):
    lines = (f"p{n}@firm.example,{name} {n},+49 30 {2_000_000 + n},Firm {n}" for n in range(rows))
    return "\n".join(("email,name,phone,firm", *lines)).encode()


def counted(statements, act):
    statements.clear()
    act()
    return len(statements)


def test_neither_an_import_nor_its_undo_sends_more_statements_for_more_rows(people, statements):
    taken = {}
    # The first round only fills what a process reads once.
    for rows in (3, 10, 250):
        reports = []
        brought = counted(
            statements,
            lambda rows=rows, into=reports: into.append(bring(people["ada"], PEOPLE, people_file(rows))),
        )
        taken[rows] = brought, counted(statements, lambda of=reports: undo_import(people["ada"], of[0].id))

    assert stored(people["ada"], Contact, "name") == []
    assert taken[250] == taken[10]


def test_undoing_changes_sends_no_more_statements_for_more_rows(people, statements):
    bring(people["ada"], PEOPLE, people_file(250))
    taken = {}
    for rows in (3, 10, 250):
        report = bring(people["ada"], PEOPLE, people_file(rows, name="Ruth"))
        taken[rows] = counted(statements, lambda number=report.id: undo_import(people["ada"], number))

    assert {name.split()[0] for (name,) in stored(people["ada"], Contact, "name")} == {"Ana"}
    assert taken[250] == taken[10]


@pytest.mark.parametrize(("rows", "told"), [(9, 0), (10, 1)])
def test_the_planner_hears_of_many_rows_and_not_of_a_few(people, statements, monkeypatch, rows, told):
    monkeypatch.setattr("crm.exchange.storing.engine.MANY", 10)
    statements.clear()

    bring(people["ada"], PEOPLE, people_file(rows))

    assert sum(sent.startswith("ANALYZE") for sent in statements) == told


@pytest.mark.parametrize("parent", LARGE)
def test_every_link_to_a_large_table_has_an_index(parent):
    """A row that goes makes the database look for rows that point to it; without an index it reads all of them."""
    without = []
    for table in Base.metadata.sorted_tables:
        leading = {next(iter(index.columns)).name for index in table.indexes if len(index.columns)}
        leading |= {column.name for column in table.c if column.unique}
        leading |= {next(iter(c.columns)).name for c in table.constraints if len(getattr(c, "columns", ()))
                    and type(c).__name__ in ("UniqueConstraint", "PrimaryKeyConstraint")}  # fmt: skip
        without += [
            str(column)
            for column in table.c
            for key in column.foreign_keys
            if key.column.table.name == parent and column.name not in leading
        ]

    assert without == []


def test_the_search_follows_an_import_of_any_columns_and_its_undo(people):
    def found(text):
        with reading(people["ada"]) as session:
            return [hit.title for hit in find_anything(session, text) if hit.entity == "contact"]

    bring(people["ada"], PEOPLE, people_file(3))
    titles = Step("t.csv", "contact", {"email": "email", "job_title": "title"})
    bring(people["ada"], titles, b"email,title\np1@firm.example,Buyer\n")
    renamed = bring(people["ada"], PEOPLE, people_file(3, name="Ruth"))

    assert found("Ruth 1") == ["Ruth 1"]
    assert found("Ana 1") == []

    undo_import(people["ada"], renamed.id)

    assert found("Ruth 1") == []
    assert found("Ana 1") == ["Ana 1"]


def test_an_undone_import_leaves_nothing_in_the_index_of_the_search(people):
    """Rows go past the triggers that keep it; what stayed would be found as long as nobody looks at the table."""
    report = bring(people["ada"], PEOPLE, people_file(3))
    undo_import(people["ada"], report.id)

    with reading(people["ada"]) as session:
        connection = session.connection().execution_options(system=True)
        if connection.dialect.name == "sqlite":
            left = "SELECT count(*) FROM contacts_fts WHERE contacts_fts MATCH 'Ana OR example'"
            kept = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'contacts'"
            assert connection.exec_driver_sql(left).scalar_one() == 0
            assert connection.exec_driver_sql(kept).scalar_one() == 3


def test_rows_past_the_most_values_of_one_statement_come_in_whole(people, monkeypatch):
    monkeypatch.setattr("crm.records.writing.bulk._MOST_VALUES", 60)

    bring(people["ada"], PEOPLE, people_file(7))

    assert stored(people["ada"], Contact, "name", "phone") == [
        (f"Ana {n}", f"+4930{2_000_000 + n}") for n in range(7)
    ]
