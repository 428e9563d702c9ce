"""Any record: created, changed, archived, restored; checked, versioned, within scope."""

import pytest

from crm.errors import Conflict, NotAllowed, NotFound, Refused
from crm.records import records
from crm.work import reading, unit_of_work
from tests.factories import change, make


def stored(actor, entity, record):
    with reading(actor) as session:
        return records.get_record(session, entity, record["id"])


class TestCreate:
    def test_every_wrong_field_is_told_at_once_and_nothing_is_stored(self, people, dump):
        before = dump()

        with pytest.raises(Refused) as refusal, unit_of_work(people["stan"]) as work:
            records.create_record(
                work, "contact", {"email": "ana@", "phone": "x", "lifecycle": "friend", "shoe_size": 38}
            )

        assert {p.field for p in refusal.value.problems} == {
            "name",
            "email",
            "phone",
            "lifecycle",
            "shoe_size",
        }
        assert dump() == before

    def test_values_are_stored_in_normal_form(self, people):
        made = make(people["stan"], "contact", email=" ana@EXAMPLE.com ", phone="+45 33 12 34 56")

        assert (made["email"], made["phone"]) == ("ana@example.com", "+4533123456")

    def test_a_contact_is_named_by_its_parts(self, people):
        made = make(people["stan"], "contact", name=None, first_name="Ana", last_name="Olivares")

        assert made["name"] == "Ana Olivares"

    def test_it_belongs_to_whoever_makes_it(self, people):
        made = make(people["stan"], "organisation")

        assert (made["owner_id"], made["team_id"]) == (people["stan"].user_id, people["stan"].teams[0])

    @pytest.mark.parametrize("entity", ["contact", "organisation", "lead", "deal", "task"])
    def test_a_viewer_creates_nothing(self, people, dump, entity):
        before = dump()

        with pytest.raises(NotAllowed):
            make(people["vic"], entity)

        assert dump() == before


class TestUpdate:
    def test_a_full_name_survives_a_change_of_something_else(self, people):
        ana = make(
            people["stan"], "contact", name="Dr. Ana M. Olivares", first_name="Ana", last_name="Olivares"
        )

        after = change(people["stan"], "contact", ana, email="ana@example.com")

        assert after["name"] == "Dr. Ana M. Olivares"

    def test_the_name_follows_its_parts_when_they_change(self, people):
        ana = make(people["stan"], "contact", name=None, first_name="Ana", last_name="Olivares")

        after = change(people["stan"], "contact", ana, last_name="Zhao")

        assert after["name"] == "Ana Zhao"

    def test_a_stale_screen_cannot_overwrite_and_both_values_are_told(self, people, dump):
        ana = make(people["stan"], "contact", email="ana@example.com", city="Porto")
        change(people["mona"], "contact", ana, email="ana@new.example")
        before = dump()

        with pytest.raises(Conflict) as conflict:
            change(people["stan"], "contact", ana, email="ana@mine.example", city="Porto")

        assert conflict.value.mine == {"email": "ana@mine.example"}
        assert conflict.value.theirs == {"email": "ana@new.example"}
        assert dump() == before

    @pytest.mark.parametrize(
        ("entity", "field"), [("contact", "lifecycle"), ("task", "priority"), ("contact", "name")]
    )
    def test_a_field_that_must_hold_something_cannot_be_emptied(self, people, dump, entity, field):
        record = make(people["stan"], entity)
        before = dump()

        with pytest.raises(Refused) as refusal:
            change(people["stan"], entity, record, **{field: None})

        assert [p.field for p in refusal.value.problems] == [field]
        assert dump() == before

    def test_an_unchanged_save_makes_no_new_version(self, people):
        ana = make(people["stan"], "contact", city="Porto")

        after = change(people["stan"], "contact", ana, city=" Porto ")

        assert after["version"] == ana["version"]

    @pytest.mark.parametrize(("who", "problem"), [("vic", NotAllowed), ("sue", NotFound)])
    def test_who_may_not_change_it_leaves_no_trace(self, people, dump, who, problem):
        ana = make(people["stan"], "contact")
        before = dump()

        with pytest.raises(problem):
            change(people[who], "contact", ana, city="Porto")

        assert dump() == before

    def test_a_record_given_to_somebody_goes_to_their_team(self, people):
        ana = make(people["mona"], "contact")

        after = change(people["mona"], "contact", ana, owner_id=people["sue"].user_id)

        assert after["team_id"] == people["sue"].teams[0]

    def test_a_lead_is_converted_by_converting_it_only(self, people, dump):
        lead = make(people["stan"], "lead")
        before = dump()

        with pytest.raises(Refused, match="no contact yet"):
            change(people["stan"], "lead", lead, status="converted")

        assert dump() == before


class TestArchive:
    def test_an_archived_record_comes_back_as_it_was(self, people):
        ana = make(people["stan"], "contact", city="Porto")
        with unit_of_work(people["stan"]) as work:
            away = records.archive_record(work, "contact", ana["id"], seen_version=ana["version"])

        with unit_of_work(people["stan"]) as work:
            back = records.restore_record(work, "contact", ana["id"], seen_version=away["version"])

        assert away["archived_at"] is not None
        unlike = {k for k in ana if ana[k] != back[k]} - {"version", "changed_at"}
        assert unlike == set()

    def test_staff_archive_only_their_own(self, people, dump):
        theirs = make(people["mona"], "contact", team_id=people["stan"].teams[0])
        before = dump()

        with pytest.raises(NotAllowed), unit_of_work(people["stan"]) as work:
            records.archive_record(work, "contact", theirs["id"], seen_version=theirs["version"])

        assert dump() == before

    def test_a_stale_screen_archives_nothing(self, people):
        ana = make(people["stan"], "contact")
        change(people["stan"], "contact", ana, city="Porto")

        with pytest.raises(Conflict), unit_of_work(people["stan"]) as work:
            records.archive_record(work, "contact", ana["id"], seen_version=ana["version"])

        assert stored(people["stan"], "contact", ana)["archived_at"] is None
