"""Channels, addresses and roles with their days; record pages; leads that become contacts."""

from datetime import date

import pytest

from crm.contacts import queries, service
from crm.errors import NotAllowed, NotFound, Refused
from crm.records import records
from crm.work import reading, unit_of_work
from tests.factories import make

TODAY = date(2026, 3, 10)


def ways(actor, record, entity="contact"):
    with reading(actor) as session:
        return queries.ways_to_reach(session, entity, record["id"])


def stored(actor, entity, record_id):
    with reading(actor) as session:
        return records.get_record(session, entity, record_id)


class TestChannels:
    def test_several_emails_stand_beside_the_primary_one(self, people):
        ana = make(people["stan"], "contact", name="Ana", email="ana@example.com")

        with unit_of_work(people["stan"]) as work:
            service.add_channel(
                work, entity="contact", record_id=ana["id"], kind="email", value="ana@home.example"
            )

        found = ways(people["stan"], ana).channels
        assert [(c.value, c.is_primary) for c in found] == [
            ("ana@example.com", True),
            ("ana@home.example", False),
        ]
        assert stored(people["stan"], "contact", ana["id"])["email"] == "ana@example.com"

    def test_the_first_phone_becomes_the_primary_one_in_international_form(self, people):
        ana = make(people["stan"], "contact", name="Ana")

        with unit_of_work(people["stan"]) as work:
            service.add_channel(
                work, entity="contact", record_id=ana["id"], kind="phone", value="+45 33 12 34 56"
            )

        assert stored(people["stan"], "contact", ana["id"])["phone"] == "+4533123456"
        assert [c.is_primary for c in ways(people["stan"], ana).channels] == [True]

    def test_another_can_be_made_primary(self, people):
        ana = make(people["stan"], "contact", name="Ana", email="ana@example.com")
        with unit_of_work(people["stan"]) as work:
            second = service.add_channel(
                work, entity="contact", record_id=ana["id"], kind="email", value="ana@home.example"
            )

        with unit_of_work(people["stan"]) as work:
            service.make_primary(work, channel_id=second)

        assert stored(people["stan"], "contact", ana["id"])["email"] == "ana@home.example"
        assert {c.value: c.is_primary for c in ways(people["stan"], ana).channels} == {
            "ana@home.example": True,
            "ana@example.com": False,
        }

    def test_when_the_primary_one_ends_another_takes_its_place(self, people, at_noon):
        ana = make(people["stan"], "contact", name="Ana", email="ana@example.com")
        with unit_of_work(people["stan"]) as work:
            service.add_channel(
                work, entity="contact", record_id=ana["id"], kind="email", value="ana@home.example"
            )
        first = next(c for c in ways(people["stan"], ana).channels if c.is_primary)

        with unit_of_work(people["stan"]) as work:
            service.end_channel(work, channel_id=first.id)

        assert stored(people["stan"], "contact", ana["id"])["email"] == "ana@home.example"
        ended = next(c for c in ways(people["stan"], ana).channels if c.id == first.id)
        assert (ended.valid_until, ended.is_primary, ended.is_current(TODAY)) == (
            date(2026, 3, 9),
            False,
            False,
        )

    def test_an_ended_one_is_taken_up_again_instead_of_doubled(self, people, at_noon):
        ana = make(people["stan"], "contact", name="Ana", email="ana@example.com")
        (first,) = ways(people["stan"], ana).channels
        with unit_of_work(people["stan"]) as work:
            service.end_channel(work, channel_id=first.id)

        with unit_of_work(people["stan"]) as work:
            records.update_record(
                work,
                "contact",
                ana["id"],
                {"email": "ana@example.com"},
                seen_version=stored(people["stan"], "contact", ana["id"])["version"],
            )

        (again,) = ways(people["stan"], ana).channels
        assert (again.id, again.valid_until, again.is_primary) == (first.id, None, True)

    @pytest.mark.parametrize(
        ("kind", "value", "word"),
        [
            ("email", "not an address", "e-mail"),
            ("phone", "12", "too short"),
            ("phone", "ring me", "telephone"),
            ("web", "javascript:alert(1)", "web address"),
            ("email", "", "needed"),
            ("email", "ANA@example.com ", "already"),
            ("fax", "1", "kind of channel"),
        ],
    )
    def test_what_cannot_be_stored_is_refused_and_leaves_nothing(self, people, dump, kind, value, word):
        ana = make(people["stan"], "contact", name="Ana", email="ANA@example.com")
        before = dump()

        with pytest.raises(Refused, match=word), unit_of_work(people["stan"]) as work:
            service.add_channel(work, entity="contact", record_id=ana["id"], kind=kind, value=value)

        assert dump() == before

    def test_days_in_the_wrong_order_are_refused(self, people, dump):
        ana = make(people["stan"], "contact", name="Ana")
        before = dump()

        with pytest.raises(Refused, match="before the first"), unit_of_work(people["stan"]) as work:
            service.add_channel(
                work,
                entity="contact",
                record_id=ana["id"],
                kind="social",
                value="@ana",
                valid_from=TODAY,
                valid_until=date(2026, 3, 1),
            )

        assert dump() == before

    def test_whoever_may_only_look_changes_nothing(self, people, dump):
        ana = make(people["stan"], "contact", name="Ana", email="ana@example.com")
        (first,) = ways(people["stan"], ana).channels
        before = dump()

        for act in (
            lambda w: service.add_channel(
                w, entity="contact", record_id=ana["id"], kind="web", value="a.example"
            ),
            lambda w: service.end_channel(w, channel_id=first.id),
            lambda w: service.make_primary(w, channel_id=first.id),
            lambda w: service.save_address(
                w, entity="contact", record_id=ana["id"], kind="office", parts={"city": "Berlin"}
            ),
        ):
            with pytest.raises(NotAllowed), unit_of_work(people["vic"]) as work:
                act(work)

        assert dump() == before

    def test_another_team_cannot_even_find_them(self, people):
        ana = make(people["stan"], "contact", name="Ana", email="ana@example.com")
        (first,) = ways(people["stan"], ana).channels

        for act in (
            lambda w: service.add_channel(
                w, entity="contact", record_id=ana["id"], kind="web", value="a.example"
            ),
            lambda w: service.end_channel(w, channel_id=first.id),
        ):
            with pytest.raises(NotFound), unit_of_work(people["sue"]) as work:
                act(work)


class TestAddresses:
    def test_an_address_is_added_changed_and_left(self, people, at_noon):
        firm = make(people["stan"], "organisation", name="Firm")
        with unit_of_work(people["stan"]) as work:
            place = service.save_address(
                work,
                entity="organisation",
                record_id=firm["id"],
                kind="office",
                parts={"street": "Hauptstraße 1", "postal_code": "10115", "city": "Berlin"},
            )
        with unit_of_work(people["stan"]) as work:
            service.save_address(
                work,
                entity="organisation",
                record_id=firm["id"],
                kind="delivery",
                parts={"street": "Hauptstraße 2"},
                address_id=place,
            )

        with unit_of_work(people["stan"]) as work:
            service.end_address(work, address_id=place)

        (found,) = ways(people["stan"], firm, "organisation").addresses
        assert (found.line(), found.kind) == ("Hauptstraße 2, 10115 Berlin", "delivery")
        assert found.valid_until == date(2026, 3, 9)

    def test_an_empty_address_is_refused(self, people, dump):
        firm = make(people["stan"], "organisation", name="Firm")
        before = dump()

        with pytest.raises(Refused, match="empty"), unit_of_work(people["stan"]) as work:
            service.save_address(
                work, entity="organisation", record_id=firm["id"], kind="office", parts={"city": "  "}
            )

        assert dump() == before


class TestRoles:
    def test_one_person_has_roles_at_several_organisations(self, people):
        ana = make(people["stan"], "contact", name="Ana")
        firms = [make(people["stan"], "organisation", name=name) for name in ("Alpha", "Beta")]

        with unit_of_work(people["stan"]) as work:
            for firm, role in zip(firms, ("owner", "adviser"), strict=True):
                service.add_role(
                    work, contact_id=ana["id"], organisation_id=firm["id"], role=role, since=date(2024, 1, 1)
                )

        with reading(people["stan"]) as session:
            found = queries.organisations_of(session, ana["id"])
            beta = queries.people_of(session, firms[1]["id"], today=TODAY)
        assert [(r.other, r.role, r.since) for r in found] == [
            ("Alpha", "owner", date(2024, 1, 1)),
            ("Beta", "adviser", date(2024, 1, 1)),
        ]
        assert [(r.other, r.role) for r in beta] == [("Ana", "adviser")]

    def test_people_are_those_who_name_the_organisation_and_those_with_a_role(self, people, at_noon):
        firm = make(people["stan"], "organisation", name="Firm")
        employee = make(people["stan"], "contact", name="Bo", organisation_id=firm["id"], job_title="Cook")
        former = make(people["stan"], "contact", name="Cy")
        with unit_of_work(people["stan"]) as work:
            for contact, role in ((employee, "employee"), (employee, "buyer"), (former, "adviser")):
                made = service.add_role(work, contact_id=contact["id"], organisation_id=firm["id"], role=role)
            service.end_role(work, role_id=made)

        with reading(people["stan"]) as session:
            found = queries.people_of(session, firm["id"], today=TODAY)

        assert [(r.other, r.role, r.detail) for r in found] == [("Bo", "employee, buyer", "Cook")]

    def test_the_same_role_twice_is_refused_and_an_ended_one_begins_again(self, people, at_noon):
        ana, firm = (
            make(people["stan"], "contact", name="Ana"),
            make(people["stan"], "organisation", name="Firm"),
        )
        with unit_of_work(people["stan"]) as work:
            first = service.add_role(work, contact_id=ana["id"], organisation_id=firm["id"], role="owner")
        with pytest.raises(Refused, match="already"), unit_of_work(people["stan"]) as work:
            service.add_role(work, contact_id=ana["id"], organisation_id=firm["id"], role="owner")
        with unit_of_work(people["stan"]) as work:
            service.end_role(work, role_id=first)

        with unit_of_work(people["stan"]) as work:
            again = service.add_role(work, contact_id=ana["id"], organisation_id=firm["id"], role="owner")

        assert again == first

    def test_a_foreign_organisation_cannot_be_linked(self, people, dump):
        ana, firm = (
            make(people["stan"], "contact", name="Ana"),
            make(people["sue"], "organisation", name="Firm"),
        )
        before = dump()

        with pytest.raises(NotFound), unit_of_work(people["stan"]) as work:
            service.add_role(work, contact_id=ana["id"], organisation_id=firm["id"], role="owner")

        assert dump() == before
