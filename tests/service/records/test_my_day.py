"""My day: only mine, the most urgent first; news only about what I may see."""

from datetime import UTC, date, datetime, timedelta

from crm.clock import today
from crm.interactions.my_day import due_tasks, news
from crm.interactions.service import add_task, finish_task, log_talk
from crm.pipeline.my_day import deals_to_move, monthly_goal
from crm.pipeline.targets import set_target
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Deal, Interaction, Rate, Stage, Task
from tests.factories import change, make

TODAY = today()
NOW = datetime.now(UTC)


def read(actor, what, **options):
    with reading(actor) as session:
        return what(session, **options)


def stage_named(kind):
    with reading(SYSTEM) as session:
        return session.query(Stage).filter(Stage.kind == kind).order_by(Stage.position).first().id


def test_deals_to_move_are_compared_in_one_currency(people):
    stan = people["stan"]
    with unit_of_work(SYSTEM) as work:
        work.session.add_all(
            [Rate(currency="DKK", day=TODAY, rate=0.13), Rate(currency="JPY", day=TODAY, rate=0.006)]
        )
    for currency, minor in (("DKK", 2_000_00), ("EUR", 1_000_00), ("JPY", 100_000), ("CHF", 9_000_00)):
        make(stan, "deal", title=currency, amount_minor=minor, currency=currency)

    deals = read(stan, deals_to_move, today=TODAY, now=NOW)

    assert [d.title for d in deals] == ["EUR", "JPY", "DKK", "CHF"]


def test_late_tasks_come_first_and_other_peoples_and_done_ones_never(people):
    stan = people["stan"]
    with unit_of_work(stan) as work:
        add_task(work, title="Tomorrow", due_on=TODAY + timedelta(days=1))
        add_task(work, title="Late", due_on=TODAY - timedelta(days=2))
        add_task(work, title="In a month", due_on=TODAY + timedelta(days=30))
        done = add_task(work, title="Done", due_on=TODAY)
        finish_task(work, task_id=done, seen_version=1)
        add_task(work, title="For Mona", due_on=TODAY, owner_id=people["mona"].user_id)

    tasks, count, late = read(stan, due_tasks, today=TODAY)

    assert [t.title for t in tasks] == ["Late", "Tomorrow"]
    assert (count, late) == (2, 1)


def test_late_tasks_are_counted_beyond_those_that_are_listed(people):
    with unit_of_work(people["stan"]) as work:
        for at in range(5):
            add_task(work, title=f"Late {at}", due_on=TODAY - timedelta(days=1))

    tasks, count, late = read(people["stan"], due_tasks, today=TODAY, limit=3)

    assert (len(tasks), count, late) == (3, 5, 5)


def test_deals_to_move_say_why_most_expected_money_first(people):
    stan = people["stan"]
    make(stan, "deal", title="Planned", next_step="Call", next_step_on=TODAY + timedelta(days=3))
    make(stan, "deal", title="No step", amount_minor=900_00)
    make(stan, "deal", title="Step due", amount_minor=500_00, next_step="Send offer", next_step_on=TODAY)
    make(stan, "deal", title="Close date passed", amount_minor=100_00, next_step_on=TODAY + timedelta(days=9),
         expected_close_on=TODAY - timedelta(days=1))  # fmt: skip
    stale = make(stan, "deal", title="Stale", amount_minor=50_00, next_step_on=TODAY + timedelta(days=9))
    with unit_of_work(SYSTEM) as work:
        work.session.get(Deal, stale["id"]).stage_since = NOW - timedelta(days=60)
    make(people["sue"], "deal", title="Somebody else's")

    deals = read(stan, deals_to_move, today=TODAY, now=NOW)

    assert [(d.title, d.reason) for d in deals] == [
        ("No step", "no_step"), ("Step due", "step"), ("Close date passed", "late"), ("Stale", "stale"),
    ]  # fmt: skip


def test_the_goal_is_the_sum_of_my_won_deals_of_this_month(people):
    stan, won = people["stan"], stage_named("won")
    make(stan, "deal", stage_id=won, amount_minor=100_00, closed_on=TODAY, opened_on=TODAY)
    make(stan, "deal", stage_id=won, amount_minor=40_00, closed_on=TODAY, opened_on=TODAY)
    make(
        stan, "deal", stage_id=won, amount_minor=7_00, opened_on=date(2020, 1, 1), closed_on=date(2020, 1, 2)
    )
    make(people["sue"], "deal", stage_id=won, amount_minor=5_00, closed_on=TODAY, opened_on=TODAY)
    with unit_of_work(people["mona"]) as work:
        set_target(
            work, month=TODAY.replace(day=1), amount_minor=500_00, currency="EUR", user_id=stan.user_id
        )

    goal = read(stan, monthly_goal, today=TODAY)

    assert (goal.won_minor, goal.deals, goal.target_minor) == (140_00, 2, 500_00)
    assert goal.by_day[-1] == 140_00
    assert read(people["mona"], monthly_goal, today=TODAY, everyone=True).won_minor == 145_00


def test_news_tells_what_others_did_and_only_about_records_in_scope(people):
    ours = make(people["mona"], "organisation", name="Ours", team_id=people["stan"].teams[0])
    make(people["sue"], "organisation", name="Theirs")
    change(people["mona"], "organisation", ours, sector="Hotels")
    make(people["stan"], "organisation", name="My own doing")

    items = read(people["stan"], news, now=NOW)

    assert [(n.title, n.who, n.op) for n in items] == [("Ours", "Mona", "U")]
    assert items[0].fields == ("Sector",)


def test_a_talk_stands_on_the_pages_of_contact_and_organisation_and_its_task_is_planned(people):
    stan = people["stan"]
    casa = make(stan, "organisation")
    ana = make(stan, "contact", organisation_id=casa["id"])

    with unit_of_work(stan) as work:
        log_talk(work, kind="call", subject="", body="Wants two more machines.\nCall again.", contact_id=ana["id"],
                 next_task="Send the offer", next_due_on=TODAY)  # fmt: skip

    with reading(stan) as session:
        talk, task = session.query(Interaction).one(), session.query(Task).one()
    assert (talk.subject, talk.contact_id, talk.organisation_id) == (
        "Wants two more machines.",
        ana["id"],
        casa["id"],
    )
    assert (task.title, task.contact_id, task.owner_id) == ("Send the offer", ana["id"], stan.user_id)
