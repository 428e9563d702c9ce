"""The screen Social: calendar, posts, analysis, and the drawer's counts."""

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from crm.analytics.posts import Ratio
from crm.records import records
from crm.ui.social.analysis import paid_sentence
from crm.work import reading, unit_of_work
from tests.factories import make
from tests.pages.grids import listed


def made_posts(actor, count, **values):
    for number in range(count):
        post = {
            "title": f"Post {number}",
            "status": "published",
            "weekday": number % 7 + 1,
            "hour": 9,
            **values,
        }
        with unit_of_work(actor) as work:
            records.create_record(work, "social_post", {"interactions": 10 + number, "reach": 1000} | post)


def texts(app):
    return [m.value for m in app.markdown] + [c.value for c in app.caption]


def test_the_calendar_shows_the_posts_of_the_month_in_the_address(open_page, actor_of):
    account = make(actor_of("stan"), "social_account", name="Kavarna", network="x")
    when = datetime(2030, 5, 7, 8, 30, tzinfo=UTC)
    make(
        actor_of("stan"), "social_post", title="![x](http://evil.example) beans", account_id=account["id"],
        status="planned", planned_at=when,
    )  # fmt: skip

    app = open_page("social", as_="stan", social_month="2030-05")

    assert not app.exception
    said = " ".join(texts(app))
    assert "beans" in said
    assert "![x](http" not in said
    assert "10:30 · Kavarna" in said


@pytest.mark.parametrize("month", ["2030-13", "soon", "", "9999-99", "2030-05-07"])
def test_a_month_that_is_none_is_this_one(open_page, month):
    app = open_page("social", as_="stan", social_month=month)

    assert not app.exception
    assert any("Nothing is planned then." in c.value for c in app.caption)


def test_posts_stand_in_a_list_newest_first(open_page, actor_of):
    for title, at in (("Old", 1), ("New", 9)):
        made_posts(actor_of("stan"), 1, title=title, published_at=datetime(2026, 3, at, tzinfo=UTC))

    app = open_page("social", as_="stan", social_view="Posts")

    assert not app.exception
    assert list(listed(app)[0]["title"]) == ["New", "Old"]


def test_the_analysis_says_how_many_posts_each_value_rests_on(open_page, actor_of):
    made_posts(actor_of("stan"), 14, kind="photo", is_paid=False)
    made_posts(actor_of("stan"), 7, kind="video", is_paid=True)

    app = open_page("social", as_="stan", social_view="Analysis")

    assert not app.exception
    said = " ".join(texts(app))
    assert "All 21 posts" in said
    assert "7 paid, 14 not paid" in said
    assert "Which kind gets most?" in said


def test_few_posts_are_said_and_nothing_is_drawn(open_page, actor_of):
    made_posts(actor_of("stan"), 4)

    app = open_page("social", as_="stan", social_view="Analysis")

    assert not app.exception
    assert any("4 published posts have this number" in m for m in texts(app))
    assert not app.get("plotly_chart")


def test_another_team_and_nobody_see_no_posts(open_page, actor_of):
    made_posts(actor_of("stan"), 9)

    assert not listed(open_page("social", as_="sue", social_view="Posts"))
    assert not listed(open_page("social", as_=None, social_view="Posts"))


def test_a_viewer_is_offered_no_new_post(open_page):
    app = open_page("social", as_="vic")

    assert not app.exception
    assert [b.key for b in app.button if b.key in ("social_new", "social_account_new")] == []


def bare(actor, post):
    import streamlit as st

    from crm.ui.social.post import _inputs, _preview, _store, full_text

    entered = _inputs(actor, "post", post or {})
    _preview("x", full_text(entered["body"], entered["link"]))
    if st.button("Save", key="save") and _store(actor, post, entered):
        st.success("stored")


@pytest.fixture
def drawer(actor_of):
    """What stands in the drawer, on a bare page: a drawer runs by itself, which AppTest cannot do."""

    def draw(post=None, as_="stan"):
        kwargs = {"actor": actor_of(as_), "post": post}
        return AppTest.from_function(bare, kwargs=kwargs, default_timeout=30).run()

    return draw


def test_what_is_typed_is_counted_at_once_and_shown_as_it_reads(drawer):
    page = drawer()

    page.text_area(key="post_body").set_value("*New* beans " + "a" * 280).run()

    assert any("X 292 / 280" in m.value for m in page.markdown)
    assert any("Shorten it by 12" in c.value for c in page.caption)
    assert page.text[0].value.startswith("*New* beans")


def test_a_refused_post_keeps_what_was_typed(drawer, actor_of):
    page = drawer()
    page.text_input(key="post_title").set_value("New beans")
    page.selectbox(key="post_status").set_value("planned")

    page.button(key="save").click().run()

    assert not page.success
    assert any("Choose the account" in e.value for e in page.error)
    assert page.text_input(key="post_title").value == "New beans"


def test_a_post_is_changed_and_a_stale_change_is_refused(drawer, actor_of):
    post = make(actor_of("stan"), "social_post", planned_at=datetime(2030, 5, 7, 8, 30, 12, tzinfo=UTC))
    page = drawer(post)

    page.text_area(key="post_body").set_value("Words")
    page.button(key="save").click().run()

    assert page.success
    with reading(actor_of("stan")) as session:
        stored = records.get_record(session, "social_post", post["id"])
    assert (stored["body"], stored["planned_at"], stored["version"]) == ("Words", post["planned_at"], 2)
    page.text_area(key="post_body").set_value("Other words")
    page.button(key="save").click().run()
    assert any("Someone else changed this post" in e.value for e in page.error)


def test_the_sentence_claims_no_more_than_the_numbers():
    clear = paid_sentence(Ratio(1.52, 1.1, 2.1, 0.00001, 139, 360), "Interactions", 139, 360)
    unclear = paid_sentence(Ratio(1.2, 0.9, 1.6, 0.2, 20, 40), "Interactions", 20, 40)
    few = paid_sentence(None, "Interactions", 3, 40)

    assert "1.52 times" in clear
    assert "p < 0.001" in clear
    assert "does not say that paying did it" in clear
    assert unclear.startswith("No clear difference")
    assert "3 paid and 40 not; 5 of each are needed" in few
