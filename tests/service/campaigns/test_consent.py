"""Consent: rows are only added, the newest word holds, and nobody is addressed without it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from crm.campaigns.consent.consent import allowed, consents_of, may_contact, set_consent
from crm.errors import NotAllowed, NotFound, Refused
from crm.work import SYSTEM, reading, unit_of_work
from db.models import AddressProblem, Channel, Consent, Contact
from db.models.campaigns.segments import BASES, CONSENT_CHANNELS, CONSENT_STATES, PURPOSES
from tests.factories import change, make


def say(
    actor, contact, state="given", *, at=None, purpose="offers", channel="email", source="Phone call", **more
):
    with unit_of_work(actor) as work:
        return set_consent(
            work, contact["id"], purpose=purpose, channel=channel, state=state, source=source, at=at, **more
        )


def may(actor, contact, purpose="offers", channel="email"):
    with reading(actor) as session:
        return may_contact(session, contact["id"], purpose, channel)


@pytest.fixture
def ana(people):
    return make(
        people["stan"], "contact", name="Ana Olivares", email="Ana@Example.com", phone="+493012345678"
    )


class TestTheNewestWordHolds:
    def test_nobody_may_be_addressed_before_they_said_so(self, people, ana):
        assert not may(people["stan"], ana)

    def test_consent_lets_a_message_through_for_its_purpose_and_channel_alone(self, people, ana):
        say(people["stan"], ana)

        assert may(people["stan"], ana)
        assert not may(people["stan"], ana, purpose="newsletter")
        assert not may(people["stan"], ana, channel="phone")

    def test_a_withdrawal_ends_it_and_keeps_what_was_said_before(self, people, ana):
        say(people["stan"], ana)
        say(people["stan"], ana, "withdrawn", source=None)

        assert not may(people["stan"], ana)
        with reading(people["stan"]) as session:
            (now,) = consents_of(session, ana["id"])
        assert [entry.state for entry in now.history] == ["withdrawn", "given"]
        assert now.latest.by == "Stan"

    def test_what_was_said_later_holds_although_it_was_stored_first(self, people, ana):
        today = datetime.now(UTC)
        say(people["stan"], ana, "withdrawn", at=today - timedelta(days=1))
        say(people["stan"], ana, "given", at=today - timedelta(days=9))

        assert not may(people["stan"], ana)

    def test_of_two_words_at_one_moment_the_one_stored_last_holds(self, people, ana):
        moment = datetime.now(UTC) - timedelta(days=1)
        say(people["stan"], ana, "given", at=moment)
        say(people["stan"], ana, "refused", at=moment)

        assert not may(people["stan"], ana)

    def test_a_legitimate_interest_and_a_contract_count_when_taken_down_as_given(self, people, ana):
        say(people["stan"], ana, basis="legitimate_interest", source="Customer since 2019")

        assert may(people["stan"], ana)


class TestEveryRoadSaysTheSame:
    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"source": " "}, "source"),
            ({"source": "x" * 201}, "source"),
            ({"at": datetime(2099, 1, 1, tzinfo=UTC)}, "at"),
            ({"purpose": "spam"}, "purpose"),
        ],
    )
    def test_a_bad_word_is_refused_by_form_and_record_in_one_sentence(self, people, ana, dump, values, field):
        words = {"state": "given", "source": "Fair", "purpose": "offers", "channel": "email"} | values
        before = dump()

        told = []
        for store in (
            lambda: say(people["stan"], ana, **words),
            lambda: make(people["stan"], "consent", contact_id=ana["id"], **words),
        ):
            with pytest.raises(Refused) as refused:
                store()
            told.append((refused.value.message, refused.value.problems))

        assert told[0] == told[1]
        assert [p.field for p in told[0][1]] == [field]
        assert dump() == before


class TestAnAddressIsNeeded:
    def test_an_address_that_bounced_is_never_used_again_whatever_its_capitals(self, people, ana):
        say(people["stan"], ana)
        with unit_of_work(SYSTEM) as work:
            work.session.add(AddressProblem(address="ana@example.com", kind="bounce"))

        assert not may(people["stan"], ana)

    def test_an_expired_address_an_archived_contact_and_no_address_at_all_are_no_way(self, people, ana):
        quiet = make(people["stan"], "contact", name="Bo")
        gone = make(people["stan"], "contact", name="Cy", email="cy@example.com")
        for contact in (ana, quiet, gone):
            say(people["stan"], contact)
        with unit_of_work(SYSTEM) as work:
            channel = work.session.scalars(select(Channel).where(Channel.value == ana["email"])).one()
            channel.valid_until = date(2020, 1, 1)
            work.session.get(Contact, gone["id"]).archived_at = work.now

        assert [may(people["stan"], c) for c in (ana, quiet, gone)] == [False, False, False]

    def test_a_letter_needs_a_postal_address_and_takes_the_organisations(self, people):
        from db.models import Address

        firm = make(people["stan"], "organisation", name="Kavarna")
        ana = make(people["stan"], "contact", name="Ana", organisation_id=firm["id"])
        say(people["stan"], ana, channel="post")
        before = may(people["stan"], ana, channel="letter")
        with unit_of_work(SYSTEM) as work:
            work.session.add(Address(organisation_id=firm["id"], street="Am Ufer 3", city="Berlin"))

        assert not before
        assert may(people["stan"], ana, channel="letter")


class TestRefused:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"purpose": "spam"},
            {"channel": "pigeon"},
            {"state": "maybe"},
            {"basis": "gut feeling"},
            {"source": "  "},
            {"source": "x" * 201},
            {"at": datetime(2999, 1, 1, tzinfo=UTC)},
            {"at": datetime(2020, 1, 1)},  # noqa: DTZ001
        ],
    )
    def test_what_cannot_be_consent_is_refused_and_stored_nowhere(self, people, ana, dump, wrong):
        before = dump()

        with pytest.raises(Refused) as refused:
            say(people["stan"], ana, **({"source": "Form"} | wrong))

        assert refused.value.problems[0].field == next(iter(wrong))
        assert dump() == before

    def test_a_contact_of_another_team_and_a_viewer_change_nothing(self, people, ana, dump):
        before = dump()

        with pytest.raises(NotFound):
            say(people["sue"], ana)
        with pytest.raises(NotAllowed):
            say(people["vic"], ana)

        assert dump() == before

    def test_another_teams_contact_may_not_be_addressed(self, people, ana):
        say(people["stan"], ana)

        assert not may(people["sue"], ana)


WORD = st.tuples(
    st.sampled_from([p for p, _l in PURPOSES][:2]),
    st.sampled_from([c for c, _l in CONSENT_CHANNELS][:2]),
    st.sampled_from([s for s, _l in CONSENT_STATES]),
    st.sampled_from([b for b, _l in BASES]),
    st.integers(0, 4),
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories=st.lists(st.lists(WORD, max_size=7), min_size=1, max_size=5))
def test_whoever_is_allowed_said_yes_last_whatever_the_history(people, histories):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with unit_of_work(SYSTEM) as work:
        contacts = [Contact(name=f"C{n}", email=f"c{n}@example.com") for n in range(len(histories))]
        work.session.add_all(contacts)
        work.session.flush()
        for contact, history in zip(contacts, histories, strict=True):
            for purpose, channel, state, basis, day in history:
                row = Consent(
                    contact_id=contact.id, purpose=purpose, channel=channel, state=state, basis=basis,
                    at=start + timedelta(days=day),
                )  # fmt: skip
                work.session.add(row)
                work.session.flush()
        for purpose, channel in [(p, c) for p, _p in PURPOSES[:2] for c, _c in CONSENT_CHANNELS[:2]]:
            expected = set()
            for contact, history in zip(contacts, histories, strict=True):
                said = [
                    (day, n, s)
                    for n, (p, c, s, _b, day) in enumerate(history)
                    if (p, c) == (purpose, channel)
                ]
                if said and max(said)[2] == "given":
                    expected.add(contact.id)
            ids = [c.id for c in contacts]
            found = work.session.scalars(
                select(Contact.id).where(allowed(purpose, channel), Contact.id.in_(ids))
            ).all()
            assert set(found) == expected
            assert len(found) == len(expected)


def test_a_change_of_the_contact_leaves_consent_alone(people, ana):
    say(people["stan"], ana)

    change(people["stan"], "contact", ana, email="new@example.com")

    assert may(people["stan"], ana)
    with reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(Consent)) == 1
