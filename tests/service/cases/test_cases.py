"""Cases: made, changed and moved; what is refused leaves nothing behind."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.errors import Conflict, NotAllowed, NotFound, Refused
from crm.work import SYSTEM, unit_of_work
from db.models import Queue, Team
from tests.factories import change, make
from tests.service.cases.case_scene import NOW, move, outbox, steps


@pytest.fixture
def ana(people):
    """A contact of Stan's organisation with an address."""
    firm = make(people["stan"], "organisation")
    return make(people["stan"], "contact", email="ana@casa.example", organisation_id=firm["id"])


@pytest.fixture
def queues(people):
    """A queue of each team, by the team's name."""
    with unit_of_work(SYSTEM) as work:
        teams = work.session.scalars(select(Team)).all()
        made = {team.name: Queue(name=f"Repairs {team.name}", team_id=team.id) for team in teams}
        work.session.add_all(made.values())
    return made


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

    def test_a_case_in_a_teams_queue_waits_for_somebody(self, people, queues):
        mine = make(people["stan"], "case", queue_id=queues["North"].id)
        given = make(people["stan"], "case", queue_id=queues["North"].id, owner_id=people["mona"].user_id)
        foreign = make(people["sue"], "case", queue_id=queues["North"].id)

        assert (mine["owner_id"], mine["team_id"]) == (None, queues["North"].team_id)
        assert given["owner_id"] == people["mona"].user_id
        # Who may not make cases for that team keeps theirs.
        assert foreign["owner_id"] == people["sue"].user_id

    def test_an_unowned_case_goes_to_the_team_of_its_new_queue(self, people, queues):
        free = make(people["ada"], "case", queue_id=queues["North"].id)
        owned = make(people["ada"], "case", owner_id=people["stan"].user_id)

        moved = [change(people["ada"], "case", case, queue_id=queues["South"].id) for case in (free, owned)]

        assert [(c["owner_id"], c["team_id"]) for c in moved] == [
            (None, queues["South"].team_id),
            (people["stan"].user_id, queues["North"].team_id),
        ]

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

    def test_a_number_stands_once(self, people, dump):
        make(people["stan"], "case", number="T-1")
        before = dump()

        with pytest.raises(Refused, match="Another record has this number already"):
            make(people["stan"], "case", number="T-1")

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
