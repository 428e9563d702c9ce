"""Every number and every mark of the Sales dashboard and of the reports on deals, counted a second time in plain Python.

The second count reads the tables as they are stored and shares no line with the program: scope, worth, products, days.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import date

import pytest

from crm.pipeline.reports.report_dashboard import Question, sales_dashboard
from crm.pipeline.reports.report_records import Narrowed, deal_records
from crm.reporting.catalogue import run_report
from crm.reporting.report import SalesFilter
from crm.ui.kit.formats import day
from crm.ui.sales.cards import MARKS
from crm.ui.sales.figures import draw
from crm.ui.sales.numbers import numbers
from crm.ui.sales.records import SHOWN, titles
from crm.work import reading
from tests.service.reporting.sample_firm import TODAY, person
from tests.service.reporting.second_sales import Second, count_deals, day_of, ids, known, read_tables

pytestmark = pytest.mark.usefixtures("firm")

PEOPLE = ["Helene Brandt", "Jonas Petersen", "Hanneke Visser"]
PERIODS = {
    "month": ("month", None, None),
    "quarter": ("quarter", None, None),
    "year": ("year", None, None),
    "all": ("all", None, None),
    "days": ("custom", date(2025, 1, 10), date(2025, 3, 20)),
}
ALL = 100_000


@pytest.fixture(scope="module")
def tables(firm):
    """The tables as they are stored."""
    return read_tables()


@pytest.fixture(scope="module")
def counted(tables):
    """Each deal with its worth and its parts."""
    return count_deals(tables)


KEYS = {
    "agents": lambda second, one: known(one.row.owner_id),
    "managers": lambda second, one: second.manager(one),
    "teams": lambda second, one: second.team(one),
    "source_rates": lambda second, one: known(one.row.source),
    "reasons": lambda second, one: known(one.row.loss_reason_id),
}


#: Everybody in every period, as it stands and with a filter; the second filter in one period.
WALKS = [(n, p, f) for n in PEOPLE for p in PERIODS for f in ("none", "products")]
WALKS += [(n, "quarter", "sources") for n in PEOPLE]


@pytest.fixture(scope="module", params=WALKS, ids="-".join)
def walk(request, tables, counted):
    """One dashboard as a person sees it, and its second count."""
    name, period, narrowed = request.param
    kind, start, end = PERIODS[period]
    actor = person(name)
    common = tables["deals"]["product_id"].dropna().mode()[0]
    filters = {
        "none": {},
        "products": {"products": (int(common),)},
        "sources": {"sources": (tables["deals"]["source"].dropna().mode()[0], "")},
    }[narrowed]
    with reading(actor) as session:
        board = sales_dashboard(session, Question(kind, TODAY, start, end, SalesFilter(**filters)))
    chosen = SalesFilter(start=board.period.start, end=board.period.end, **filters)
    return actor, board, chosen, Second(tables, counted, name, board.period, filters)


def opened(actor, chosen, wanted):
    with reading(actor) as session:
        found = deal_records(session, chosen, wanted, limit=ALL)
    assert found.total == len(found.rows)
    return {int(key) for key in found.rows["id"]}


def test_the_six_numbers_and_the_deals_they_open(walk):
    actor, board, chosen, second = walk
    won, lost, standing = second.closed("won"), second.closed("lost"), second.open()
    priced = [one for one in won if one.worth is not None]
    timed = [one for one in won if known(one.row.opened_on) and known(one.row.closed_on)]
    slack = len(won) + len(standing)  # a part of a deal is rounded, cent by cent

    assert board.now.won_minor == pytest.approx(second.value(won), abs=slack)
    assert (board.now.won, board.now.lost, board.now.priced) == (len(won), len(lost), len(priced))
    if won or lost:
        assert board.now.rate.share == pytest.approx(len(won) / (len(won) + len(lost)))
    if timed:
        days = [(day_of(one.row.closed_on) - day_of(one.row.opened_on)).days for one in timed]
        assert board.now.mean_days == pytest.approx(sum(days) / len(days))
    assert board.stages["list_minor"].sum() == pytest.approx(second.value(standing), abs=slack)
    chances = {s.id: s.probability for s in second.tables["stages"].itertuples()}
    weighted = sum(second.value([one]) * chances[one.row.stage_id] for one in standing)
    assert board.stages["weighted_minor"].sum() == pytest.approx(weighted, abs=slack)

    meant = {"won": won, "closed": [*won, *lost], "priced": priced, "timed": timed, "open": standing}
    names = {title: key for key, title in titles().items()}
    for tile in numbers(board):
        key = names[tile.query["sales_show"]]
        found = opened(actor, chosen, SHOWN[key])
        assert found == ids(meant[key]), tile.label
        assert tile.n == len(found), tile.label


def test_open_deals_are_compared_with_the_end_of_the_compared_period(walk):
    _actor, board, _chosen, second = walk

    def held(end):
        rows = [
            one.row for one in second.seen if known(one.row.opened_on) and day_of(one.row.opened_on) <= end
        ]
        return sum(row.status == "open" or (day_of(row.closed_on) or end) > end for row in rows)

    if board.before is None:
        assert board.standing is None
        return
    assert board.standing == (held(min(board.period.end, TODAY)), held(board.before.end))
    if board.period.end < TODAY:
        return
    tile = next(one for one in numbers(board) if one.label == "Open pipeline")
    now, then = board.standing
    assert tile.change == (f"{abs(now - then)} since {day(board.before.end)}" if now != then else "no change")


def test_every_mark_counts_and_opens_the_same_deals(walk):
    actor, board, chosen, second = walk
    drawn = draw(board)
    frames = {
        "agents": board.agents,
        "managers": board.managers,
        "teams": board.teams,
        "products": board.products,
        "source_rates": board.source_rates.rename(columns={"key": "id"}),
        "product_rates": board.product_rates.rename(columns={"key": "id"}),
        "reasons": board.reasons.rename(columns={"loss_reason_id": "id"}),
    }
    for name, frame in frames.items():
        meaning, statuses = MARKS[name]
        deals = second.closed(*statuses)
        groups = defaultdict(list)
        for one in deals:
            if name in ("products", "product_rates"):
                wanted = second.filters.get("products")
                for product in one.parts:
                    if not wanted or product in wanted:
                        groups[product].append(one)
            else:
                groups[KEYS[name](second, one)].append(one)
        rows = list(frame.itertuples())
        assert len(rows) == len(groups), name
        labels = list(drawn[name].values)
        for row in rows:
            key = known(row.id)
            mine = groups[key]
            counted = row.deals if hasattr(row, "deals") else row.won + row.lost
            assert counted == len(mine), (name, row)
            if hasattr(row, "won"):
                assert row.won == sum(one.row.status == "won" for one in mine), (name, row)
            else:
                product = (key,) if name == "products" else ()
                assert row.value_minor == pytest.approx(second.value(mine, product), abs=len(mine)), (
                    name,
                    row,
                )
        for label in labels:
            meant = drawn[name].values[label]
            found = opened(actor, chosen, Narrowed(statuses, **{meaning: tuple(meant)}))
            if meaning == "owners" and name == "managers":
                mine = {i for one in deals if known(one.row.owner_id) in meant for i in [one.row.id]}
            else:
                mine = {i for value in meant for i in ids(groups[known(value)])}
            assert found == mine, (name, label)


def test_every_month_counts_and_opens_its_days(walk):
    actor, board, chosen, second = walk
    values = draw(board)["months"].values
    for row, days in zip(board.months.itertuples(), values.values(), strict=True):
        mine = second.closed("won", days=(row.first, row.last))
        assert row.won == len(mine), row.month
        assert row.lost == len(second.closed("lost", days=(row.first, row.last))), row.month
        assert row.won_minor == pytest.approx(second.value(mine), abs=len(mine)), row.month
        free = replace(chosen, start=None, end=None)
        assert opened(actor, free, Narrowed(("won",), days=tuple(days))) == ids(mine), row.month
    inside = board.months[board.months["inside"]]
    assert inside["won_minor"].sum() == board.now.won_minor
    assert inside["won"].sum() == board.now.won


def test_every_target_is_of_people_whose_deals_are_seen(walk):
    actor, board, _chosen, second = walk
    if board.without_target:
        assert not len(board.targets)
        return
    reach, targets = actor.reach("deal", "read"), second.tables["targets"]
    for row in board.targets.itertuples():
        mine = targets[
            [
                known(t.user_id) == row.user_id and known(t.team_id) == row.team_id
                for t in targets.itertuples()
            ]
        ]
        months = {str(month)[:7] for month in mine["month"]}
        start, end = board.period.start, board.period.end
        won = [
            one
            for one in second.closed("won")
            if str(one.row.closed_on)[:7] in months
            and (row.user_id is None or one.row.owner_id == row.user_id)
            and (row.team_id is None or second.team(one) == row.team_id)
        ]
        assert row.actual_minor == pytest.approx(second.value(won), abs=1), row
        if board.period.kind != "custom":
            goal = sum(
                int(t.amount_minor)
                for t in mine.itertuples()
                if (start is None or str(t.month)[:10] >= start.isoformat())
                and (end is None or str(t.month)[:10] <= end.isoformat())
            )
            assert row.target_minor == goal, row
        if reach == "team" and row.user_id is not None:
            assert second.users[row.user_id].team_id in actor.teams or row.user_id == actor.user_id
        if reach == "own":
            assert row.user_id == actor.user_id


def test_the_funnel_follows_the_deals_opened_in_the_period(walk):
    _actor, board, _chosen, second = walk
    start, end = board.period.start, board.period.end
    born = [
        one
        for one in second.seen
        if start is None or (day_of(one.row.opened_on) and start <= day_of(one.row.opened_on) <= end)
    ]
    stages = {s.id: s for s in second.tables["stages"].itertuples()}
    been = defaultdict(set)
    for change in second.tables["stage_changes"].itertuples():
        been[change.deal_id].add(change.to_stage_id)
    per_pipeline = defaultdict(list)
    for one in born:
        per_pipeline[one.row.pipeline_id].append(one)
    if not born:
        assert not len(board.funnel.rows)
        return
    shown = stages[board.funnel.rows["stage_id"].iloc[0]].pipeline_id
    mine = per_pipeline[shown]
    assert board.funnel.others == len(born) - len(mine)
    assert len(mine) == max(map(len, per_pipeline.values()))
    first = min(s.position for s in stages.values() if s.pipeline_id == shown and s.kind != "lost")
    reached = []
    for one in mine:
        places = [
            stages[s].position
            for s in {*been[one.row.id], one.row.stage_id}
            if stages[s].kind != "lost" and stages[s].pipeline_id == shown
        ]
        reached.append(max([first, *places]))
    for row in board.funnel.rows.itertuples():
        assert row.deals == sum(place >= stages[row.stage_id].position for place in reached), row


REPORTS = {
    "won-by-month": "won", "won-by-quarter": "won", "won-by-manager": "won", "won-by-team": "won", "won-by-agent": "won",
    "won-by-product": "won", "loss-reasons": "lost",
}  # fmt: skip


def test_every_report_says_the_same(walk):
    actor, board, chosen, second = walk
    with reading(actor) as session:
        for name, status in REPORTS.items():
            report, deals = run_report(session, name, chosen), second.closed(status)
            assert report.n == report.summary["deals"] == len(deals), name
            assert report.summary["value_minor"] == pytest.approx(second.value(deals), abs=len(deals)), name
            assert report.rows["value_minor"].sum() == report.summary["value_minor"], name
        for name in ("win-rate", "win-rate-by-source", "win-rate-by-product", "win-rate-by-agent"):
            report = run_report(session, name, chosen)
            won, closed = second.closed("won"), second.closed("won", "lost")
            assert (report.summary["won"], report.n) == (len(won), len(closed)), name
        average = run_report(session, "average-deal", chosen)
        standing = run_report(session, "open-pipeline", chosen)
        stages = run_report(session, "pipeline-by-stage", chosen)
        cycle = run_report(session, "cycle-time", chosen)
        targets = run_report(session, "targets", chosen)
    assert average.n == board.now.priced
    assert average.summary["value_minor"] == board.now.won_minor
    assert standing.summary["weighted_minor"] == board.stages["weighted_minor"].sum()
    assert standing.n == len(second.open())
    assert stages.n == len(second.seen)
    assert stages.rows["list_minor"].sum() == pytest.approx(second.value(second.seen), abs=len(second.seen))
    assert cycle.n == board.now.timed
    assert targets.rows["actual_minor"].tolist() == board.targets["actual_minor"].tolist()
