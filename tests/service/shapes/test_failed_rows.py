"""Nothing is left of rows that are not stored: not what their links made, whatever the steps, the mode or the sheets."""

import io

import openpyxl
import pytest

from crm.exchange.asking import wizard
from crm.exchange.storing.engine import run_import
from crm.exchange.storing.plan import CREATE, UPDATE, Lookup, Plan, Step
from crm.exchange.undoing.undo import undo_import
from db.models import Case, Category, Contact, Order, OrderLine, Organisation, Product
from tests.factories import make
from tests.service.exchange.import_scene import bring, counts, plan, rows_of, stored

MADE = Lookup(missing=CREATE)
ORDERS = Step(
    "s.csv", "order", {"number": "no", "ordered_on": "day", "contact_id": "who"}, key=("number",), distinct=True,
    lookups={"contact_id": MADE},
)  # fmt: skip
LINES = Step(
    "s.csv", "order_line", {"order_id": "no", "product_id": "what", "amount_minor": "sum", "sold_on": "day"},
    lookups={"product_id": MADE, "order_id": Lookup(by="number")},
)  # fmt: skip


def test_two_steps_of_one_file(people, dump):
    ada = people["ada"]
    before = rows_of(dump)
    data = b"no,day,who,what,sum\nA1,2026-02-30,Ana Souza,Filter,5\nA2,2026-03-01,Cleo Marsh,Brush,6\nA2,,,Cup,x\n"

    report = run_import(ada, plan(ORDERS, LINES), {"s.csv": data})

    assert [counts(report, at) for at in (0, 1)] == [(1, 0, 0, 1), (1, 0, 0, 2)]
    assert [s.parents for s in report.steps] == [{"contact": 1}, {"product": 1}]
    assert (stored(ada, Contact, "name"), stored(ada, Product, "name")) == ([("Cleo Marsh",)], [("Brush",)])
    assert undo_import(ada, report.id).kept == []
    assert rows_of(dump) == before


def test_what_an_earlier_step_made_for_nothing_a_later_one_makes_for_itself(people):
    orders = Step("o.csv", "order", ORDERS.columns, lookups={"contact_id": MADE})
    lines = Step(
        "l.csv",
        "order_line",
        {"contact_id": "who", "amount_minor": "sum", "sold_on": "day"},
        lookups={"contact_id": MADE},
    )
    sources = {
        "o.csv": b"no,day,who\nA1,never,Ana Souza\n",
        "l.csv": b"who,sum,day\nAna Souza,5,2026-03-01\n",
    }

    report = run_import(people["ada"], plan(orders, lines), sources)

    assert [s.parents for s in report.steps] == [{}, {"contact": 1}]
    assert stored(people["ada"], Contact, "id") == stored(people["ada"], OrderLine, "contact_id")


@pytest.mark.parametrize(("mode", "expected"), [(UPDATE, (0, 0, 0, 2)), (CREATE, (0, 0, 1, 1))])
def test_an_import_that_may_only_update_or_only_make(people, dump, mode, expected):
    ada = people["ada"]
    make(ada, "contact", name="Ana Souza", email="ana@x.example", phone="+4930123456")
    before = rows_of(dump)
    step = Step(
        "c.csv", "contact", {"email": "mail", "name": "name", "organisation_id": "firm", "birth_date": "born"}, mode, ("email",),
        lookups={"organisation_id": MADE},
    )  # fmt: skip
    data = b"mail,name,firm,born\nana@x.example,Ana Souza,Neu AG,%s\nben@x.example,Ben,Alt AG,2026-13-45\n"

    report = bring(ada, step, data % (b"never" if mode == UPDATE else b""))

    assert (counts(report), report.steps[0].parents) == (expected, {})
    assert stored(ada, Organisation, "name") == []
    assert rows_of(dump) == before


def test_two_sheets_of_a_workbook(people, tmp_path, dump):
    ada = people["ada"]
    before = rows_of(dump)
    book, path = openpyxl.Workbook(), tmp_path / "firm.xlsx"
    first = book.active
    first.title = "Products"
    rows = (
        ["Code", "Product", "Category", "List price"],
        ["F1", "Filter", "Parts", "5"],
        ["B1", "Brush", "Tools", "many"],
    )
    for row in rows:
        first.append(row)
    second = book.create_sheet("Contacts")
    for row in (
        ["Name", "E-mail", "Company"],
        ["Ana Souza", "ana@x.example", "Neu AG"],
        ["Ben Ruiz", "no address", "Alt AG"],
    ):
        second.append(row)
    held = io.BytesIO()
    book.save(held)
    path.write_bytes(held.getvalue())

    drafts = wizard.drafts_of(ada, "firm.xlsx", path)
    report = run_import(ada, wizard.plan_of(drafts, name="firm"), {"firm.xlsx": path})

    assert {s.entity: (s.created, s.failed, s.parents) for s in report.steps} == {
        "product": (1, 1, {"category": 1}),
        "contact": (1, 1, {"organisation": 1}),
    }
    assert stored(ada, Category, "name") == [("Parts",)]
    assert stored(ada, Organisation, "name") == [("Neu AG",)]
    assert undo_import(ada, report.id).kept == []
    assert rows_of(dump) == before


def test_a_tree_of_categories_and_a_case_for_a_step(people, dump):
    ada = people["ada"]
    before = rows_of(dump)
    products = Step(
        "p.csv",
        "product",
        {"name": "n", "list_price_minor": "p", "category_id": "c"},
        lookups={"category_id": MADE},
    )
    log = Step(
        "l.csv", "case_step", {"case_id": "case", "activity": "what", "at": "when"}, lookups={"case_id": MADE}
    )
    sources = {
        "p.csv": b"n,p,c\nFilter,much,All / Parts / Filters\nBrush,5,All / Tools\n",
        "l.csv": b"case,what,when\nCase 1,Open,2026-01-01 09:00\nCase 2,Open,2099-01-01 09:00\n",
    }

    report = run_import(ada, plan(products, log), sources)

    assert [(s.created, s.failed, s.parents) for s in report.steps] == [
        (1, 1, {"category": 2}),
        (1, 1, {"case": 1}),
    ]
    assert stored(ada, Category, "name") == [("All",), ("Tools",)]
    assert stored(ada, Case, "subject") == [("Case 1",)]
    assert undo_import(ada, report.id).kept == []
    assert rows_of(dump) == before


def test_an_order_that_fails_takes_its_lines_along_and_says_so(people):
    lines = Step("s.csv", "order_line", LINES.columns, lookups=LINES.lookups)
    data = b"no,day,who,what,sum\nA1,2026-02-30,Ana,Filter,5\n"

    report = run_import(people["ada"], Plan("t", (ORDERS, lines), currency="EUR"), {"s.csv": data})

    assert [counts(report, at) for at in (0, 1)] == [(0, 0, 0, 1), (0, 0, 0, 1)]
    assert stored(people["ada"], Order, "number") == stored(people["ada"], Product, "name") == []
