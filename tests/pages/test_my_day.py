"""My day: shown, empty, refused, not signed in; tick, log, find."""

from crm.clock import today
from crm.interactions.service import add_task
from crm.work import reading, unit_of_work
from db.models import Interaction, Task
from tests.factories import make


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


def test_an_empty_day_says_what_belongs_there(open_page):
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
    app = open_page("my_day", as_="stan")

    app.text_input(key="my_day_talk_step").input("Send the offer")
    app.button(key="FormSubmitter:my_day_talk_form-Save to timeline").click().run()

    assert any("Nothing was written down" in e.value for e in app.error)
    assert app.text_input(key="my_day_talk_step").value == "Send the offer"
    app.text_area(key="my_day_talk_text").input("Talked about filters")
    app.button(key="FormSubmitter:my_day_talk_form-Save to timeline").click().run()
    with reading(actor_of("stan")) as session:
        assert session.query(Interaction).one().subject == "Talked about filters"
        assert session.query(Task).one().title == "Send the offer"


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
