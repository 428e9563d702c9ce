"""What a row of each kind of service and campaigns needs, which parent it hangs on, and a change of one field."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from db import models as m

#: Rows that ``scope_scene`` makes.
SELLING = (m.Organisation, m.Contact, m.Deal, m.Lead, m.Order, m.OrderLine, m.Interaction, m.Task)
#: Needed values; ``{whose}`` is filled in.
OWNED: dict[type[Any], dict[str, Any]] = {
    m.Equipment: {"name": "{whose}", "serial": "{whose}"},
    m.Contract: {"name": "{whose}", "starts_on": date(2026, 1, 1)},
    m.Case: {"subject": "{whose}", "number": "{whose} {turn}"},
    m.MaintenancePlan: {"name": "{whose}"},
    m.WorkOrder: {"title": "{whose}", "number": "{whose} {turn}"},
    m.MessageTemplate: {"name": "{whose}", "subject": "{whose}", "body": "Hello"},
    m.WebForm: {"name": "{whose}", "slug": "{whose}-{turn}"},
    m.IncomingMessage: {"unique_key": "{turn}", "original_hash": "{turn}", "size": 1},
}
#: The column that points to the guarding parent, the parent, and needed values.
CHILDREN: dict[type[Any], tuple[str, type[Any], dict[str, Any]]] = {
    m.CaseMessage: ("case_id", m.Case, {"body": "{whose}"}),
    m.CaseMove: ("case_id", m.Case, {"to_status": "open"}),
    m.CaseStep: ("case_id", m.Case, {"at": datetime(2026, 1, 1, tzinfo=UTC), "activity": "{turn}"}),
    m.CaseRead: ("case_id", m.Case, {"user_id": 1, "read_at": datetime(2026, 1, 1, tzinfo=UTC)}),
    m.WorkOrderPart: ("work_order_id", m.WorkOrder, {"name": "{whose}"}),
    m.MeterReading: ("equipment_id", m.Equipment, {"value": 1.0}),
    m.Failure: ("equipment_id", m.Equipment, {"part": "{whose}"}),
    m.PartChange: ("equipment_id", m.Equipment, {"part": "{whose}"}),
    m.EquipmentEvent: ("equipment_id", m.Equipment, {"code": "{whose}"}),
    m.UnitRisk: (
        "equipment_id", m.Equipment,
        {"part": "{turn}", "age_days": 1.0, "risk_30": 0.1, "risk_90": 0.2, "risk_365": 0.3},
    ),
    m.SegmentMember: ("segment_id", m.Segment, {}),
    m.Consent: ("contact_id", m.Contact, {"purpose": "offers"}),
    m.CampaignArm: ("campaign_id", m.Campaign, {"name": "{turn}"}),
    m.CampaignMember: ("campaign_id", m.Campaign, {"arm": "A"}),
    m.TrackedLink: ("campaign_id", m.Campaign, {"url": "https://example.com/{whose}"}),
    m.LinkClick: ("campaign_id", m.Campaign, {}),
    m.StoredFile: ("case_id", m.Case, {"name": "{whose}", "size": 1, "hash": "{turn}"}),
    m.FormAnswer: ("form_id", m.WebForm, {"key": "{whose} {turn}"}),
}  # fmt: skip
#: Further links that a row needs, to rows of the same owner.
BESIDE: dict[type[Any], dict[str, type[Any]]] = {
    m.MaintenancePlan: {"equipment_id": m.Equipment},
    m.SegmentMember: {"contact_id": m.Contact},
    m.CampaignMember: {"contact_id": m.Contact},
    m.LinkClick: {"link_id": m.TrackedLink, "member_id": m.CampaignMember},
}
#: What a second row of the same owner has otherwise: somebody opens a case and has one row for it.
AGAIN: dict[type[Any], dict[str, Any]] = {m.CaseRead: {"user_id": 2}}
CHANGES: dict[type[Any], tuple[str, Any]] = {
    m.Equipment: ("place", "Cellar"), m.Contract: ("name", "Changed"), m.Case: ("subject", "Changed"),
    m.MaintenancePlan: ("name", "Changed"), m.WorkOrder: ("title", "Changed"),
    m.MessageTemplate: ("body", "Changed"), m.WebForm: ("name", "Changed"),
    m.CaseMessage: ("body", "Changed"),
    m.CaseMove: ("to_status", "closed"), m.WorkOrderPart: ("name", "Changed"), m.MeterReading: ("value", 7.0),
    m.CaseStep: ("resource", "Changed"), m.CaseRead: ("read_at", datetime(2026, 1, 2, tzinfo=UTC)),
    m.Failure: ("part", "Changed"), m.PartChange: ("part", "Changed"), m.EquipmentEvent: ("code", "Changed"),
    m.UnitRisk: ("risk_90", 0.9), m.SegmentMember: ("added_at", datetime(2026, 1, 2, tzinfo=UTC)),
    m.Consent: ("source", "Changed"),
    m.CampaignArm: ("share", 0.1), m.CampaignMember: ("stratum", "Changed"),
    m.TrackedLink: ("url", "https://example.com/x"), m.LinkClick: ("by_machine", True), m.FormAnswer: ("sender", "x"),
    m.IncomingMessage: ("subject", "Changed"), m.StoredFile: ("name", "Changed"),
}  # fmt: skip
# Any other kind of record with an owner needs a title, and has another one afterwards.
for _cls in sorted((mapper.class_ for mapper in m.Base.registry.mappers), key=lambda cls: cls.__name__):
    if _cls.__guard__ == "self" and _cls not in OWNED and _cls not in SELLING:
        _title = _cls.__about__["title"]
        OWNED[_cls], CHANGES[_cls] = {_title: "{whose}"}, (_title, "Changed")
_turn = iter(range(1, 10**9))


def filled(values: dict[str, Any], whose: str) -> dict[str, Any]:
    """The values with whose row it is, and a number that no other row has."""
    turn = next(_turn)
    return {
        name: value.format(whose=whose, turn=turn) if isinstance(value, str) else value
        for name, value in values.items()
    }
