"""Cases: made, moved, answered, noted, taken, rated; what is refused leaves nothing behind."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crm import records
from crm.errors import Conflict, NotAllowed, NotFound, Refused
from crm.service import cases
from crm.service.case_mail import hindrance, mail_subject
from crm.service.case_queries import read_case
from crm.work import SYSTEM, reading, unit_of_work
from db.models import AddressProblem, Case, CaseMessage, CaseMove, Outbox, Queue, Team
from tests.factories import change, make

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def do(actor, act, *args, **more):
    with unit_of_work(actor) as work:
        return act(work, *args, **more)


def move(actor, case, *way, **more):
    for status in way:
        case = do(actor, cases.move_case, case["id"], status, **more)
    return case


def view(actor, case):
    with reading(actor) as session:
        return read_case(session, case["id"], NOW)


def steps(case):
    with reading(SYSTEM) as session:
        rows = session.execute(
            select(CaseMove.from_status, CaseMove.to_status)
            .where(CaseMove.case_id == case["id"])
            .order_by(CaseMove.id)
        )
        return [tuple(row) for row in rows]


def outbox():
    with reading(SYSTEM) as session:
        return [
            (row.payload["to"], row.payload["subject"], row.payload["text"])
            for row in session.execute(select(Outbox.payload).order_by(Outbox.id))
        ]


@pytest.fixture
def ana(people):
    """A contact of Stan's organisation with an address."""
    firm = make(people["stan"], "organisation")
    return make(people["stan"], "contact", email="ana@casa.example", organisation_id=firm["id"])


class TestMaking:
    def test_a_case_gets_number_priority_customer_and_first_step(self, people, ana):
        case = make(people["stan"], "case", contact_id=ana["id"], impact="high", urgency="high")

        assert case["number"] == f"C-{case['id']}"
        assert (case["status"], case["priority"]) == ("new", "critical")
        assert case["organisation_id"] == ana["organisation_id"]
        assert (case["owner_id"], case["version"]) == (people["stan"].user_id, 1)
        assert steps(case) == [(None, "new")]

    def test_a_unit_says_what_it_is_and_whose(self, people, ana):
        product = make(people["ada"], "product")
        unit = make(
            people["stan"],
            "equipment",
            product_id=product["id"],
            organisation_id=ana["organisation_id"],
            contact_id=ana["id"],
        )

        case = make(people["stan"], "case", equipment_id=unit["id"])

        assert (case["product_id"], case["organisation_id"], case["contact_id"]) == (
            product["id"],
            ana["organisation_id"],
            ana["id"],
        )

    def test_what_was_given_stays(self, people, ana):
        other = make(people["stan"], "organisation", name="Atelier Nove")

        case = make(people["stan"], "case", contact_id=ana["id"], organisation_id=other["id"])

        assert case["organisation_id"] == other["id"]

    def test_a_given_priority_brings_its_degrees(self, people):
        case = make(people["stan"], "case", priority="low")

        assert (case["priority"], case["impact"], case["urgency"]) == ("low", "medium", "low")

    def test_the_priority_follows_impact_and_urgency(self, people):
        case = make(people["stan"], "case")

        after = change(people["stan"], "case", case, impact="high")

        assert (case["priority"], after["priority"]) == ("normal", "high")

    def test_a_case_in_a_teams_queue_waits_for_somebody(self, people):
        with unit_of_work(SYSTEM) as work:
            north = work.session.scalars(select(Team).where(Team.name == "North")).one()
            queue = Queue(name="Repairs", team_id=north.id)
            work.session.add(queue)
            work.session.flush()
            ids = queue.id, north.id

        mine = make(people["stan"], "case", queue_id=ids[0])
        given = make(people["stan"], "case", queue_id=ids[0], owner_id=people["mona"].user_id)
        foreign = make(people["sue"], "case", queue_id=ids[0])

        assert (mine["owner_id"], mine["team_id"]) == (None, ids[1])
        assert given["owner_id"] == people["mona"].user_id
        # Who may not make cases for that team keeps theirs.
        assert foreign["owner_id"] == people["sue"].user_id

    def test_a_case_that_ended_before_is_stored_as_it_was(self, people):
        case = make(
            people["stan"],
            "case",
            status="closed",
            opened_at=NOW,
            resolved_at=NOW + timedelta(hours=2),
            closed_at=NOW + timedelta(days=1),
        )

        assert (case["resolved_at"], case["closed_at"]) == (NOW + timedelta(hours=2), NOW + timedelta(days=1))
        assert steps(case) == [(None, "closed")]

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"subject": " "}, "subject"),
            ({"status": "merged"}, "status"),
            ({"status": "lost"}, "status"),
            ({"resolved_at": NOW}, "resolved_at"),
            ({"opened_at": NOW, "first_response_at": NOW - timedelta(hours=1)}, "first_response_at"),
            ({"status": "closed", "opened_at": NOW, "closed_at": NOW - timedelta(hours=1)}, "resolved_at"),
            (
                {
                    "status": "closed",
                    "opened_at": NOW,
                    "resolved_at": NOW + timedelta(2),
                    "closed_at": NOW + timedelta(1),
                },
                "closed_at",
            ),
            ({"satisfaction": 6}, "satisfaction"),
            ({"impact": "huge"}, "impact"),
        ],
    )
    def test_wrong_values_are_refused_by_name(self, people, dump, values, field):
        before = dump()

        with pytest.raises(Refused) as refused:
            make(people["stan"], "case", **values)

        assert [p.field for p in refused.value.problems] == [field]
        assert dump() == before


class TestKept:
    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"status": "closed"}, "changes by a move"),
            ({"resolution_due_at": NOW}, "cannot be typed in"),
            ({"satisfaction": 5}, "cannot be typed in"),
            ({"resolved_at": NOW}, "cannot be typed in"),
            ({"reopened": 0, "first_response_at": NOW}, "cannot be typed in"),
        ],
    )
    def test_what_moves_and_customers_set_is_not_typed_in(self, people, dump, values, words):
        case = make(people["stan"], "case")
        before = dump()

        with pytest.raises(Refused, match=words):
            change(people["stan"], "case", case, **values)

        assert dump() == before

    def test_a_stale_form_is_told_both_values(self, people):
        case = make(people["stan"], "case")
        change(people["mona"], "case", case, subject="Grinder is silent")

        with pytest.raises(Conflict) as conflict:
            change(people["stan"], "case", case, subject="Grinder hums")

        assert conflict.value.theirs == {"subject": "Grinder is silent"}


class TestMoving:
    def test_the_whole_way_and_back(self, people):
        case = make(people["stan"], "case")

        solved = move(people["stan"], case, "open", "waiting", "open", "resolved", resolution="Cleaned it")
        closed = move(people["stan"], solved, "closed")
        again = move(people["stan"], closed, "open")

        assert (solved["resolution"], solved["resolved_at"] is None) == ("Cleaned it", False)
        assert closed["closed_at"] >= solved["resolved_at"]
        assert (again["status"], again["resolved_at"], again["closed_at"]) == ("open", None, None)
        assert again["reopened"] == 1
        assert steps(case) == [
            (None, "new"),
            ("new", "open"),
            ("open", "waiting"),
            ("waiting", "open"),
            ("open", "resolved"),
            ("resolved", "closed"),
            ("closed", "open"),
        ]

    def test_every_coming_back_is_counted(self, people):
        case = move(people["stan"], make(people["stan"], "case"), "resolved", "open", "resolved", "open")

        assert case["reopened"] == 2

    @pytest.mark.parametrize(
        ("way", "to"),
        [
            ((), "new"),
            ((), "merged"),
            ((), "lost"),
            (("open",), "new"),
            (("resolved",), "waiting"),
            (("resolved", "closed"), "resolved"),
            (("resolved", "closed"), "waiting"),
        ],
    )
    def test_a_move_that_is_not_allowed_leaves_nothing(self, people, dump, way, to):
        case = move(people["stan"], make(people["stan"], "case"), *way)
        before = dump()

        with pytest.raises(Refused, match="cannot become"):
            move(people["stan"], case, to)

        assert dump() == before

    def test_a_move_before_the_opening_is_refused(self, people, dump):
        case = make(people["stan"], "case")
        before = dump()

        with pytest.raises(Refused, match="opened later"):
            move(people["stan"], case, "open", at=case["opened_at"] - timedelta(minutes=1))

        assert dump() == before

    def test_a_stale_card_is_not_moved_over_somebody_elses_move(self, people):
        case = make(people["stan"], "case")
        move(people["mona"], case, "waiting")

        with pytest.raises(Conflict, match=r"“Waiting for customer” now, you chose “Resolved”"):
            move(people["stan"], case, "resolved", seen_version=case["version"])

    def test_a_repeated_move_counts_as_done(self, people):
        case = make(people["stan"], "case")

        first = move(people["stan"], case, "open", seen_version=case["version"])
        second = move(people["stan"], case, "open", seen_version=case["version"])

        assert first == second
        assert steps(case) == [(None, "new"), ("new", "open")]

    def test_whoever_solves_it_asks_the_customer_once(self, people, ana):
        case = make(people["stan"], "case", contact_id=ana["id"])

        move(people["stan"], case, "resolved", "open", "resolved")

        ((to, subject, text),) = outbox()
        assert (to, subject) == ("ana@casa.example", f"[{case['number']}] Grinder stops mid-dose")
        assert f"/rate/rate.{case['id']}." in text

    @pytest.mark.parametrize("who", ["vic", "sue"])
    def test_who_may_not_change_it_moves_nothing(self, people, dump, who):
        case = make(people["stan"], "case")
        before = dump()

        with pytest.raises((NotAllowed, NotFound)):
            move(people[who], case, "open")

        assert dump() == before


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
        with unit_of_work(SYSTEM) as work:
            work.session.add(AddressProblem(address="cy@nove.example", kind="bounce"))
        said = []
        for contact in (None, silent["id"], bounced["id"], ana["id"]):
            case = make(people["stan"], "case", contact_id=contact)
            do(people["stan"], cases.reply, case["id"], "Hello", key=f"k{contact}")
            with reading(people["stan"]) as session:
                said.append(hindrance(session, session.get(Case, case["id"])))

        assert said == [
            "This case names no contact, so nothing is mailed.",
            "Bo has no e-mail address, so nothing is mailed.",
            "Cy@nove.example does not take mail, so nothing is mailed.",
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


#: Texts that have broken programs: markup, control signs, other directions, other planes, length.
NAUGHTY = [
    "<script>alert(1)</script>",
    "![x](http://evil.example/a.png) **bold** :smile:",
    "'; DROP TABLE cases; --",
    "{{ 7*7 }} {% for x in y %} %s %n {0}",
    "\u202eabc\u202c \u200f\u0645\u0631\u062d\u0628\u0627",
    "👩‍🚒 ﷽ Ω≈ç√",
    "../../etc/passwd\r\nBcc: x@y.example",
    "x" * 10_000,
    "nul\x00byte",
    "half\ud800",
]


def tried(act):
    """What came of it, and the fields that were refused."""
    try:
        return act(), []
    except Refused as refused:
        return None, [p.field for p in refused.problems]


class TestNaughtyStrings:
    @pytest.mark.parametrize("text", NAUGHTY)
    @pytest.mark.parametrize("field", ["subject", "description", "fault_code", "resolution", "number"])
    def test_any_text_in_any_field_is_kept_as_it_is_or_refused_in_a_sentence(self, people, dump, field, text):
        before = dump()

        made, wrong = tried(lambda: make(people["stan"], "case", **{field: text}))

        assert wrong in ([], [field])
        assert dump() == before if wrong else made[field] == text.strip()

    @pytest.mark.parametrize("text", [*NAUGHTY, "", "  \n ", "x" * 20_001])
    def test_any_message_is_kept_as_it_is_or_refused_in_a_sentence(self, people, ana, dump, text):
        case = make(people["stan"], "case", contact_id=ana["id"])
        before = dump()
        acts = (
            lambda work: cases.reply(work, case["id"], text, key="r"),
            lambda work: cases.add_note(work, case["id"], text),
            lambda work: cases.customer_message(work, case["id"], text, key="c"),
        )

        _made, wrong = tried(lambda: [do(people["stan"], act) for act in acts])

        assert wrong in ([], ["text"])
        if wrong:
            assert dump() == before
        else:
            assert [m.text for m in view(people["stan"], case).messages] == [text.strip()] * 3


class TestScope:
    def test_another_team_finds_a_case_on_no_road(self, people, ana, dump):
        from crm import lists
        from crm.search import find_anything
        from crm.service import case_board
        from crm.service.case_merge import merge_cases
        from crm.service.case_queries import merge_choices

        case = make(people["stan"], "case", contact_id=ana["id"], description="It stops.")
        do(people["stan"], cases.add_note, case["id"], "Secret")
        own = make(people["sue"], "case", subject="Grinder of the South")
        before, sue = dump(), people["sue"]

        with reading(sue) as session:
            with pytest.raises(NotFound):
                read_case(session, case["id"], NOW)
            assert list(session.scalars(select(CaseMessage.body))) == []
            assert [m.case_id for m in session.scalars(select(CaseMove))] == [own["id"]]
            assert lists.list_rows(session, "case").total == 1
            assert [h.id for h in find_anything(session, "Grinder") if h.entity == "case"] == [own["id"]]
            columns = case_board.board(session, case_board.CaseFilters(), now=NOW)
            assert sum(c.count for c in columns) == 1
            assert [c.id for c in case_board.my_queue(session, NOW)] == [own["id"]]
            assert case_board.case_counts(session, NOW).open == 1
            assert merge_choices(session, own["id"], "Grinder") == ()
        acts = (
            lambda work: cases.move_case(work, case["id"], "open"),
            lambda work: cases.reply(work, case["id"], "Hello", key="k"),
            lambda work: cases.add_note(work, case["id"], "Hello"),
            lambda work: cases.customer_message(work, case["id"], "Hello", key="k"),
            lambda work: cases.take_case(work, case["id"]),
            lambda work: cases.rate_case(work, case["id"], 1, None, now=NOW),
            lambda work: merge_cases(work, own["id"], case["id"]),
            lambda work: merge_cases(work, case["id"], own["id"]),
            lambda work: records.get_record(work.session, "case", case["id"]),
        )
        for act in acts:
            with pytest.raises(NotFound):
                do(sue, act)
        assert dump() == before

    def test_a_viewer_reads_and_changes_nothing(self, people, dump):
        case = make(people["stan"], "case")
        before, vic = dump(), people["vic"]

        assert view(vic, case).record["subject"] == case["subject"]
        for act in (
            lambda work: cases.reply(work, case["id"], "Hello", key="k"),
            lambda work: cases.add_note(work, case["id"], "Hello"),
            lambda work: cases.take_case(work, case["id"]),
            lambda work: cases.assign_case(work, case["id"], vic.user_id),
        ):
            with pytest.raises((NotAllowed, Refused)):
                do(vic, act)
        assert dump() == before
