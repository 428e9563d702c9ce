"""Tasks: the next due first, done ones behind a switch, a drawer to tick off."""

from datetime import timedelta

from crm.clock import today
from crm.interactions.service import add_task, finish_task
from crm.work import unit_of_work
from tests.pages.grids import listed


def plan(actor, title, days, *, done=False):
    with unit_of_work(actor) as work:
        task_id = add_task(work, title=title, due_on=today() + timedelta(days=days))
        if done:
            finish_task(work, task_id=task_id, seen_version=1)


def titles(app):
    return list(listed(app)[0]["title"]) if listed(app) else []


def test_open_tasks_come_first_by_their_day(open_page, actor_of):
    plan(actor_of("stan"), "A later one", 9)
    plan(actor_of("stan"), "B the next one", 1)
    plan(actor_of("stan"), "C done", 0, done=True)

    app = open_page("tasks", as_="stan")

    assert not app.exception
    assert titles(app) == ["B the next one", "A later one"]


def test_done_tasks_stand_behind_a_switch(open_page, actor_of):
    plan(actor_of("stan"), "A open", 1)
    plan(actor_of("stan"), "B done", 0, done=True)

    app = open_page("tasks", as_="stan", tasks_ended="true")

    assert titles(app) == ["B done"]


def test_without_open_tasks_the_list_says_what_belongs_there(open_page):
    app = open_page("tasks", as_="stan")

    assert any("No tasks yet" in m.value for m in app.markdown)


def test_another_team_sees_none_of_them(open_page, actor_of):
    plan(actor_of("stan"), "Ours", 1)

    assert titles(open_page("tasks", as_="sue")) == []
    assert not listed(open_page("tasks", as_=None))
