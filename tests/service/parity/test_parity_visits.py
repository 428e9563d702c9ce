"""Visits and what happens to units: the same values end alike by form, API and file."""

from datetime import UTC, date, datetime

from tests.service.parity.roads import At
from tests.service.parity.test_parity_service import JAN, Serving


class TestVisit(Serving):
    entity = "work_order"
    good = (
        {"title": "Burrs"},
        {"title": "Burrs", "equipment_id": At("unit"), "planned_on": date(2026, 12, 5)},
        {"title": "Burrs", "case_id": At("case"), "planned_on": date(2026, 12, 5)},
        {"title": "Burrs", "contact_id": At("ana")},
        {"title": "Burrs", "equipment_id": At("unit"), "organisation_id": At("harbour")},
        {"title": "Burrs", "equipment_id": At("unit"), "done_on": date(2025, 6, 1)},
        {"title": "Burrs", "equipment_id": At("unit"), "done_on": date(2026, 6, 1), "status": "done"},
        {"title": "Burrs", "equipment_id": At("gone"), "done_on": date(2026, 6, 1)},
        {"title": "Burrs", "case_id": At("case"), "done_on": date(2026, 6, 1)},
        {"title": "Burrs", "status": "cancelled", "planned_on": date(2026, 6, 1)},
        {"title": "Burrs", "done_on": date(2026, 6, 1), "next_on": date(2026, 7, 1), "labour_minor": 100_00},
        {"title": "Burrs", "number": "A-7", "labour_minor": 100_00, "currency": "USD"},
        {"title": "Oil", "equipment_id": At("unit"), "done_on": date(2026, 11, 20), "meter_value": 2100.0},
        {"title": "Oil", "equipment_id": At("unit"), "done_on": date(2026, 11, 30), "meter_value": 2100.0},
        {"title": "Oil", "plan_id": At("plan"), "planned_on": date(2026, 12, 20)},
        {"title": "Oil", "plan_id": At("plan"), "done_on": date(2026, 11, 20)},
        {"title": "Oil", "plan_id": At("plan"), "done_on": date(2026, 11, 20), "next_on": date(2027, 1, 7)},
        {"title": "Oil", "plan_id": At("plan"), "done_on": date(2026, 11, 20), "meter_value": 2100.0},
        {"title": "Oil", "plan_id": At("plan"), "done_on": date(2019, 11, 20)},
    )
    bad = (
        ({"equipment_id": At("unit")}, "title"),
        ({"title": "x", "done_on": date(2030, 1, 1)}, "done_on"),
        ({"title": "x", "done_on": date(2030, 1, 1), "status": "done"}, "done_on"),
        ({"title": "x", "done_on": date(2026, 1, 1), "status": "planned"}, "done_on"),
        ({"title": "x", "done_on": date(2026, 1, 1), "status": "cancelled"}, "done_on"),
        ({"title": "x", "status": "done"}, "done_on"),
        ({"title": "x", "status": "finished"}, "status"),
        ({"title": "x", "planned_on": date(2026, 6, 1), "next_on": date(2026, 6, 1)}, "next_on"),
        ({"title": "x", "done_on": date(2026, 6, 1), "next_on": date(2026, 5, 1)}, "next_on"),
        ({"title": "x", "hours": -1.0}, "hours"),
        (
            {"done_on": date(2030, 1, 1), "next_on": date(2029, 1, 1), "hours": -1.0},
            "title done_on next_on hours",
        ),
        ({"status": "done", "done_on": "soon", "kind": "party"}, "title done_on kind"),
        ({"title": "x", "plan_id": At("plan"), "equipment_id": At("far")}, "plan_id"),
        ({"title": "x", "done_on": date(2026, 6, 1), "meter_value": 5.0}, "meter_value"),
        ({"title": "x", "equipment_id": At("unit"), "meter_value": 2100.0}, "meter_value"),
        (
            {"title": "x", "equipment_id": At("unit"), "done_on": date(2026, 11, 30), "meter_value": 5.0},
            "meter_value",
        ),
    )
    changes = (
        ({"title": "x", "number": "A-7"}, {"equipment_id": At("unit")}),
        ({"title": "x", "number": "A-7"}, {"case_id": At("case"), "hours": 2.5}),
        (
            {"title": "x", "number": "A-7", "done_on": date(2025, 6, 1)},
            {"equipment_id": At("unit"), "report": "Clean"},
        ),
    )
    bad_changes = (
        ({"title": "x", "number": "A-7"}, {"status": "done"}, "status"),
        ({"title": "x", "number": "A-7"}, {"status": "done", "done_on": date(2026, 6, 1)}, "status"),
        ({"title": "x", "number": "A-7"}, {"done_on": date(2026, 6, 1)}, "status"),
        ({"title": "x", "number": "A-7"}, {"status": "cancelled"}, "status"),
        (
            {"title": "x", "number": "A-7", "equipment_id": At("unit"), "done_on": date(2026, 11, 20), "meter_value": 2100.0},
            {"meter_value": 5.0},
            "meter_value",
        ),
        ({"title": "x", "number": "A-7", "planned_on": date(2026, 6, 1)}, {"next_on": date(2026, 5, 1)}, "next_on"),
    )  # fmt: skip
    history = (({"title": "x", "done_on": date(2019, 1, 1)}, "", "done before it came in"),)


class TestReading(Serving):
    entity = "meter_reading"
    good = (
        {"equipment_id": At("unit"), "value": 2100.0},
        {"equipment_id": At("unit"), "value": 6000.0, "at": datetime(2026, 11, 1, tzinfo=UTC)},
        {"equipment_id": At("unit"), "value": 1500.0, "at": datetime(2026, 1, 20, tzinfo=UTC)},
        {"equipment_id": At("unit"), "value": 10.0, "source": "reset"},
        {"equipment_id": At("far"), "value": 0.0, "source": "phone"},
    )
    bad = (
        ({"value": 5.0}, "equipment_id"),
        ({"equipment_id": At("unit")}, "value"),
        ({"equipment_id": At("unit"), "value": -5.0}, "value"),
        ({"value": -5.0, "at": datetime(2026, 12, 1, tzinfo=UTC)}, "equipment_id value at"),
        ({"equipment_id": At("unit"), "value": 1999.0}, "value"),
        ({"equipment_id": At("unit"), "value": 2001.0, "at": datetime(2026, 1, 20, tzinfo=UTC)}, "value"),
        ({"equipment_id": At("unit"), "value": 9000.0, "at": datetime(2026, 12, 1, tzinfo=UTC)}, "at"),
    )


class TestFailure(Serving):
    entity = "failure"
    good = (
        {"equipment_id": At("unit"), "failed_at": JAN, "part": "Burrs", "code": "E14"},
        {"equipment_id": At("unit"), "failed_at": JAN},
    )
    bad = (
        ({"failed_at": JAN, "part": "Burrs"}, "equipment_id"),
        ({"equipment_id": At("unit"), "failed_at": datetime(2026, 12, 1, tzinfo=UTC)}, "failed_at"),
        ({"equipment_id": At("unit"), "failed_at": JAN, "part": "x" * 81}, "part"),
    )


class TestPartChange(Serving):
    entity = "part_change"
    good = ({"equipment_id": At("unit"), "at": JAN, "part": "Burrs"},)
    bad = (
        ({"equipment_id": At("unit"), "at": JAN}, "part"),
        ({"at": JAN, "part": "Burrs"}, "equipment_id"),
        ({"equipment_id": At("unit"), "at": datetime(2026, 12, 1, tzinfo=UTC), "part": "Burrs"}, "at"),
    )


class TestCaseStep(Serving):
    entity = "case_step"
    good = ({"case_id": At("case"), "at": JAN, "activity": "Wait", "resource": "Mona"},)
    bad = (
        ({"case_id": At("case"), "at": JAN}, "activity"),
        ({"at": JAN, "activity": "Wait"}, "case_id"),
        ({"case_id": At("case"), "at": datetime(2026, 12, 1, tzinfo=UTC), "activity": "Wait"}, "at"),
    )


class TestMessage(Serving):
    entity = "equipment_event"
    good = ({"equipment_id": At("unit"), "at": JAN, "code": "E7", "detail": "Pump runs hot"},)
    bad = (
        ({"equipment_id": At("unit"), "at": JAN}, "code"),
        ({"at": JAN, "code": "E7"}, "equipment_id"),
        ({"equipment_id": At("unit"), "at": datetime(2026, 12, 1, tzinfo=UTC), "code": "E7"}, "at"),
    )
