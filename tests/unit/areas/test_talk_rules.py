from datetime import UTC, datetime, timedelta

import pytest

from crm.interactions.rules import LINKS, Customers, TalkRules, TaskRules, time_of_day
from crm.records.rules import Draft, Road
from crm.work import SYSTEM, Work

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
FACTS = Customers(
    Road(Work(None, SYSTEM, NOW), "EUR"),
    {
        "deal_id": {7: {"contact_id": 1, "organisation_id": 2}},
        "case_id": {8: {"contact_id": 3, "organisation_id": 4}},
        "contact_id": {1: {"organisation_id": 2}, 3: {"organisation_id": 4}, 5: {"organisation_id": None}},
    },
)
TALK = {"happened_at": NOW, "subject": "Call", "body": None, "contact_id": 1, "organisation_id": 2}


def drafted(row, before=None):
    blank = dict.fromkeys((*LINKS, "subject", "body", "happened_at", "due_on", "due_time", "done_at"))
    given = {name for name, value in row.items() if before is None or before.get(name) != value}
    return Draft({**blank, **row}, None if before is None else {**blank, **before}, given)


def completed(rules, row, before=None):
    draft = drafted(row, before)
    rules.complete(draft, FACTS)
    return draft.row


def complaints(rules, row, before=None):
    draft = drafted(row, before)
    rules.problems(draft, FACTS)
    return {p.field: p.message for p in draft.problems}


@pytest.mark.parametrize(
    ("given", "contact", "organisation"),
    [
        ({"deal_id": 7}, 1, 2),
        ({"case_id": 8}, 3, 4),
        ({"contact_id": 1}, 1, 2),
        ({"contact_id": 5}, 5, None),
        ({"deal_id": 7, "case_id": 8}, 1, 2),
        ({"deal_id": 7, "contact_id": 5}, 5, 2),
        ({"contact_id": 1, "organisation_id": 9}, 1, 9),
        ({"deal_id": 70}, None, None),
    ],
)
def test_the_customer_follows_from_what_it_was_about(given, contact, organisation):
    row = completed(TalkRules(), dict(given))

    assert (row.get("contact_id"), row.get("organisation_id")) == (contact, organisation)


def test_what_followed_from_a_person_follows_the_corrected_one():
    assert completed(TalkRules(), TALK | {"contact_id": 3}, TALK)["organisation_id"] == 4
    chosen = TALK | {"organisation_id": 9}
    assert completed(TalkRules(), chosen | {"contact_id": 3}, chosen)["organisation_id"] == 9
    assert (
        completed(TalkRules(), TALK | {"contact_id": 3, "organisation_id": 9}, TALK)["organisation_id"] == 9
    )


def test_a_blank_subject_is_the_first_line_and_goes_on_being_it():
    row = completed(TalkRules(), {"body": "  Wants two more.\nCall again.", "contact_id": 1})
    assert (row["subject"], row["happened_at"]) == ("Wants two more.", NOW)

    corrected = completed(TalkRules(), row | {"body": "Wants three more."}, row)
    assert corrected["subject"] == "Wants three more."

    named = row | {"subject": "Order"}
    assert completed(TalkRules(), named | {"body": "Wants three."}, named)["subject"] == "Order"


def test_a_talk_has_happened():
    assert complaints(TalkRules(), TALK | {"happened_at": NOW + timedelta(seconds=30)}) == {}
    said = complaints(TalkRules(), TALK | {"happened_at": NOW + timedelta(hours=1)})
    assert said == {"happened_at": "2026-11-30 11:00 lies ahead. Enter when the talk was, or plan a task."}


def test_a_talk_belongs_to_somebody_or_something():
    alone = TALK | {"contact_id": None, "organisation_id": None}

    assert complaints(TalkRules(), alone) == {
        "contact_id": "Say with whom or about what: a contact, organisation, deal, case or campaign."
    }
    assert complaints(TalkRules(), alone | {"campaign_id": 1}) == {}
    # What was stored long ago may still be corrected in its words.
    assert complaints(TalkRules(), alone | {"body": "More"}, alone) == {}
    assert "contact_id" in complaints(TalkRules(), alone, TALK)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("14:30", "14:30"), ("9:05", "09:05"), ("9", "09:00"), ("0930", "09:30"), ("9.30", "09:30"), (" 7h15 ", "07:15"),
     ("24:00", ""), ("12:60", ""), ("noon", ""), ("", ""), ("-1:00", "")],
)  # fmt: skip
def test_a_time_of_day_is_kept_in_one_form(typed, kept):
    assert time_of_day(typed) == kept


def test_an_hour_needs_a_day_and_a_task_was_done_in_the_past():
    task = {"title": "Call", "due_on": NOW.date(), "due_time": "9:30"}
    assert completed(TaskRules(), dict(task))["due_time"] == "09:30"
    assert complaints(TaskRules(), task) == {}
    assert complaints(TaskRules(), task | {"due_on": None}) == {
        "due_on": "Choose the day on which it is due at 9:30."
    }
    assert complaints(TaskRules(), task | {"due_time": "later"}) == {
        "due_time": "“later” is not a time of day. Write it as 14:30."
    }
    assert "done_at" in complaints(TaskRules(), task | {"done_at": NOW + timedelta(days=1)})
    assert complaints(TaskRules(), task | {"done_at": NOW}) == {}
