"""What the tests of the case screens share: a case, its stored values, and the hands that click."""

from typing import Any

from sqlalchemy import select

from crm.records import records
from crm.work import SYSTEM, reading, unit_of_work
from db.models import CaseMessage
from tests.factories import make


def case_of(actor: Any) -> dict[str, Any]:
    """A case of this actor's with its contact and unit."""
    firm = make(actor, "organisation", name="Lumen [Museum] Café")
    yara = make(actor, "contact", name="Yara Marin", email="yara@example.com", organisation_id=firm["id"])
    unit = make(actor, "equipment", organisation_id=firm["id"])
    return make(
        actor,
        "case",
        contact_id=yara["id"],
        equipment_id=unit["id"],
        impact="high",
        description="The left grinder stops.\n\nThe right one works.",
    )


def stored(case):
    with reading(SYSTEM) as session:
        return records.get_record(session, "case", case["id"])


def messages():
    with reading(SYSTEM) as session:
        rows = session.execute(select(CaseMessage.kind, CaseMessage.body).order_by(CaseMessage.id))
        return [tuple(row) for row in rows]


def do(actor, act, *args, **more):
    with unit_of_work(actor) as work:
        return act(work, *args, **more)


def menu(page, key):
    return next(m for m in page.get("menu_button") if m.key == key)


def choose_status(page, case, status):
    return menu(page, f"case_status_{case['id']}").click(status).run()


def submit(page, label):
    """Send the form of a drawer. AppTest reruns the whole page where a browser reruns the drawer alone, so the caller
    opens the drawer once more in the same run."""
    return next(b for b in page.button if b.label == label and (b.key or "").startswith("Form")).click().run()


def keys(page):
    return {b.key for b in page.button} | {m.key for m in page.get("menu_button")}
