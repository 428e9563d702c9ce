"""Talks and tasks: the same values end alike by form, API and file."""

from datetime import UTC, date, datetime

from crm.firm.firm import set_firm
from crm.records import records
from crm.work import unit_of_work
from tests.service.parity.roads import At, EntityRoads

MAY = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
SOON = datetime(2026, 11, 30, 10, 4, tzinfo=UTC)
LATER = datetime(2026, 11, 30, 10, 6, tzinfo=UTC)


class Talking(EntityRoads):
    """What both are about: a customer with a deal and a case."""

    def scene(self, actor):
        with unit_of_work(actor) as work:
            set_firm(work, name="Kavarna", currency="EUR")

            def make(entity, **values):
                return int(records.create_record(work, entity, values)["id"])

            firm = make("organisation", name="Lumen", number="O1")
            ana = make("contact", name="Ana Olivares", number="A1", organisation_id=firm)
            return {
                "firm": firm, "ana": ana, "other": make("organisation", name="Harbour", number="O2"),
                "deal": make("deal", title="Six machines", number="D1", contact_id=ana, organisation_id=firm),
                "case": make("case", subject="No steam", number="C1", contact_id=ana),
            }  # fmt: skip


class TestTalk(Talking):
    entity = "interaction"
    good = (
        {"body": "She wants an offer\nuntil Friday.", "contact_id": At("ana")},
        {"subject": "Offer", "deal_id": At("deal"), "kind": "call", "happened_at": MAY},
        {"subject": "Steam", "case_id": At("case"), "happened_at": SOON},
        {"subject": "Steam", "case_id": At("case"), "organisation_id": At("other")},
        {"subject": "Visit", "organisation_id": At("firm"), "number": "T1"},
    )
    bad = (
        ({"subject": "Offer"}, "contact_id"),
        ({"contact_id": At("ana")}, "body"),
        ({"happened_at": LATER}, "body contact_id happened_at"),
        ({"subject": "x", "contact_id": At("ana"), "kind": "shout"}, "kind"),
    )
    changes = (
        ({"body": "First", "contact_id": At("ana"), "number": "T1"}, {"body": "Second"}),
        ({"subject": "x", "contact_id": At("ana"), "number": "T1"}, {"deal_id": At("deal")}),
    )
    bad_changes = (
        ({"subject": "x", "contact_id": At("ana"), "number": "T1"}, {"happened_at": LATER}, "happened_at"),
    )


class TestTask(Talking):
    entity = "task"
    good = (
        {"title": "Send it"},
        {"title": "Send it", "due_on": date(2026, 12, 1), "due_time": "9.30", "deal_id": At("deal")},
        {"title": "Send it", "done_at": SOON, "contact_id": At("ana")},
        {"title": "Send it", "priority": "high", "case_id": At("case")},
    )
    bad = (
        ({"due_on": date(2026, 12, 1)}, "title"),
        ({"title": "x", "due_time": "9.30"}, "due_on"),
        ({"title": "x", "due_on": date(2026, 12, 1), "due_time": "25:00"}, "due_time"),
        ({"done_at": LATER, "due_time": "late"}, "title done_at due_time"),
    )
    changes = (
        ({"title": "x", "number": "T1"}, {"due_on": date(2026, 12, 1), "due_time": "14"}),
        ({"title": "x", "number": "T1", "contact_id": At("ana")}, {"done_at": MAY}),
    )
    bad_changes = (({"title": "x", "number": "T1"}, {"done_at": LATER}, "done_at"),)
