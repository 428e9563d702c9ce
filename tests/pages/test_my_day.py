"""My day: shown, empty, refused, not signed in; tick, log, find."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from crm.clock import today
from crm.interactions.service import add_task
from crm.work import reading, unit_of_work
from db.models import Interaction, Task
from tests.factories import make
from tests.pages.grids import listed


def texts(app):
    return " ".join(
        [m.value for m in app.markdown] + [c.value for c in app.caption] + [t.value for t in app.title]
    )


def test_the_day_shows_tasks_and_deals(open_page, actor_of):
    with unit_of_work(actor_of("stan")) as work:
        add_task(work, title="Call Henrik", due_on=today())
    make(actor_of("stan"), "deal", title="Grinder swap")

    app = open_page("my_day", as_="stan")

    assert not app.exception
    assert "Stan" in app.title[0].value
    assert any("Call Henrik" in box.label for box in app.checkbox)
    assert "Grinder swap" in texts(app)


def test_all_my_tasks_are_those_that_the_link_opens(open_page, actor_of):
    for who, days in (("stan", 0), ("stan", 40), ("stan", None), ("sue", 0)):
        due = None if days is None else today() + timedelta(days=days)
        with unit_of_work(actor_of(who)) as work:
            add_task(work, title=f"{who} {days}", due_on=due)

    app = open_page("my_day", as_="stan")
    (link,) = [one.proto for one in app.get("page_link") if "open task" in one.proto.label]
    asked = dict(parse_qsl(link.query_string))
    page = open_page("tasks", as_="stan", **asked)

    assert "All my 3 open tasks" in link.label
    assert sorted(listed(page)[0]["title"]) == ["stan 0", "stan 40", "stan None"]


def test_an_empty_day_says_what_belongs_there(open_page, actor_of):
    assert "No deals yet" in texts(open_page("my_day", as_="stan"))
    make(actor_of("sue"), "deal", title="Grinder swap")

    app = open_page("my_day", as_="stan")

    assert not app.exception
    assert "Nothing due this week" in texts(app)
    assert "No deal waits" in texts(app)


def test_a_ticked_task_is_done(open_page, actor_of):
    with unit_of_work(actor_of("stan")) as work:
        add_task(work, title="Call Henrik", due_on=today())
    app = open_page("my_day", as_="stan")

    app.checkbox[0].check().run()

    with reading(actor_of("stan")) as session:
        assert session.query(Task).one().done_at is not None
    assert not any("Call Henrik" in box.label for box in app.checkbox)


def test_a_talk_without_a_word_is_refused_and_what_was_typed_stays(open_page, actor_of):
    ana = make(actor_of("stan"), "contact")
    app = open_page("my_day", as_="stan")
    save = "FormSubmitter:my_day_talk0_form-Save to timeline"

    app.text_input(key="my_day_talk0_step").input("Send the offer")
    app.button(key=save).click().run()

    told = " ".join(c.value for c in app.caption)
    assert "Say in a few words what it was about" in told
    assert "Say with whom or about what" in told
    assert app.text_input(key="my_day_talk0_step").value == "Send the offer"
    app.text_area(key="my_day_talk0_body").input("Talked about filters")
    app.selectbox(key="my_day_talk0_contact_id").select(ana["id"])
    app.button(key=save).click().run()
    with reading(actor_of("stan")) as session:
        talk, task = session.query(Interaction).one(), session.query(Task).one()
        assert (talk.subject, talk.contact_id) == ("Talked about filters", ana["id"])
        assert (task.title, task.contact_id) == ("Send the offer", ana["id"])


def test_a_moment_left_alone_is_the_moment_of_saving(open_page, actor_of, at_noon):
    ana = make(actor_of("stan"), "contact")
    app = open_page("my_day", as_="stan")
    at_noon.shift(timedelta(minutes=50))

    app.selectbox(key="my_day_talk0_contact_id").select(ana["id"])
    app.text_area(key="my_day_talk0_body").input("Talked about filters")
    app.button(key="FormSubmitter:my_day_talk0_form-Save to timeline").click().run()

    with reading(actor_of("stan")) as session:
        assert session.query(Interaction).one().happened_at == datetime(2026, 3, 10, 12, 50, tzinfo=UTC)


def test_a_viewer_sees_no_way_to_write(open_page):
    app = open_page("my_day", as_="vic")

    assert not app.exception
    assert not app.text_area
    assert not [b for b in app.button if b.label in ("New task", "Add")]


def test_nobody_sees_anything_without_a_session(open_page):
    app = open_page("my_day", as_=None)

    assert not app.checkbox
    assert "signed out" in app.title[0].value


def test_a_case_that_nobody_has_takes_no_deals_from_who_leads_the_sellers(open_page, actor_of):
    mona = actor_of("mona")
    make(actor_of("stan"), "deal", title="Machines for Lipa")
    make(mona, "case", subject="Grinder stops", owner_id=None, team_id=mona.teams[0])

    page = open_page("my_day", as_="mona")

    said = " ".join(m.value for m in page.markdown)
    assert not page.exception
    assert "Deals to move" in " ".join(
        [said, *(h.value for h in page.subheader), *(t.value for t in page.title)]
    )


def test_the_first_hour_stands_above_until_it_is_put_away(open_page, house):
    app = open_page("my_day")
    assert "first_hour_contact" in [button.key for button in app.button]

    open_page("sales")
    app = open_page("my_day")
    seen = [link.proto for link in app.get("page_link") if "dashboard" in link.proto.label]
    assert ["check_circle" in link.icon for link in seen] == [True]
    app.button(key="first_hour_away").click().run()

    assert not app.exception
    assert "first_hour_contact" not in [button.key for button in app.button]
    assert "first_hour_contact" not in [button.key for button in open_page("my_day", as_="stan").button]
