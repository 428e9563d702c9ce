"""Moving, winning and losing deals, on both databases."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.errors import Conflict, CrmError, Refused
from crm.exchange.storing.engine import run_import
from crm.exchange.storing.plan import Plan, Step
from crm.pipeline import service
from crm.pipeline.deal_page import loss_reasons, read_deal, stays
from crm.pipeline.my_day import deals_to_move
from crm.pipeline.service import close_deal, reopen_deal
from crm.pipeline.stages import StageForm, read_pipelines, save_pipeline
from crm.records import records
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Deal, Stage
from tests.service.pipeline.pipeline_hands import NOON, TODAY, columns, deal, move, order, stored


def test_a_move_changes_stage_and_keeps_the_way(stages, at_noon):
    made = deal(stages)
    at_noon.shift(timedelta(days=3))

    moved = move(made["id"], stages["Offer sent"], made["version"])

    assert (moved.stage, moved.version, moved.status) == ("Offer sent", made["version"] + 1, "open")
    with reading(SYSTEM) as session:
        way = stays(session, stored(made["id"]), NOON + timedelta(days=4))
    assert [(s.stage, s.days, s.ended) for s in way] == [("Qualification", 3, True), ("Offer sent", 1, False)]


def test_a_slip_back_and_forth_does_not_restart_the_clock(stages, at_noon):
    made = deal(stages)
    with unit_of_work(SYSTEM) as work:
        work.session.get(Stage, stages["Qualification"]).stale_after_days = 14
    at_noon.shift(timedelta(days=110))
    moved = move(made["id"], stages["Offer sent"], made["version"])
    at_noon.shift(timedelta(minutes=40))

    move(made["id"], stages["Qualification"], moved.version)

    later = NOON + timedelta(days=111, hours=1)
    (card,) = columns(stages, now=later)["Qualification"].cards
    assert (card.days_in_stage, card.flag) == (111, "stale")
    assert [c.id for c in columns(stages, now=later, only=("stale",))["Qualification"].cards] == [made["id"]]
    with reading(SYSTEM) as session:
        view = read_deal(session, made["id"], now=later, today=later.date())
        (mine,) = deals_to_move(session, now=later, today=later.date(), everyone=True)
    assert (view.days_in_stage, view.flag, mine.days_in_stage) == (111, "stale", 111)
    assert [(s.stage, s.since - NOON) for s in view.stays] == [
        ("Qualification", timedelta()),
        ("Offer sent", timedelta(days=110)),
        ("Qualification", timedelta(days=110, minutes=40)),
    ]


def test_stays_add_up_over_a_long_way_and_a_reopening(stages, at_noon):
    made = deal(stages)
    for days, stage in ((5, "Offer sent"), (7, "Won"), (30, "Offer sent"), (2, "Qualification")):
        at_noon.shift(timedelta(days=days))
        move(made["id"], stages[stage], stored(made["id"])["version"])
    at_noon.shift(timedelta(days=1))

    move(made["id"], stages["Offer sent"], stored(made["id"])["version"])

    (card,) = columns(stages, now=NOON + timedelta(days=49))["Offer sent"].cards
    assert card.days_in_stage == 7 + 2 + (49 - 45)


def test_a_win_that_is_dated_back_gives_no_stay_of_its_own(stages, at_noon):
    made = deal(stages, opened_on=TODAY - timedelta(days=20))
    at_noon.shift(timedelta(days=2))
    with unit_of_work(SYSTEM) as work:
        values = {"stage_id": stages["Won"], "closed_on": TODAY - timedelta(days=9)}
        records.update_record(work, "deal", made["id"], values, seen_version=made["version"])
    at_noon.shift(timedelta(days=2))

    move(made["id"], stages["Qualification"], stored(made["id"])["version"])

    with reading(SYSTEM) as session:
        way = stays(session, stored(made["id"]), NOON + timedelta(days=5))
    assert (way[0].stage, way[0].days) == ("Qualification", 11)
    (card,) = columns(stages, now=NOON + timedelta(days=5))["Qualification"].cards
    assert card.days_in_stage == 11 + 1


def test_the_same_move_twice_counts_as_done_once(stages):
    made = deal(stages)
    first = move(made["id"], stages["Offer sent"], made["version"])

    again = move(made["id"], stages["Offer sent"], made["version"])

    assert again == first
    with reading(SYSTEM) as session:
        assert len(stays(session, stored(made["id"]), NOON)) == 2


def test_a_stale_move_names_both_stages_and_changes_nothing(stages):
    made = deal(stages)
    move(made["id"], stages["Negotiation"], made["version"])

    with pytest.raises(Conflict) as refused:
        move(made["id"], stages["Offer sent"], made["version"])

    assert refused.value.mine == {"stage_id": "Offer sent"}
    assert refused.value.theirs == {"stage_id": "Negotiation"}
    assert "Negotiation" in refused.value.message
    assert "Offer sent" in refused.value.message
    assert stored(made["id"])["stage_id"] == stages["Negotiation"]


def test_two_people_moving_one_deal_at_once_lose_nothing(stages):
    made = deal(stages)
    results, start = {}, threading.Barrier(2)

    def act(stage):
        start.wait()
        try:
            results[stage] = move(made["id"], stages[stage], made["version"])
        except CrmError as problem:
            results[stage] = problem

    people = [threading.Thread(target=act, args=(stage,)) for stage in ("Offer sent", "Negotiation")]
    for person in people:
        person.start()
    for person in people:
        person.join()

    (winner,) = [name for name, result in results.items() if not isinstance(result, CrmError)]
    (loser,) = [result for result in results.values() if isinstance(result, CrmError)]
    assert isinstance(loser, Conflict)
    assert stored(made["id"])["stage_id"] == stages[winner]
    with reading(SYSTEM) as session:
        assert [s.stage for s in stays(session, stored(made["id"]), NOON)] == ["Qualification", winner]


def test_many_people_moving_many_deals_at_once_lose_nothing(stages):
    made = [deal(stages, title=f"Deal {n}") for n in range(12)]
    problems = []

    def act(mine):
        for one in mine:
            try:
                move(one["id"], stages["Offer sent"], one["version"], before=None)
            except CrmError as problem:
                problems.append(problem)

    people = [threading.Thread(target=act, args=(made[n::4],)) for n in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert problems == []
    assert columns(stages)["Offer sent"].count == 12


def test_an_edit_on_a_stale_screen_shows_both_values(stages):
    made = deal(stages)
    with unit_of_work(SYSTEM) as work:
        records.update_record(work, "deal", made["id"], {"next_step": "Call"}, seen_version=made["version"])

    with pytest.raises(Conflict) as refused, unit_of_work(SYSTEM) as work:
        records.update_record(work, "deal", made["id"], {"next_step": "Mail"}, seen_version=made["version"])

    assert (refused.value.mine, refused.value.theirs) == ({"next_step": "Mail"}, {"next_step": "Call"})


def test_a_card_lands_where_it_was_dropped(stages):
    made = {name: deal(stages, title=name) for name in "ABCD"}

    move(made["D"]["id"], stages["Qualification"], made["D"]["version"], before=made["B"]["id"])

    assert order(stages) == ["A", "D", "B", "C"]
    assert stored(made["B"]["id"])["version"] == made["B"]["version"]


def test_a_card_dropped_into_a_crowded_column_stays_in_sight(stages, monkeypatch):
    monkeypatch.setattr(service, "VISIBLE", 3)
    for n in range(5):
        deal(stages, title=f"Old {n}", stage="Negotiation")
    made = deal(stages, title="New")

    move(made["id"], stages["Negotiation"], made["version"])

    assert order(stages, "Negotiation").index("New") == 2


def test_a_deal_stays_in_its_pipeline(stages):
    with unit_of_work(SYSTEM) as work:
        forms = [StageForm(None, n, k, 0.5, None) for n, k in (("A", "open"), ("B", "won"), ("C", "lost"))]
        other = save_pipeline(work, pipeline_id=None, name="Rental", stages=forms)
        foreign = next(p for p in read_pipelines(work.session) if p.id == other).stages[0].id
    made = deal(stages)

    with pytest.raises(Refused, match="another pipeline"):
        move(made["id"], foreign, made["version"])


def test_a_stage_chosen_in_the_form_takes_the_deal_to_its_pipeline(stages):
    with unit_of_work(SYSTEM) as work:
        forms = [StageForm(None, n, k, 0.5, None) for n, k in (("A", "open"), ("B", "won"), ("C", "lost"))]
        other = save_pipeline(work, pipeline_id=None, name="Rental", stages=forms)
        foreign = next(p for p in read_pipelines(work.session) if p.id == other).stages[0].id
    made = deal(stages)

    with unit_of_work(SYSTEM) as work:
        records.update_record(work, "deal", made["id"], {"stage_id": foreign}, seen_version=made["version"])

    assert (stored(made["id"])["pipeline_id"], stored(made["id"])["stage_id"]) == (other, foreign)


def test_a_lost_deal_needs_a_reason_and_keeps_the_note(stages, at_noon):
    made = deal(stages, notes="First talk went well.")
    with pytest.raises(Refused, match="why the deal was lost"), unit_of_work(SYSTEM) as work:
        close_deal(work, deal_id=made["id"], won=False, seen_version=made["version"])

    with unit_of_work(SYSTEM) as work:
        reason = next(iter(loss_reasons(work.session)))
        close_deal(
            work,
            deal_id=made["id"],
            won=False,
            seen_version=made["version"],
            loss_reason_id=reason,
            note="Too dear.",
        )

    now = stored(made["id"])
    assert (now["status"], now["loss_reason_id"], now["closed_on"]) == ("lost", reason, TODAY)
    assert now["notes"] == "First talk went well.\n\nToo dear."


def test_the_reason_of_a_card_dropped_into_lost_is_given_afterwards(stages):
    made = deal(stages)
    moved = move(made["id"], stages["Lost"], made["version"])

    with unit_of_work(SYSTEM) as work:
        reason = next(iter(loss_reasons(work.session)))
        close_deal(work, deal_id=made["id"], won=False, seen_version=moved.version, loss_reason_id=reason)

    assert stored(made["id"])["loss_reason_id"] == reason
    with reading(SYSTEM) as session:
        assert [s.stage for s in stays(session, stored(made["id"]), NOON)] == ["Qualification", "Lost"]


def test_reopening_returns_to_the_stage_before_and_clears_the_end(stages):
    made = deal(stages)
    moved = move(made["id"], stages["Negotiation"], made["version"])
    with unit_of_work(SYSTEM) as work:
        won = close_deal(work, deal_id=made["id"], won=True, seen_version=moved.version)

    with unit_of_work(SYSTEM) as work:
        back = reopen_deal(work, deal_id=made["id"], seen_version=won.version)

    now = stored(made["id"])
    assert (back.stage, now["status"], now["closed_on"], now["loss_reason_id"]) == (
        "Negotiation",
        "open",
        None,
        None,
    )
    with pytest.raises(Refused, match="open already"), unit_of_work(SYSTEM) as work:
        reopen_deal(work, deal_id=made["id"], seen_version=back.version)


def test_a_won_deal_has_no_reason_for_losing(stages):
    made = deal(stages)
    with unit_of_work(SYSTEM) as work:
        reason = next(iter(loss_reasons(work.session)))
        lost = close_deal(
            work, deal_id=made["id"], won=False, seen_version=made["version"], loss_reason_id=reason
        )

    move(made["id"], stages["Won"], lost.version)

    assert stored(made["id"])["loss_reason_id"] is None


def test_the_reason_of_a_loss_on_a_deal_that_is_not_lost_is_refused_by_hand_and_told_by_file(stages):
    made = deal(stages)
    with reading(SYSTEM) as session:
        reason, name = next(iter(loss_reasons(session).items()))
    for values in ({"loss_reason_id": reason}, {"loss_reason_id": reason, "stage_id": stages["Offer sent"]}):
        with pytest.raises(Refused) as refused, unit_of_work(SYSTEM) as work:
            records.update_record(work, "deal", made["id"], values, seen_version=made["version"])
        assert [problem.field for problem in refused.value.problems] == ["loss_reason_id"]
    step = Step(
        "d.csv", "deal", {"number": "No", "title": "Deal", "stage_id": "Stage", "loss_reason_id": "Why"}
    )

    report = run_import(
        SYSTEM,
        Plan("Deals", (step,)),
        {"d.csv": f"No,Deal,Stage,Why\nD-9,Back again,Offer sent,{name}\n".encode()},
    ).steps[0]

    with reading(SYSTEM) as session:
        assert session.scalars(select(Deal.loss_reason_id).where(Deal.number == "D-9")).one() == reason
    assert any("reason for a loss" in words for words in report.history)
