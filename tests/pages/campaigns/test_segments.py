"""Segments on screen: the rule builder counts as it changes, fixes, refuses, and filters contacts."""

import pytest
from sqlalchemy import select

from crm.campaigns.segments.segments import freeze_segment, save_rules
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Segment
from tests.factories import make
from tests.pages.grids import listed

BERLIN = {"of": "contact", "field": "city", "is": "equals", "value": "Berlin"}
WON = {
    "of": "deal",
    "has": "at_least",
    "n": 2,
    "where": {"of": "deal", "field": "status", "is": "equals", "value": "won"},
}


@pytest.fixture
def segment(actor_of):
    """Stan's segment of contacts in Berlin, with two contacts of whom one fits; its id."""
    stan = actor_of("stan")
    make(stan, "contact", name="Ana", city="Berlin")
    make(stan, "contact", name="Bo", city="Oslo")
    made = make(stan, "segment")
    with unit_of_work(stan) as work:
        save_rules(work, made["id"], BERLIN, seen_version=made["version"])
    return made["id"]


def texts(page):
    return "\n".join(
        str(p.value) for p in [*page.title, *page.markdown, *page.caption, *page.error, *page.warning]
    )


def button(page, label):
    return next(b for b in page.button if b.label == label)


def stored(segment_id):
    with reading(SYSTEM) as session:
        return session.get(Segment, segment_id)


def test_the_page_says_in_words_who_belongs_and_how_many(open_page, segment):
    page = open_page("segment", as_="stan", id=segment)

    assert not page.exception
    assert "Contacts: City is “Berlin”." in texts(page)
    assert "**1 contact fits**" in texts(page)
    assert list(listed(page)[0]["name"]) == ["Ana"]


def test_a_changed_condition_is_counted_at_once_and_stored_with_the_button(open_page, segment):
    page = open_page("segment", as_="stan", id=segment)
    value = next(s for s in page.selectbox if s.label == "Value")

    value.select("Oslo").run()
    counted = texts(page)
    button(page, "Save rules").click().run()

    assert "**1 contact fits**" in counted
    assert not page.exception
    assert stored(segment).rules == {"all": [BERLIN | {"value": "Oslo"}]}
    assert "City is “Oslo”" in texts(page)


def test_conditions_and_groups_are_added_and_removed(open_page, segment):
    page = open_page("segment", as_="stan", id=segment)

    button(page, "Condition").click().run()
    unfinished = texts(page)
    button(page, "Group").click().run()
    joins = [s for s in page.selectbox if s.label == "How conditions are joined"]
    drops = [b for b in page.button if b.help == "Remove"]
    drops[0].click().run()

    assert "1 condition is not finished" in unfinished
    assert len(joins) == 2
    assert "2 conditions are not finished" in texts(page)
    assert "**2 contacts fit**" in texts(page)
    assert not page.exception


def test_a_condition_on_deals_asks_for_their_fields(open_page, segment, actor_of):
    with unit_of_work(actor_of("stan")) as work:
        save_rules(work, segment, WON, seen_version=stored(segment).version)

    page = open_page("segment", as_="stan", id=segment)

    assert not page.exception
    assert "has at least 2 × deal where Status is Won" in texts(page)
    assert "**0 contacts fit**" in texts(page)
    about = next(s for s in page.selectbox if s.label == "About")
    about.select("case").run()
    assert not page.exception


def test_a_fixed_segment_shows_its_members_and_no_builder(open_page, segment, actor_of):
    with unit_of_work(actor_of("stan")) as work:
        freeze_segment(work, segment)

    page = open_page("segment", as_="stan", id=segment)

    assert not page.exception
    assert not [b for b in page.button if b.label == "Save rules"]
    assert "Fixed" in page.title[0].value


def test_a_viewer_reads_and_changes_nothing(open_page, segment):
    page = open_page("segment", as_="vic", id=segment)

    assert not page.exception
    assert not [b for b in page.button if b.label in ("Save rules", "Edit", "Condition")]
    assert "City is “Berlin”" in texts(page)


def test_another_teams_segment_and_a_wrong_address_show_a_sentence(open_page, segment):
    assert "There is no segment" in open_page("segment", as_="sue", id=segment).error[0].value
    assert len(open_page("segment", as_="stan", id="x").error) == 1


@pytest.mark.parametrize("screen", ["segments", "segment", "campaigns", "campaign"])
def test_nobody_sees_anything_without_a_session(open_page, screen):
    page = open_page(screen, as_=None, id=1)

    assert [title.value for title in page.title] == ["You are signed out"]


def test_the_list_shows_segments_and_says_when_there_are_none(open_page, actor_of):
    empty = open_page("segments", as_="sue")
    make(actor_of("sue"), "segment")
    filled = open_page("segments", as_="sue")

    assert "No segments yet" in texts(empty)
    assert list(listed(filled)[0]["name"]) == ["Customers in Berlin"]


def test_the_list_of_contacts_can_be_narrowed_to_a_segment(open_page, segment):
    page = open_page("contacts", as_="stan", contacts_in_segment="Customers in Berlin")

    assert not page.exception
    assert list(listed(page)[0]["name"]) == ["Ana"]


def test_a_segment_without_rules_is_everybody(open_page, actor_of):
    made = make(actor_of("stan"), "segment")

    page = open_page("segment", as_="stan", id=made["id"])

    assert "Every contact that is not archived." in texts(page)
    with reading(SYSTEM) as session:
        assert session.scalars(select(Segment.rules)).one() == {}
