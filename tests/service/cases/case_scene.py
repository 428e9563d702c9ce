"""What the tests of cases share: acting as somebody, moving, looking at what came of it."""

from datetime import UTC, datetime

from sqlalchemy import select

from crm.errors import Refused
from crm.service.cases import cases
from crm.service.cases.queries import read_case
from crm.work import SYSTEM, reading, unit_of_work
from db.models import CaseMove, Outbox

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def do(actor, act, *args, **more):
    with unit_of_work(actor) as work:
        return act(work, *args, **more)


def move(actor, case, *way, **more):
    for status in way:
        case = do(actor, cases.move_case, case["id"], status, **more)
    return case


def view(actor, case):
    with reading(actor) as session:
        return read_case(session, case["id"], NOW)


def steps(case):
    with reading(SYSTEM) as session:
        rows = session.execute(
            select(CaseMove.from_status, CaseMove.to_status)
            .where(CaseMove.case_id == case["id"])
            .order_by(CaseMove.id)
        )
        return [tuple(row) for row in rows]


def outbox():
    with reading(SYSTEM) as session:
        return [
            (row.payload["to"], row.payload["subject"], row.payload["text"])
            for row in session.execute(select(Outbox.payload).order_by(Outbox.id))
        ]


def tried(act):
    """What came of it, and the fields that were refused."""
    try:
        return act(), []
    except Refused as refused:
        return None, [p.field for p in refused.problems]
