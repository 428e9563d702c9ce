"""What is said in a case, who takes it, how the customer rates it."""

from datetime import timedelta

import pytest

from crm.errors import Conflict, Refused
from crm.records import records
from crm.service.cases import cases
from crm.service.cases.mail import hindrance, mail_subject
from crm.service.cases.queries import read_case
from crm.work import SYSTEM, reading, unit_of_work
from db.models import AddressProblem, Case, Contact
from tests.factories import change, make
from tests.service.cases.case_scene import NOW, do, move, outbox, view


@pytest.fixture
def ana(people):
    """A contact of Stan's organisation with an address."""
    firm = make(people["stan"], "organisation")
    return make(people["stan"], "contact", email="ana@casa.example", organisation_id=firm["id"])


class TestThread:
    def test_what_was_said_stands_in_order_with_who_said_it(self, people, ana):
        case = make(people["stan"], "case", contact_id=ana["id"], description="It stops.")
        do(people["stan"], cases.reply, case["id"], "Since when?", key="a")
        do(people["stan"], cases.customer_message, case["id"], "Since Monday.", key="b")
        do(people["mona"], cases.add_note, case["id"], "Burrs again")
        do(SYSTEM, cases.customer_message, case["id"], "Hello?", key="c", author="Barista")

        said = [(m.kind, m.who, m.text) for m in view(people["stan"], case).messages]

        assert said == [
            ("customer", "Ana Olivares", "It stops."),
            ("reply", "Stan", "Since when?"),
            ("customer", "Ana Olivares", "Since Monday."),
            ("note", "Mona", "Burrs again"),
            ("customer", "Barista", "Hello?"),
        ]

    def test_a_reply_goes_out_once_per_key(self, people, ana):
        case = make(people["stan"], "case", contact_id=ana["id"])

        first = do(people["stan"], cases.reply, case["id"], "Hello", key="one")
        second = do(people["stan"], cases.reply, case["id"], "Hello", key="one")
        third = do(people["stan"], cases.reply, case["id"], "Hello", key="two")

        assert first == second != third
        assert [(to, subject) for to, subject, _text in outbox()] == [
            ("ana@casa.example", f"[{case['number']}] Grinder stops mid-dose")
        ] * 2
        assert outbox()[0][2].startswith("Hello\n\nStan\n")

    def test_the_first_reply_takes_a_new_case_into_work_and_stops_its_clock(self, people):
        case = make(people["stan"], "case")

        do(people["stan"], cases.reply, case["id"], "Hello", key="one")
        first = view(people["stan"], case).record["first_response_at"]
        do(people["stan"], cases.reply, case["id"], "Hello again", key="two")

        record = view(people["stan"], case).record
        assert (record["status"], record["first_response_at"]) == ("open", first)
        assert first is not None

    def test_a_note_is_no_answer_and_mails_nothing(self, people, ana):
        case = make(people["stan"], "case", contact_id=ana["id"])

        do(people["stan"], cases.add_note, case["id"], "Look at the burrs")

        assert view(people["stan"], case).record["first_response_at"] is None
        assert outbox() == []

    @pytest.mark.parametrize(
        ("way", "status", "reopened"),
        [
            (("waiting",), "open", 0),
            (("resolved",), "open", 1),
            (("resolved", "closed"), "open", 1),
            ((), "new", 0),
        ],
    )
    def test_the_customers_word_brings_the_case_back(self, people, way, status, reopened):
        case = move(people["stan"], make(people["stan"], "case"), *way)

        for _twice in range(2):
            do(SYSTEM, cases.customer_message, case["id"], "It stops again", key="mail-1")

        record = view(people["stan"], case).record
        assert (record["status"], record["reopened"]) == (status, reopened)
        assert len(view(people["stan"], case).messages) == 1

    def test_a_closed_case_is_not_answered(self, people, dump):
        case = move(people["stan"], make(people["stan"], "case"), "closed")
        before = dump()

        with pytest.raises(Refused, match="Reopen it"):
            do(people["stan"], cases.reply, case["id"], "Hello", key="one")

        assert dump() == before

    def test_why_nothing_is_mailed_is_said(self, people, ana):
        silent = make(people["stan"], "contact", name="Bo")
        bounced = make(people["stan"], "contact", name="Cy", email="Cy@Nove.example")
        broken = make(people["stan"], "contact", name="Di")
        with unit_of_work(SYSTEM) as work:
            work.session.add(AddressProblem(address="cy@nove.example", kind="bounce"))
            work.session.get(Contact, broken["id"]).email = "di at orla"
        said = []
        for contact in (None, silent["id"], bounced["id"], broken["id"], ana["id"]):
            case = make(people["stan"], "case", contact_id=contact)
            do(people["stan"], cases.reply, case["id"], "Hello", key=f"k{contact}")
            with reading(people["stan"]) as session:
                said.append(hindrance(session, session.get(Case, case["id"])))

        assert said == [
            "This case names no contact, so nothing is mailed.",
            "Bo has no e-mail address, so nothing is mailed.",
            "Cy@nove.example does not take mail, so nothing is mailed.",
            "“di at orla” is not an e-mail address, so nothing is mailed.",
            "",
        ]
        assert [to for to, *_rest in outbox()] == ["ana@casa.example"]

    def test_a_subject_with_line_breaks_smuggles_no_header(self):
        case = Case(number="C-1", subject="Hi\r\nBcc: all@x.example\x0b\u2028there")

        assert mail_subject(case) == "[C-1] Hi Bcc: all@x.example there"

    def test_a_long_thread_costs_no_more_statements(self, people, ana, statements):
        case = make(people["stan"], "case", contact_id=ana["id"], description="It stops.")
        taken = []
        for count in (2, 60):
            with unit_of_work(people["stan"]) as work:
                for n in range(count):
                    cases.reply(work, case["id"], f"Reply {n}", key=f"{count}-{n}")
            statements.clear()
            view(people["stan"], case)
            taken.append(len(statements))

        assert taken[0] == taken[1]

    def test_the_first_words_stand_before_what_was_written_in_the_same_moment(self, people):
        with unit_of_work(people["stan"]) as work:
            case = records.create_record(work, "case", {"subject": "Grinder", "description": "It stops."})
            cases.add_note(work, case["id"], "By phone")

        assert [m.text for m in view(people["stan"], case).messages] == ["It stops.", "By phone"]

    def test_older_messages_are_left_for_later(self, people):
        case = make(people["stan"], "case", description="It stops.")
        with unit_of_work(people["stan"]) as work:
            for n in range(5):
                cases.add_note(work, case["id"], f"Note {n}")

        with reading(people["stan"]) as session:
            short = read_case(session, case["id"], NOW, messages=3)
            whole = read_case(session, case["id"], NOW, messages=6)

        assert ([m.text for m in short.messages], short.older) == (["Note 2", "Note 3", "Note 4"], True)
        assert (whole.messages[0].text, len(whole.messages), whole.older) == ("It stops.", 6, False)


class TestTaking:
    def free(self, people):
        case = make(people["stan"], "case")
        return do(people["stan"], cases.assign_case, case["id"], None)

    def test_an_unowned_case_is_taken_once(self, people):
        case = self.free(people)

        taken = do(people["mona"], cases.take_case, case["id"])

        assert taken["owner_id"] == people["mona"].user_id
        assert do(people["mona"], cases.take_case, case["id"]) == taken
        with pytest.raises(Refused, match="Mona has"):
            do(people["stan"], cases.take_case, case["id"])

    def test_a_case_that_somebody_gave_away_meanwhile_is_not_taken(self, people):
        case = self.free(people)
        do(people["mona"], cases.assign_case, case["id"], None)
        change(people["mona"], "case", case, subject="Other")

        with pytest.raises(Conflict):
            do(people["stan"], cases.take_case, case["id"], seen_version=case["version"])

    def test_the_program_takes_nothing(self, people):
        case = self.free(people)

        with pytest.raises(Refused, match="Only a person"):
            do(SYSTEM, cases.take_case, case["id"])


class TestRating:
    def test_the_first_answer_counts_and_may_be_changed_for_a_week(self, people):
        case = make(people["stan"], "case")

        do(SYSTEM, cases.rate_case, case["id"], 2, "Slow", now=NOW)
        do(SYSTEM, cases.rate_case, case["id"], 4, None, now=NOW + timedelta(days=6))
        with pytest.raises(Refused, match="rated this already"):
            do(SYSTEM, cases.rate_case, case["id"], 1, None, now=NOW + timedelta(days=7))

        record = view(people["stan"], case).record
        assert (record["satisfaction"], record["satisfaction_note"]) == (4, None)
        assert record["satisfaction_at"] == NOW

    @pytest.mark.parametrize("score", [0, 6, -1, True, 3.5, "5", None])
    def test_another_number_is_refused(self, people, dump, score):
        case = make(people["stan"], "case")
        before = dump()

        with pytest.raises(Refused, match="from 1 to 5"):
            do(SYSTEM, cases.rate_case, case["id"], score, None, now=NOW)

        assert dump() == before
