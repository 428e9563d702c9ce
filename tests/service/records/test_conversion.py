"""Leads that become contacts: all of it is stored, or nothing."""

from datetime import date

import pytest

from crm.contacts import conversion
from crm.contacts.dealings import last_talk
from crm.errors import Conflict, NotAllowed, NotFound, Refused
from crm.records import records
from crm.work import reading, unit_of_work
from tests.factories import make

TODAY = date(2026, 3, 10)


def stored(actor, entity, record_id):
    with reading(actor) as session:
        return records.get_record(session, entity, record_id)


class TestConversion:
    def lead(self, people, **values):
        given = {
            "name": "Ana Zhao",
            "company": "Kaffi & Korn GmbH",
            "email": "ana@kaffi.example",
            "interest": "Two machines",
        }
        return make(people["stan"], "lead", **(given | values))

    def convert(self, actor, lead, **choices):
        with unit_of_work(actor) as work:
            return conversion.convert_lead(work, lead_id=lead["id"], seen_version=lead["version"], **choices)

    def test_a_lead_becomes_contact_organisation_and_deal(self, people):
        lead = self.lead(people)

        made = self.convert(
            people["stan"], lead, new_organisation=True, deal_title="Machines", deal_amount_minor=500_000
        )

        contact = stored(people["stan"], "contact", made.contact_id)
        deal = stored(people["stan"], "deal", made.deal_id)
        assert (contact["name"], contact["email"]) == ("Ana Zhao", "ana@kaffi.example")
        assert contact["organisation_id"] == made.organisation_id == deal["organisation_id"]
        assert (deal["amount_minor"], deal["contact_id"]) == (500_000, made.contact_id)
        after = stored(people["stan"], "lead", lead["id"])
        assert (after["status"], after["contact_id"], after["deal_id"]) == (
            "converted",
            made.contact_id,
            made.deal_id,
        )
        with reading(people["stan"]) as session:
            assert last_talk(session, "contact", made.contact_id, since=TODAY).recent == 0

    @pytest.mark.parametrize(
        ("known", "why"),
        [
            ({"name": "A. Zhao", "email": "Ana@Kaffi.example"}, "same e-mail"),
            ({"name": "ana zhao"}, "same name"),
        ],
    )
    def test_a_likely_duplicate_stops_it_before_anything_is_stored(self, people, dump, known, why):
        make(people["stan"], "contact", **known)
        lead = self.lead(people)
        before = dump()

        with pytest.raises(Refused) as refusal:
            self.convert(people["stan"], lead, new_organisation=True)

        assert [p.field for p in refusal.value.problems] == ["contact_id"]
        assert why in refusal.value.problems[0].message
        assert dump() == before

    def test_a_company_is_recognised_without_its_legal_form(self, people):
        make(people["stan"], "organisation", name="Kaffi & Korn")
        lead = self.lead(people)

        with pytest.raises(Refused) as refusal:
            self.convert(people["stan"], lead, new_organisation=True)

        assert [p.field for p in refusal.value.problems] == ["organisation_id"]

    def test_a_known_contact_is_used_and_only_its_blanks_are_filled(self, people):
        known = make(people["stan"], "contact", name="Ana Zhao", phone="+4533123456")
        lead = self.lead(people, phone="+4599999999")

        made = self.convert(people["stan"], lead, contact_id=known["id"])

        after = stored(people["stan"], "contact", known["id"])
        assert made.contact_id == known["id"]
        assert (after["email"], after["phone"]) == ("ana@kaffi.example", "+4533123456")

    def test_a_lead_is_converted_once(self, people, dump):
        lead = self.lead(people)
        self.convert(people["stan"], lead)
        again = stored(people["stan"], "lead", lead["id"])
        before = dump()

        with pytest.raises(Refused, match="before"):
            self.convert(people["stan"], again, anyway=True)

        assert dump() == before

    def test_a_stale_screen_cannot_convert(self, people, dump):
        lead = self.lead(people)
        with unit_of_work(people["mona"]) as work:
            records.update_record(work, "lead", lead["id"], {"score": 9}, seen_version=lead["version"])
        before = dump()

        with pytest.raises(Conflict):
            self.convert(people["stan"], lead)

        assert dump() == before

    @pytest.mark.parametrize(("who", "problem"), [("vic", NotAllowed), ("sue", NotFound)])
    def test_who_may_not_change_the_lead_cannot_convert_it(self, people, dump, who, problem):
        lead = self.lead(people)
        before = dump()

        with pytest.raises(problem):
            self.convert(people[who], lead)

        assert dump() == before

    def test_a_deal_that_is_refused_takes_everything_back(self, people, dump):
        lead = self.lead(people)
        before = dump()

        with pytest.raises(Refused):
            self.convert(people["stan"], lead, new_organisation=True, deal_title="x" * 500)

        assert dump() == before
