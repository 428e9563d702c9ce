"""Deals and cases of other programs come in with the outcome and the days that their files tell."""

from datetime import UTC, date, datetime

from sqlalchemy import select

from crm.exchange.asking import wizard
from crm.exchange.storing.engine import run_import
from crm.work import reading
from db.models import Case, Deal, Stage
from tests.service.exchange.import_scene import stored

DEALS = (
    "Title,Organization,Value,Currency,Stage,Status,Deal created,Won time,Expected close date\n"
    "Ovens,Ida Bakery,100,EUR,{stage},Won,2026-02-01 10:00:00,2026-02-20 11:00:00,2026-02-28\n"
    "Racks,Ida Bakery,100,EUR,{stage},Lost,2026-02-01 10:00:00,2026-02-21 11:00:00,2026-02-28\n"
    "Trays,Ida Bakery,100,EUR,{stage},Open,2026-02-01 10:00:00,,2026-12-31\n"
)


def bring_in(actor, tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    drafts = wizard.drafts_of(actor, path.name, path)
    return run_import(actor, wizard.plan_of(drafts, name="Test"), {path.name: path})


def first_open(actor):
    with reading(actor) as session:
        return session.scalars(select(Stage.name).where(Stage.kind == "open").order_by(Stage.id)).first()


def test_a_deal_called_won_or_lost_beside_its_last_stage_comes_in_closed(people, tmp_path):
    ada = people["ada"]
    report = bring_in(ada, tmp_path, "deals.csv", DEALS.format(stage=first_open(ada)))

    assert report.failed == 0, report.steps[0].examples
    assert stored(ada, Deal, "title", "status", "opened_on", "closed_on") == [
        ("Ovens", "won", date(2026, 2, 1), date(2026, 2, 20)),
        ("Racks", "lost", date(2026, 2, 1), date(2026, 2, 21)),
        ("Trays", "open", date(2026, 2, 1), None),
    ]
    with reading(ada) as session:
        kinds = session.execute(select(Stage.kind).join(Deal, Deal.stage_id == Stage.id).order_by(Deal.id))
        assert list(kinds.scalars()) == ["won", "lost", "open"]


def test_a_case_was_opened_when_its_ticket_was_made(people, tmp_path):
    ada = people["ada"]
    text = "Ticket ID,Subject,Status,Created at\nT1,No heat,Open,2026-02-03 09:12:00+00:00\n"

    assert bring_in(ada, tmp_path, "tickets.csv", text).failed == 0
    assert stored(ada, Case, "opened_at") == [(datetime(2026, 2, 3, 9, 12, tzinfo=UTC),)]


def test_the_day_of_a_sale_and_that_of_a_loss_stand_in_two_columns(people, tmp_path):
    ada = people["ada"]
    text = (
        "Title,Organization,Value,Currency,Stage,Status,Won time,Lost time\n"
        "Ovens,Ida Bakery,100,EUR,{stage},Won,2026-02-20 11:00:00,\n"
        "Racks,Ida Bakery,100,EUR,{stage},Lost,,2026-02-21 11:00:00\n"
    )
    assert bring_in(ada, tmp_path, "deals.csv", text.format(stage=first_open(ada))).failed == 0
    assert stored(ada, Deal, "status", "closed_on") == [
        ("won", date(2026, 2, 20)),
        ("lost", date(2026, 2, 21)),
    ]
