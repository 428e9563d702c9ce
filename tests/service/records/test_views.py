"""Views of lists: whose they are, who may make them, what becomes of them."""

import pytest

from crm.errors import Conflict, NotAllowed, NotFound, Refused
from crm.records.listing.views import (
    Habit,
    View,
    delete_view,
    habit,
    keep,
    may_write,
    pinned,
    save_view,
    views,
)
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Team, User


def do(actor, step, *args, **more):
    with unit_of_work(actor) as work:
        return step(work, *args, **more)


def kept(actor, name, **more):
    return do(
        actor, save_view, View(None, more.pop("entity", "contact"), name, more.pop("state", {}), **more)
    )


def names(actor, entity="contact"):
    with reading(actor) as session:
        return [view.name for view in views(session, entity)]


def team(name):
    from sqlalchemy import select

    with unit_of_work(SYSTEM) as work:
        return work.session.scalar(select(Team.id).where(Team.name == name))


def test_own_the_teams_and_everybodys_are_offered_own_ones_first(people):
    kept(people["stan"], "Stan's")
    kept(people["stan"], "North", reach="team")
    kept(people["ada"], "All", reach="all")
    kept(people["stan"], "Deals", entity="deal")

    assert names(people["stan"]) == ["Stan's", "North", "All"]
    assert names(people["mona"]) == ["North", "All"]
    assert names(people["sue"]) == ["All"]
    assert names(people["stan"], "deal") == ["Deals"]


@pytest.mark.parametrize(
    ("who", "reach", "problem"),
    [("vic", "team", NotAllowed), ("stan", "all", NotAllowed), ("vic", "all", NotAllowed)],
)
def test_who_may_not_speak_for_others_makes_none_for_them(people, who, reach, problem):
    with pytest.raises(problem):
        kept(people[who], "For all of us", reach=reach)
    kept(people[who], "For me")


def test_a_view_for_a_team_of_others_is_refused(people):
    with pytest.raises(NotAllowed):
        kept(people["sue"], "North", reach="team", team_id=team("North"))


def test_nobody_changes_or_takes_away_what_is_not_theirs(people):
    own, everybodys = kept(people["stan"], "Mine"), kept(people["ada"], "All", reach="all")

    for who, one, problem in (("mona", own, NotFound), ("stan", everybodys, NotAllowed)):
        with pytest.raises(problem):
            do(people[who], save_view, View(one, "contact", "Other", {}, version=1))
        with pytest.raises(problem):
            do(people[who], delete_view, one)
    with pytest.raises(NotAllowed):
        do(people["stan"], save_view, View(own, "contact", "Mine", {}, reach="all", version=1))
    assert names(people["stan"]) == ["Mine", "All"]


@pytest.mark.parametrize(
    ("name", "state"), [("", {}), (" \n", {}), ("x" * 61, {}), ("a\0b", {}), ("Long", {"q": "x" * 30_000})]
)
def test_a_view_needs_a_name_and_keeps_within_bounds(people, name, state):
    with pytest.raises(Refused):
        kept(people["stan"], name, state=state)


def test_a_name_stands_once_among_those_who_share_it(people):
    kept(people["stan"], "Late ones")
    kept(people["stan"], "Late ones", reach="team")
    kept(people["mona"], "Late ones")

    with pytest.raises(Refused, match="already"):
        kept(people["mona"], " late  ONES ", reach="team")


def test_two_who_change_a_view_at_once_are_told(people):
    one = kept(people["stan"], "North", reach="team")
    do(people["stan"], save_view, View(one, "contact", "North", {"q": "a"}, "team", team("North"), version=1))

    with pytest.raises(Conflict):
        do(people["mona"], save_view, View(one, "contact", "North", {}, "team", team("North"), version=1))


def test_a_view_that_went_is_in_nobodys_menu(people):
    one = kept(people["ada"], "All", reach="all")
    do(people["sue"], keep, "contact", pinned=(one,), default=one)
    with reading(people["sue"]) as session:
        assert [view.name for view in pinned(session)] == ["All"]

    do(people["ada"], delete_view, one)

    with reading(people["sue"]) as session:
        assert pinned(session) == []


def test_what_somebody_made_for_the_team_stays_when_they_leave(people):
    kept(people["stan"], "North", reach="team")
    kept(people["stan"], "Own")
    with unit_of_work(SYSTEM) as work:
        work.session.get(User, people["stan"].user_id).is_active = False

    assert names(people["mona"]) == ["North"]
    with reading(people["mona"]) as session:
        assert may_write(people["mona"], views(session, "contact")[0])


def test_what_a_person_keeps_of_a_list_is_theirs_alone(people):
    do(people["stan"], keep, "contact", columns=("name", "city"))
    do(people["stan"], keep, "contact", rows=50)

    with reading(people["stan"]) as session:
        assert habit(session, "contact") == Habit(("name", "city"), 50)
        assert habit(session, "deal") == Habit()
    with reading(people["sue"]) as session:
        assert habit(session, "contact") == Habit()


def test_the_menu_takes_so_many(people):
    with pytest.raises(Refused, match="12"):
        do(people["stan"], keep, "contact", pinned=tuple(range(1, 14)))
