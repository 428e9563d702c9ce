"""Channels, addresses and roles with their days; record pages; leads that become contacts."""

from datetime import date

import pytest

from crm import records
from crm.contacts import conversion, queries, service, sums
from crm.errors import Conflict, NotAllowed, NotFound, Refused
from crm.firm import set_firm
from crm.work import SYSTEM, reading, unit_of_work
from tests.factories import make

TODAY = date(2026, 3, 10)
#: Of a contact's page: record (once more for each of log, channels and roles), links, firm, rates, channels, addresses,
#: roles, organisations, last talk, talks of 90 days, tasks, deal sums, sales, changes, talks, tasks done, deals.
STATEMENTS = 20


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
            assert queries.last_talk(session, "contact", made.contact_id, since=TODAY).recent == 0

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


class TestRecordPage:
    def filled(self, people, deals):
        with unit_of_work(SYSTEM) as work:
            set_firm(work, name="Firm", currency="EUR")
        firm = make(people["stan"], "organisation", name="Firm")
        ana = make(people["stan"], "contact", name="Ana", organisation_id=firm["id"], email="ana@example.com")
        with unit_of_work(people["stan"]) as work:
            for n in range(deals):
                deal = {
                    "title": f"Deal {n}",
                    "contact_id": ana["id"],
                    "organisation_id": firm["id"],
                    "amount_minor": 100,
                }
                records.create_record(work, "deal", deal | {"currency": "EUR"})
        return ana

    @pytest.mark.parametrize("deals", [0, 1, 60])
    def test_the_page_costs_the_same_statements_whatever_belongs_to_it(self, people, statements, deals):
        from crm.ui.record_party import read_party

        ana = self.filled(people, deals)
        statements.clear()

        party = read_party(people["stan"], "contact", ana["id"], steps=20, deals=True)

        assert party.deals.open_count == deals
        assert party.deals.open_minor == deals * 100
        assert len(party.deal_rows) == min(deals, 50)
        assert len(statements) == STATEMENTS, "\n\n".join(s[:90] for s in statements)

    def test_won_value_converts_at_the_rate_of_the_day(self, people):
        from db.models import Rate, Stage

        with unit_of_work(SYSTEM) as work:
            set_firm(work, name="Firm", currency="EUR")
            work.session.add(Rate(currency="USD", day=date(2025, 1, 1), rate=0.5))
            won = work.session.query(Stage.id).filter(Stage.kind == "won").first()[0]
        ana = make(people["stan"], "contact", name="Ana")
        for currency, amount in (("USD", 1000), ("EUR", 700)):
            make(
                people["stan"],
                "deal",
                title="D",
                contact_id=ana["id"],
                currency=currency,
                amount_minor=amount,
                stage_id=won,
                opened_on=date(2025, 2, 1),
                closed_on=date(2025, 2, 3),
            )

        with reading(people["stan"]) as session:
            found = sums.deal_sums(session, "contact", ana["id"], book=sums.money_book(session))

        assert (found.won_count, found.won_minor, found.currency, found.note) == (2, 1200, "EUR", "")

    def test_a_currency_without_a_rate_is_left_out_and_named(self, people):
        ana = make(people["stan"], "contact", name="Ana")
        for currency, amount in (("USD", 1000), ("EUR", 700)):
            make(
                people["stan"],
                "deal",
                title="D",
                contact_id=ana["id"],
                currency=currency,
                amount_minor=amount,
            )

        with reading(people["stan"]) as session:
            found = sums.deal_sums(session, "contact", ana["id"], book=sums.money_book(session))

        assert found.open_minor == 700
        assert "USD" in found.note

    def test_sales_are_added_up_by_year(self, people):
        ana = make(people["mona"], "contact", name="Ana")
        for day, amount in ((date(2024, 5, 1), 100), (date(2025, 1, 1), 50), (date(2025, 12, 31), 25)):
            make(
                people["mona"],
                "order_line",
                contact_id=ana["id"],
                sold_on=day,
                amount_minor=amount,
                currency="EUR",
            )

        with reading(people["mona"]) as session:
            found = sums.sales_by_year(session, "contact", ana["id"], book=sums.money_book(session))

        assert found.years.values.tolist() == [[2024, 1, 100], [2025, 2, 75]]
        assert found.total_minor == 175

    def test_the_title_of_a_foreign_record_is_not_shown(self, people):
        firm = make(people["sue"], "organisation", name="Secret")
        ana = make(
            people["mona"], "contact", name="Ana", organisation_id=firm["id"], team_id=people["stan"].teams[0]
        )

        with reading(people["stan"]) as session:
            view = queries.record_view(session, "contact", ana["id"])

        assert "organisation_id" not in view.titles
        assert view.may_change

    def test_a_viewer_sees_but_may_not_change(self, people):
        ana = make(people["stan"], "contact", name="Ana")

        with reading(people["vic"]) as session:
            view = queries.record_view(session, "contact", ana["id"])

        assert (view.title, view.may_change, view.may_archive) == ("Ana", False, False)
