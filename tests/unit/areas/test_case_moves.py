"""What is urgent, which moves are allowed, and in which order dates may stand."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.service.cases.moves import (
    MOVES,
    WAY,
    dates_after,
    degrees_of,
    is_reopening,
    may_move,
    may_rate_again,
    priority_of,
    status_from_dates,
    wrong_order,
)

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=3)


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"),
    [
        ("high", "high", "critical"),
        ("high", "medium", "high"),
        ("medium", "high", "high"),
        ("high", "low", "normal"),
        ("low", "high", "normal"),
        ("medium", "medium", "normal"),
        ("medium", "low", "low"),
        ("low", "medium", "low"),
        ("low", "low", "low"),
    ],
)
def test_impact_and_urgency_make_the_priority(impact, urgency, priority):
    assert priority_of(impact, urgency) == priority


@pytest.mark.parametrize("priority", ["critical", "high", "normal", "low"])
def test_the_degrees_of_a_priority_make_it_again(priority):
    assert priority_of(*degrees_of(priority)) == priority


ALLOWED = {
    ("new", "open"), ("new", "waiting"), ("new", "resolved"), ("new", "closed"),
    ("open", "waiting"), ("open", "resolved"), ("open", "closed"),
    ("waiting", "open"), ("waiting", "resolved"), ("waiting", "closed"),
    ("resolved", "open"), ("resolved", "closed"),
    ("closed", "open"),
}  # fmt: skip


@pytest.mark.parametrize("before", MOVES)
@pytest.mark.parametrize("after", MOVES)
def test_only_the_known_moves_are_allowed(before, after):
    assert may_move(before, after) is ((before, after) in ALLOWED)


def test_a_status_that_nobody_knows_goes_nowhere():
    assert not may_move("lost", "open")
    assert not may_move("open", "lost")


def test_only_ended_cases_come_back():
    assert [s for s in WAY if is_reopening(s, "open")] == ["resolved", "closed"]
    assert not is_reopening("resolved", "closed")


def test_ends_are_set_and_taken_back():
    assert dates_after("resolved", before="open", at=NOON, resolved_at=None) == {
        "resolved_at": NOON,
        "closed_at": None,
    }
    assert dates_after("closed", before="resolved", at=LATER, resolved_at=NOON) == {
        "resolved_at": NOON,
        "closed_at": LATER,
    }
    assert dates_after("closed", before="new", at=NOON, resolved_at=None) == {
        "resolved_at": NOON,
        "closed_at": NOON,
    }
    assert dates_after("open", before="closed", at=NOON, resolved_at=NOON) == {
        "resolved_at": None,
        "closed_at": None,
    }
    assert dates_after("waiting", before="open", at=NOON, resolved_at=None) == {}


@pytest.mark.parametrize(
    ("dates", "status"),
    [
        ({}, "new"),
        ({"first_response_at": NOON}, "open"),
        ({"first_response_at": NOON, "resolved_at": LATER}, "resolved"),
        ({"closed_at": LATER}, "closed"),
    ],
)
def test_dates_tell_the_status(dates, status):
    assert status_from_dates(dates) == status


@pytest.mark.parametrize(
    ("dates", "wrong"),
    [
        ({"opened_at": NOON}, ""),
        ({"opened_at": NOON, "resolved_at": NOON, "closed_at": NOON}, ""),
        ({"opened_at": LATER, "first_response_at": NOON}, "first_response_at"),
        ({"opened_at": LATER, "resolved_at": NOON}, "resolved_at"),
        ({"opened_at": LATER, "closed_at": NOON}, "closed_at"),
        ({"opened_at": NOON, "resolved_at": LATER, "closed_at": NOON}, "closed_at"),
        ({"closed_at": NOON}, ""),
    ],
)
def test_a_date_before_the_one_it_follows_is_named(dates, wrong):
    assert wrong_order(dates) == wrong


def test_a_rating_can_be_changed_for_seven_days():
    assert may_rate_again(None, NOON)
    assert may_rate_again(NOON, NOON + timedelta(days=6, hours=23))
    assert not may_rate_again(NOON, NOON + timedelta(days=7))
