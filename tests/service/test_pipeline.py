"""Moving, winning and losing deals, and what the board counts, on both databases."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from crm import records
from crm.errors import Conflict, CrmError, NotAllowed, NotFound, Refused
from crm.firm import set_firm
from crm.pipeline import service
from crm.pipeline.board import PipelineFilters, board
from crm.pipeline.closing import closing_calendar
from crm.pipeline.deal_page import loss_reasons, read_deal, stays
from crm.pipeline.defaults import ensure_defaults
from crm.pipeline.service import close_deal, move_deal, reopen_deal
from crm.pipeline.stages import (
    Reason,
    StageForm,
    read_pipelines,
    read_reasons,
    save_pipeline,
    save_reasons,
)
from crm.rates import DatedRate, save_rates
from crm.work import SYSTEM, Actor, reading, unit_of_work
from db.models import Deal, Stage, Team, User
from db.scope import ALL, CREATE, OWN, READ, TEAM, UPDATE

TODAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def stages(database):
    """The stages of the first pipeline by name; the firm counts in euros."""
    with unit_of_work(SYSTEM) as work:
        ensure_defaults(work)
        set_firm(work, name="Kavarna", currency="EUR")
        return {s.name: s.id for s in work.session.query(Stage).all()}


def deal(stages, title="Six machines", stage="Qualification", **values):
    with unit_of_work(SYSTEM) as work:
        given = {
            "title": title,
            "stage_id": stages[stage],
            "currency": "EUR",
            "amount_minor": 100_00,
        } | values
        return records.create_record(work, "deal", given)


def stored(deal_id):
    with reading(SYSTEM) as session:
        return records.get_record(session, "deal", deal_id)


def columns(stages, actor=SYSTEM, now=NOON, **narrow):
    with reading(actor) as session:
        pipeline = session.get_one(Stage, stages["Won"]).pipeline_id
        found = board(session, PipelineFilters(pipeline, now.date(), **narrow), now=now)
    return {c.name: c for c in found}


def order(stages, stage="Qualification"):
    return [card.title for card in columns(stages)[stage].cards]


def move(deal_id, stage_id, seen, before=None):
    with unit_of_work(SYSTEM) as work:
        return move_deal(work, deal_id=deal_id, to_stage_id=stage_id, seen_version=seen, before_id=before)


def test_a_move_changes_stage_and_keeps_the_way(stages, at_noon):
    made = deal(stages)
    at_noon.shift(timedelta(days=3))

    moved = move(made["id"], stages["Offer sent"], made["version"])

    assert (moved.stage, moved.version, moved.status) == ("Offer sent", made["version"] + 1, "open")
    with reading(SYSTEM) as session:
        way = stays(session, stored(made["id"]), NOON + timedelta(days=4))
    assert [(s.stage, s.days, s.ended) for s in way] == [("Qualification", 3, True), ("Offer sent", 1, False)]


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


def test_the_sums_of_the_board_equal_plain_sql(stages, engine, at_noon):
    with unit_of_work(SYSTEM) as work:
        save_rates(work, [DatedRate("USD", date(2026, 1, 1), 0.8), DatedRate("USD", date(2026, 4, 1), 0.5)])
        product = records.create_record(
            work, "product", {"name": "Lumo", "list_price_minor": 70_000, "currency": "EUR"}
        )
    deal(stages, amount_minor=100_001)
    deal(stages, amount_minor=None, product_id=product["id"])
    deal(stages, amount_minor=None)
    deal(stages, amount_minor=50_000, currency="USD", stage="Negotiation")
    deal(stages, amount_minor=30_000, stage="Negotiation")
    deal(stages, amount_minor=90_000, stage="Lost")
    deal(stages, amount_minor=20_000, stage="Won")

    found = columns(stages)

    sql = text(
        "select s.name, count(*), "
        "sum(coalesce(d.amount_minor, case when p.currency = d.currency then p.list_price_minor end, 0) "
        "    * case d.currency when 'USD' then 0.8 else 1.0 end) as total, "
        "max(case s.kind when 'lost' then 0 else s.probability end) "
        "from deals d join stages s on s.id = d.stage_id left join products p on p.id = d.product_id group by s.name"
    )
    with engine.connect().execution_options(system=True) as connection:
        plain = {name: (n, float(total), float(chance)) for name, n, total, chance in connection.execute(sql)}
    assert {name: (c.count, c.total_minor) for name, c in found.items() if c.count} == {
        name: (n, round(total)) for name, (n, total, _) in plain.items()
    }
    for name, (_, total, chance) in plain.items():
        assert found[name].weighted_minor == round(round(total) * chance)
    assert found["Lost"].weighted_minor == 0
    assert found["Negotiation"].weighted_minor == round((40_000 + 30_000) * 0.75)


def test_a_board_takes_six_statements_whatever_its_length(stages, statements):
    deal(stages)
    columns(stages)
    statements.clear()
    columns(stages)
    few = len(statements)
    for n in range(30):
        deal(stages, title=f"Deal {n}", stage=("Offer sent", "Won", "Lost")[n % 3])

    statements.clear()
    columns(stages)

    # One of them finds the pipeline for this test.
    assert len(statements) == few == 7


def test_a_column_shows_fifty_cards_and_counts_all(stages):
    for n in range(53):
        deal(stages, title=f"Deal {n}")

    column = columns(stages)["Qualification"]

    assert (len(column.cards), column.count, column.total_minor) == (50, 53, 53 * 100_00)


def test_closed_deals_leave_the_board_after_thirty_days(stages, at_noon):
    deal(stages, stage="Won", closed_on=TODAY - timedelta(days=30), opened_on=date(2026, 1, 1))
    deal(stages, stage="Won", closed_on=TODAY - timedelta(days=31), opened_on=date(2026, 1, 1))

    assert columns(stages)["Won"].count == 1


def test_closed_columns_show_the_latest_first(stages, at_noon):
    for title, day in {"older": 5, "newest": 9, "oldest": 2}.items():
        deal(stages, title=title, stage="Won", closed_on=date(2026, 3, day), opened_on=date(2026, 1, 1))

    assert order(stages, "Won") == ["newest", "older", "oldest"]


def test_a_card_is_stale_late_or_without_a_step_in_this_order(stages, at_noon):
    for title, values in {
        "old": {},
        "late": {"expected_close_on": TODAY - timedelta(days=1)},
        "bare": {"expected_close_on": TODAY},
        "fine": {"next_step_on": TODAY},
    }.items():
        deal(stages, title=title, **values)
    with unit_of_work(SYSTEM) as work:
        old = work.session.query(Deal).filter_by(title="old").one()
        old.stage_since = NOON - timedelta(days=15)

    flags = {card.title: card.flag for card in columns(stages)["Qualification"].cards}

    assert flags == {"old": "stale", "late": "late", "bare": "no_step", "fine": ""}


@pytest.mark.parametrize(
    ("only", "titles"),
    [
        (("stale",), {"stale"}),
        (("closing",), {"overdue", "this month"}),
        (("no_step",), {"stale", "overdue", "this month"}),
        (("closing", "no_step"), {"overdue", "this month"}),
    ],
)
def test_the_pills_narrow_cards_and_sums_alike(stages, at_noon, only, titles):
    deal(stages, title="overdue", expected_close_on=date(2026, 2, 3))
    deal(stages, title="this month", expected_close_on=date(2026, 3, 31))
    deal(stages, title="next month", expected_close_on=date(2026, 4, 1), next_step_on=TODAY)
    deal(stages, title="won", stage="Won", expected_close_on=date(2026, 3, 1))
    stale = deal(stages, title="stale")
    with unit_of_work(SYSTEM) as work:
        work.session.get_one(Deal, stale["id"]).stage_since = NOON - timedelta(days=15)

    found = columns(stages, only=only)

    assert {card.title for c in found.values() for card in c.cards} == titles
    assert sum(c.count for c in found.values()) == len(titles)


def test_a_search_finds_the_customer_too(stages):
    with unit_of_work(SYSTEM) as work:
        hotel = records.create_record(work, "organisation", {"name": "Hotel Bergblick"})
    deal(stages, title="Six machines", organisation_id=hotel["id"])
    deal(stages, title="Bergblick bar")
    deal(stages, title="Something else")

    found = columns(stages, search="bergblick")["Qualification"]

    assert {card.title for card in found.cards} == {"Six machines", "Bergblick bar"}


def test_the_calendar_holds_open_deals_of_the_month_in_the_firms_currency(stages, at_noon):
    with unit_of_work(SYSTEM) as work:
        save_rates(work, [DatedRate("USD", date(2026, 1, 1), 0.8)])
    deal(stages, title="in", expected_close_on=date(2026, 3, 31), currency="USD")
    deal(stages, title="out", expected_close_on=date(2026, 4, 1))
    deal(stages, title="won", stage="Won", expected_close_on=date(2026, 3, 31))

    with reading(SYSTEM) as session:
        pipeline = session.get_one(Stage, stages["Won"]).pipeline_id
        found = closing_calendar(
            session,
            PipelineFilters(pipeline, TODAY),
            first=date(2026, 3, 1),
            last=date(2026, 3, 31),
            now=NOON,
        )

    assert [(d.title, d.value_minor, d.own_minor) for d in found] == [("in", 100_00, 80_00)]


@pytest.fixture
def staff(stages):
    """Two of a team, one of another; what they may do with deals as staff."""
    with unit_of_work(SYSTEM) as work:
        teams = [Team(name=n, name_key=n.lower()) for n in ("North", "South")]
        work.session.add_all(teams)
        work.session.flush()
        users = [
            User(name=n, name_key=n.lower(), email=f"{n}@example.com".lower(), team_id=teams[t].id)
            for n, t in (("Ann", 0), ("Bob", 1))
        ]
        work.session.add_all(users)
        work.session.flush()
        grants = frozenset(
            {("deal", READ, TEAM), ("deal", UPDATE, OWN), ("deal", CREATE, TEAM), ("setting", READ, ALL)}
        )
        return [Actor(u.id, u.name, "staff", (u.team_id,), grants) for u in users]


def test_another_teams_deal_is_neither_seen_nor_moved(stages, staff):
    ann, bob = staff
    made = deal(stages, owner_id=bob.user_id, team_id=bob.teams[0])

    assert columns(stages, actor=ann)["Qualification"].count == 0
    with pytest.raises(NotFound), unit_of_work(ann) as work:
        move_deal(work, deal_id=made["id"], to_stage_id=stages["Won"], seen_version=made["version"])


def test_a_colleagues_deal_is_seen_but_fixed_to_its_place(stages, staff):
    ann, _bob = staff
    made = deal(stages, title="Colleague's", team_id=ann.teams[0])
    deal(stages, title="Mine", owner_id=ann.user_id, team_id=ann.teams[0])

    cards = columns(stages, actor=ann)["Qualification"].cards

    assert {card.title: card.movable for card in cards} == {"Colleague's": False, "Mine": True}
    with pytest.raises(NotAllowed), unit_of_work(ann) as work:
        move_deal(work, deal_id=made["id"], to_stage_id=stages["Won"], seen_version=made["version"])


def form(one, **changes):
    return StageForm(**{name: getattr(one, name) for name in StageForm.__slots__} | changes)


def test_stages_change_their_order_names_and_chances(stages):
    with unit_of_work(SYSTEM) as work:
        (one,) = read_pipelines(work.session)
        first, second, *rest = one.stages
        # The two swap places and names.
        wanted = [form(second, name=first.name), form(first, name=second.name, probability=0.3), *rest]
        save_pipeline(work, pipeline_id=one.id, name="Selling", stages=wanted, seen_version=one.version)

    with reading(SYSTEM) as session:
        (now,) = read_pipelines(session)
    assert now.name == "Selling"
    assert [s.id for s in now.stages[:2]] == [second.id, first.id]
    assert [(s.name, s.probability) for s in now.stages[:2]] == [(first.name, 0.25), (second.name, 0.3)]


def test_a_stage_with_deals_or_history_is_kept(stages):
    made = deal(stages)
    with reading(SYSTEM) as session:
        (one,) = read_pipelines(session)
    with pytest.raises(Refused, match="holds 1 deals"), unit_of_work(SYSTEM) as work:
        save_pipeline(work, pipeline_id=one.id, name="Sales", stages=list(one.stages[1:]))
    move(made["id"], stages["Offer sent"], made["version"])

    with (
        pytest.raises(Refused, match="1 deals have been through “Qualification”"),
        unit_of_work(SYSTEM) as work,
    ):
        save_pipeline(work, pipeline_id=one.id, name="Sales", stages=list(one.stages[1:]))


def test_the_status_of_deals_cannot_part_from_their_stage(stages):
    deal(stages)
    with reading(SYSTEM) as session:
        (one,) = read_pipelines(session)
    changed = [form(one.stages[0], kind="won"), *one.stages[1:]]

    with pytest.raises(Refused, match="stays what it is"), unit_of_work(SYSTEM) as work:
        save_pipeline(work, pipeline_id=one.id, name="Sales", stages=changed)


def test_a_stale_editor_does_not_take_away_a_new_stage(stages):
    with reading(SYSTEM) as session:
        (seen,) = read_pipelines(session)
    with unit_of_work(SYSTEM) as work:
        more = [*seen.stages, StageForm(None, "Pilot", "open", 0.6, 30)]
        save_pipeline(work, pipeline_id=seen.id, name="Sales", stages=more, seen_version=seen.version)

    with pytest.raises(Conflict), unit_of_work(SYSTEM) as work:
        save_pipeline(
            work, pipeline_id=seen.id, name="Sales", stages=list(seen.stages), seen_version=seen.version
        )


def test_a_pipeline_with_open_deals_stays_in_use(stages):
    deal(stages)
    with reading(SYSTEM) as session:
        (one,) = read_pipelines(session)

    with pytest.raises(Refused, match="has 1 open deals"), unit_of_work(SYSTEM) as work:
        save_pipeline(work, pipeline_id=one.id, name="Sales", stages=list(one.stages), is_active=False)


def test_wrong_stages_are_named_all_at_once(stages):
    wrong = [
        StageForm(None, "", "open", 2.0, 0),
        StageForm(None, "Won", "won", 1, None),
        StageForm(None, "won", "won", 1, None),
    ]

    with pytest.raises(Refused) as refused, unit_of_work(SYSTEM) as work:
        save_pipeline(work, pipeline_id=None, name=" ", stages=wrong)

    assert [p.field for p in refused.value.problems] == [
        "name",
        "name",
        "probability",
        "stale_after_days",
        "name",
        "kind",
    ]


def test_a_reason_in_use_is_kept(stages):
    made = deal(stages)
    with unit_of_work(SYSTEM) as work:
        seen = read_reasons(work.session)
        close_deal(
            work, deal_id=made["id"], won=False, seen_version=made["version"], loss_reason_id=seen[0].id
        )

    with pytest.raises(Refused, match="1 deals were lost for"), unit_of_work(SYSTEM) as work:
        save_reasons(work, seen[1:], seen=seen)
    with unit_of_work(SYSTEM) as work:
        save_reasons(work, [Reason(None, "Moved away"), seen[0]], seen=seen)
    with reading(SYSTEM) as session:
        assert [r.name for r in read_reasons(session)] == ["Moved away", seen[0].name]


def test_a_deals_screen_takes_as_many_statements_for_many_lines_as_for_one(stages, statements):
    made = deal(stages)

    def count():
        statements.clear()
        with reading(SYSTEM) as session:
            read_deal(session, made["id"], now=NOON, today=TODAY)
        return len(statements)

    with unit_of_work(SYSTEM) as work:
        records.create_record(work, "deal_line", {"deal_id": made["id"], "unit_price_minor": 100})
    one = count()
    with unit_of_work(SYSTEM) as work:
        for _ in range(20):
            records.create_record(work, "deal_line", {"deal_id": made["id"], "unit_price_minor": 100})

    assert count() == one <= 8
