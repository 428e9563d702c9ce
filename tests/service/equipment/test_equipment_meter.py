"""What the meter of a unit shows, and that it never runs backwards."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.errors import NotAllowed, NotFound, Refused
from crm.records import records
from crm.service.equipment.equipment import record_meter
from crm.work import SYSTEM, reading, unit_of_work
from db.models import MeterReading
from tests.factories import change, make


def refused(act):
    """The refusal that an act ends in."""
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


@pytest.fixture
def unit(people):
    return make(people["stan"], "equipment")


class TestMeter:
    def read(self, people, unit, value, *, who="stan", **options):
        with unit_of_work(people[who]) as work:
            return record_meter(work, unit["id"], value, **options)

    def stored(self, people, unit):
        with reading(people["ada"]) as session:
            return records.get_record(session, "equipment", unit["id"])

    def test_a_reading_is_kept_and_the_unit_shows_the_newest(self, people, unit):
        made = self.read(people, unit, 214_000.0, source="phone")

        now = self.stored(people, unit)
        assert (now["meter_value"], now["meter_at"]) == (214_000.0, made["at"])

    def test_an_older_reading_is_added_behind_the_newest(self, people, unit):
        self.read(people, unit, 200.0)

        self.read(people, unit, 150.0, at=datetime.now(UTC) - timedelta(days=3))

        assert self.stored(people, unit)["meter_value"] == 200.0

    @pytest.mark.parametrize("value", [99.0, -1.0, float("nan"), float("inf")])
    def test_a_meter_never_runs_backwards(self, people, unit, dump, value):
        self.read(people, unit, 100.0)
        before = dump()

        error = refused(lambda: self.read(people, unit, value))

        assert [p.field for p in error.problems] == ["meter_value"]
        assert dump() == before

    def test_a_lower_value_says_what_the_meter_showed_and_how_to_go_on(self, people, unit):
        self.read(people, unit, 214_000.0)

        error = refused(lambda: self.read(people, unit, 21_400.0))

        assert "The meter showed 214,000 on " in error.message
        assert "21,400 is lower. Check the reading, or say that the meter was replaced" in error.message

    def test_a_new_meter_may_begin_at_nought(self, people, unit):
        self.read(people, unit, 100.0)

        self.read(people, unit, 0.0, reset=True)
        self.read(people, unit, 5.0)

        assert self.stored(people, unit)["meter_value"] == 5.0

    def test_an_older_reading_above_the_next_one_is_refused(self, people, unit):
        self.read(people, unit, 100.0)

        error = refused(lambda: self.read(people, unit, 101.0, at=datetime.now(UTC) - timedelta(days=1)))

        assert "which is later and lower" in error.message

    def test_a_reading_from_tomorrow_is_refused(self, people, unit):
        assert refused(lambda: self.read(people, unit, 1.0, at=datetime.now(UTC) + timedelta(days=1)))

    @pytest.mark.parametrize(("value", "ahead"), [(1.0, 1), (99.0, 0)])
    def test_a_reading_entered_as_a_record_is_refused_in_the_same_words(
        self, people, unit, dump, value, ahead
    ):
        self.read(people, unit, 100.0)
        at = datetime.now(UTC) + timedelta(days=ahead)
        before = dump()

        by_page = refused(lambda: self.read(people, unit, value, at=at))
        by_record = refused(
            lambda: make(people["stan"], "meter_reading", equipment_id=unit["id"], value=value, at=at)
        )

        assert by_page.message == by_record.message
        assert dump() == before

    def test_a_value_typed_into_the_record_is_a_reading(self, people, unit):
        changed = change(people["stan"], "equipment", unit, meter_value=50.0)
        error = refused(lambda: change(people["stan"], "equipment", changed, meter_value=49.0))

        assert "The meter showed 50" in error.message
        with reading(people["stan"]) as session:
            assert list(session.scalars(select(MeterReading.value))) == [50.0]

    def test_others_cannot_read_the_meter_of_a_unit_that_is_not_theirs(self, people, unit, dump):
        before = dump()

        with pytest.raises(NotFound):
            self.read(people, unit, 1.0, who="sue")
        with pytest.raises(NotAllowed):
            self.read(people, unit, 1.0, who="vic")

        assert dump() == before


def test_a_reading_that_is_taken_away_is_shown_no_more(people):
    unit = make(people["stan"], "equipment", meter_unit="h")
    with unit_of_work(people["stan"]) as work:
        record_meter(work, unit["id"], 100.0, at=work.now - timedelta(days=9))
        record_meter(work, unit["id"], 200.0)

    def shown():
        with reading(SYSTEM) as session:
            return records.get_record(session, "equipment", unit["id"])["meter_value"]

    for left in (100.0, None):
        with unit_of_work(people["stan"]) as work:
            newest = work.session.scalars(select(MeterReading).order_by(MeterReading.at.desc())).first()
            records.delete_record(work, "meter_reading", newest.id, seen_version=0)
        assert shown() == left
