"""A clock that goes back two hours keeps nothing and nobody waiting for the time to come again."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from crm.access import sign_in
from crm.mail.sending import rounds
from crm.mail.sending.outbox import queue_mail
from crm.work import SYSTEM, unit_of_work
from db.models import Outbox
from db.session import engine

BACK = timedelta(hours=-2)


def waiting(key, **more):
    with unit_of_work(SYSTEM) as work:
        queue_mail(work, key=key, to="ana@example.com", subject="Hello", text="Hello", **more)


def keys():
    return sorted(row.unique_key for row in rounds.take("one", 20))


def test_mail_that_waited_goes_out(at_noon, database):
    waiting("now")
    waiting("leased")
    with engine().execution_options(system=True).begin() as connection:
        leased = update(Outbox).where(Outbox.unique_key == "leased")
        connection.execute(leased.values(state="sending", owner="gone"))
    at_noon.shift(BACK)
    assert keys() == []

    rounds.heed_clock()

    assert keys() == ["leased", "now"]


def test_mail_for_a_later_day_keeps_its_day(at_noon, database):
    waiting("later", due_at=datetime.now(UTC) + timedelta(days=3))
    at_noon.shift(BACK)

    assert rounds.heed_clock() == 0
    with engine().connect().execution_options(system=True, reading=True) as connection:
        assert connection.scalar(select(Outbox.due_at)) == datetime.now(UTC) + timedelta(days=3) - BACK


def test_what_went_out_before_does_not_hold_the_pace(at_noon, database):
    waiting("sent")
    with engine().execution_options(system=True).begin() as connection:
        connection.execute(update(Outbox).values(state="sent"))
    assert rounds.handed_lately() == 1

    at_noon.shift(BACK)

    assert rounds.handed_lately() == 0


def test_nobody_waits_two_hours_to_sign_in(at_noon, database):
    def wrong():
        with pytest.raises(Exception) as told:  # noqa: PT011 - which of the two is judged below
            sign_in.sign_in(email="ana@example.com", password="wrong teapot", address="192.0.2.1")
        return told.value

    for _try in range(sign_in.MAX_FAILURES):
        wrong()
    assert wrong().retry_after <= 61

    at_noon.shift(timedelta(seconds=-45))
    assert wrong().retry_after <= 61
    at_noon.shift(BACK)

    assert not isinstance(wrong(), sign_in.TooManyTries)
