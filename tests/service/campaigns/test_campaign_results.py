"""Results of campaigns against the same figures computed from plain rows by other libraries."""

import math
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from scipy import stats
from sqlalchemy import select
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from crm.analytics.effects_words import conclude
from crm.analytics.trial import level
from crm.campaigns.reports.result_members import result_members
from crm.campaigns.reports.results import campaign_result, circumstances
from crm.errors import NotFound
from crm.reporting.catalogue import run_report, to_json
from crm.reporting.report import SalesFilter
from crm.work import SYSTEM, Actor, reading, unit_of_work
from db.models import Campaign, CampaignMember, Contact, Rate
from tests.service.campaigns.campaign_scene import START, Scene, later

OVER = later(60)


@pytest.fixture
def scene(stages):
    """Two arms and a control group with a clear winner among responses, sales in euro, a closed campaign with a cost."""
    made = Scene(
        status="closed", closed_at=later(1), cost_minor=900_00, currency="EUR", budget_minor=1_000_00
    )
    sizes = {"A": (400, 46, 20), "B": (400, 90, 41), "Control": (200, 21, 9)}
    for place, (arm, (n, responded, converted)) in enumerate(sizes.items()):
        spend = tuple(2_000 + 137 * at * (place + 1) % 3_000 for at in range(converted))
        for segment, share in (("Hotel", 0.5), ("Office", 0.5)):
            half = slice(0, len(spend) // 2) if segment == "Hotel" else slice(len(spend) // 2, None)
            made.fill(
                arm, int(n * share), responded=responded // 2, converted=converted // 2, spend=spend[half],
                segment=segment,
            )  # fmt: skip
    return made


def rows_of(scene):
    """All members as a plain table."""
    with reading(SYSTEM) as session:
        found = session.scalars(select(CampaignMember).where(CampaignMember.campaign_id == scene.campaign_id))
        return pd.DataFrame(
            [(m.arm, m.responded, m.converted, m.revenue_minor) for m in found],
            columns=["arm", "response", "conversion", "revenue"],
        )


def result_of(scene, now=OVER, actor=SYSTEM, **more):
    with reading(actor) as session:
        return campaign_result(session, scene.campaign_id, now, **more)


def test_every_figure_equals_that_of_a_second_library(scene):
    result, rows = result_of(scene), rows_of(scene)
    parts = dict(iter(rows.groupby("arm")))

    assert result.n == len(rows) == 1_000
    for arm in result.arms:
        part = parts[arm.name]
        for measure in ("response", "conversion"):
            found = level(arm, measure)
            low, high = proportion_confint(part[measure].sum(), len(part), method="wilson")
            assert (found.value, found.low, found.high) == pytest.approx((part[measure].mean(), low, high))
        money = level(arm, "revenue")
        assert (money.low, money.high) == pytest.approx(DescrStatsW(part["revenue"]).tconfint_mean())
    control = parts["Control"]
    for measure in ("response", "conversion"):
        chances = []
        for lift in result.lifts[measure]:
            part = parts[lift.arm]
            sides = (part[measure].sum(), len(part), control[measure].sum(), len(control))
            found = lift.difference
            low, high = confint_proportions_2indep(*sides, compare="diff", method="newcomb")
            assert (found.low, found.high) == pytest.approx((low, high))
            assert lift.extra.value == pytest.approx(found.value * len(part))
            chances.append(found.p)
        corrected = multipletests(chances, method="holm")[1]
        assert [lift.p_corrected for lift in result.lifts[measure]] == pytest.approx(list(corrected))
    for lift in result.lifts["revenue"]:
        part = parts[lift.arm]["revenue"]
        both = CompareMeans(DescrStatsW(part), DescrStatsW(control["revenue"]))
        assert (lift.difference.low, lift.difference.high) == pytest.approx(
            both.tconfint_diff(usevar="unequal")
        )
        chance = stats.ttest_ind(part, control["revenue"], equal_var=False).pvalue
        assert lift.difference.p == pytest.approx(chance)


def test_return_on_cost_rests_on_what_the_control_group_did_not_bring(scene):
    result, rows = result_of(scene), rows_of(scene)
    treated, control = rows[rows["arm"] != "Control"], rows[rows["arm"] == "Control"]

    extra = treated["revenue"].sum() - control["revenue"].mean() * len(treated)

    assert result.extra_revenue.value == pytest.approx(extra)
    assert result.return_on_cost.value == pytest.approx((extra - 900_00) / 900_00)
    assert result.return_on_cost.low < result.return_on_cost.value < result.return_on_cost.high


def test_the_conclusion_is_the_clear_one_and_only_after_the_last_day(scene):
    def headline(now):
        result = result_of(scene, now)
        return conclude(result.arms, result.main, circumstances(result, result.main)).headline

    assert headline(OVER).startswith("“B” worked: about")
    assert headline(later(3)) == "Too early to say: responses count until 12 Mar 2026."


def test_days_count_from_the_last_message_to_the_end_of_the_last_day(scene):
    result = result_of(scene)

    assert result.counts_until == START.date() + timedelta(days=10)
    assert result_of(scene, datetime(2026, 3, 12, 12, tzinfo=UTC)).is_open
    assert not result_of(scene, datetime(2026, 3, 13, 12, tzinfo=UTC)).is_open


def test_groups_are_those_of_the_contacts_and_their_sums_the_whole(scene):
    result = result_of(scene)

    assert result.grouped_by == "segment"
    assert [name for name, _arms in result.groups] == ["Hotel", "Office"]
    assert sum(arm.n for _name, arms in result.groups for arm in arms) == result.n
    assert {(lift.group, lift.arm) for lift in result.group_lifts("response")} == {
        (group, arm) for group in ("Hotel", "Office") for arm in ("A", "B")
    }


def test_mixtures_are_tested_as_drawn_or_by_a_field_that_the_message_did_not_change(stages):
    drawn, given = Scene(status="closed"), Scene(status="closed", drawn_at=None)
    for scene in (drawn, given):
        for segment, sizes in (("Hotel", (90, 10)), ("Office", (10, 90))):
            for arm, n in zip(("A", "Control"), sizes, strict=True):
                scene.fill(arm, n, responded=n // 2, segment=segment)

    assert math.isnan(result_of(drawn).imbalance)
    result = result_of(given)
    assert result.imbalance < 1e-9
    assert (
        "cannot be compared" in conclude(result.arms, "response", circumstances(result, "response")).headline
    )


def test_arms_of_the_planned_sizes_are_believed_and_others_are_not(stages):
    fair, lost = (Scene(status="closed") for _n in range(2))
    for scene, sizes in ((fair, (400, 400, 200)), (lost, (400, 290, 200))):
        for arm, n in zip(("A", "B", "Control"), sizes, strict=True):
            scene.fill(arm, n, responded=n // 5)

    assert result_of(fair).mismatch == pytest.approx(1)
    result = result_of(lost)
    assert result.mismatch < 0.001
    assert (
        "cannot be compared" in conclude(result.arms, "response", circumstances(result, "response")).headline
    )


def test_links_are_not_compared_with_those_who_had_none(stages):
    scene = Scene(status="closed")
    scene.fill("A", 400, responded=80, converted=20, by="link")
    scene.fill("B", 400, responded=40, converted=20, by="link")
    scene.fill("Control", 200, responded=10, converted=10, by="order")

    result = result_of(scene)

    assert result.measures == ("response", "conversion")
    assert result.comparable == ("conversion",)
    assert result.main == "conversion"
    assert "response" not in result.lifts
    assert [(lift.arm, lift.against) for lift in result.versions["response"]] == [("A", "B")]


def test_without_a_control_group_there_is_no_lift_and_no_return(stages):
    scene = Scene({"A": 0.5, "B": 0.5}, status="closed", cost_minor=10_00, currency="EUR")
    scene.fill("A", 300, responded=30, converted=30, spend=(10_00,) * 30)
    scene.fill("B", 300, responded=90, converted=90, spend=(10_00,) * 90)

    result = result_of(scene)

    assert result.control is None
    assert not any(result.lifts.values())
    assert (result.together, result.return_on_cost, result.extra_revenue) == ({}, None, None)
    assert result.versions["response"][0].verdict == "gain"


def test_nobody_converted_and_nobody_at_all(stages):
    nothing, empty = Scene(status="closed"), Scene(status="closed")
    for arm in ("A", "B", "Control"):
        nothing.fill(arm, 50)

    result = result_of(nothing)

    assert {lift.verdict for name in result.measures for lift in result.lifts[name]} == {"few"}
    assert result_of(empty).n == 0
    assert math.isnan(level(result_of(empty).arms[0], "response").value)


def test_a_mean_leaves_out_members_whose_sales_have_no_rate_and_names_the_currency(stages):
    scene = Scene(status="closed")
    scene.fill("A", 4, converted=2, spend=(10_00,) * 2)
    scene.fill("A", 2, converted=2, spend=(900_00,) * 2, currency="CHF")
    scene.fill("Control", 4, converted=1, spend=(8_00,))

    result = result_of(scene)

    arm = result.arms[0]
    assert (arm.n, arm.converted, arm.counted("revenue")) == (6, 4, 4)
    assert level(arm, "revenue").value == pytest.approx(5_00)
    assert level(arm, "conversion").value == pytest.approx(4 / 6)
    assert result.extra_revenue.value == pytest.approx((5_00 - 2_00) * 4)
    assert any("CHF" in note for note in result.book.notes)


def test_money_of_one_currency_stays_in_it_and_of_several_is_converted(stages):
    dollars, mixed = Scene(status="closed"), Scene(status="closed", cost_minor=100_00, currency="EUR")
    dollars.fill("A", 40, responded=4, spend=(10_00,) * 4, currency="USD")
    mixed.fill("A", 40, responded=4, spend=(10_00,) * 4, currency="USD")
    mixed.fill("Control", 40, responded=2, spend=(3_00,) * 2)
    mixed.add(Rate(currency="USD", day=date(2026, 1, 1), rate=0.5))

    assert (result_of(dollars).book.currency, result_of(dollars).arms[0].revenue.total) == ("USD", 40_00)
    assert any("count in EUR" in note for note in result_of(dollars).book.notes)
    found = result_of(mixed)
    assert found.book.currency == "EUR"
    assert found.arms[0].revenue.total == pytest.approx(20_00)
    assert found.arms[0].revenue.squares == pytest.approx(4 * 5_00**2)
    assert found.arms[0].revenue.largest == pytest.approx(5_00)
    assert found.cost_minor == 100_00


def test_a_result_costs_the_same_statements_whatever_its_size(scene, statements):
    small = Scene(status="closed")
    for segment in ("Hotel", "Office"):
        small.fill("A", 5, segment=segment)

    def cost(chosen):
        statements.clear()
        result_of(chosen)
        return len(statements)

    assert cost(small) == cost(scene) <= 14


def test_who_may_not_see_the_campaign_sees_no_result(people, scene):
    mine = Scene(owner_id=people["sue"].user_id, team_id=people["sue"].teams[0])
    own = frozenset({("campaign", "read", "own"), ("contact", "read", "own")})
    sue = Actor(people["sue"].user_id, "Sue", "rep", people["sue"].teams, own)

    assert result_of(mine, actor=sue).name == "Spring"
    with pytest.raises(NotFound):
        result_of(scene, actor=sue)
    with reading(sue) as session:
        assert to_json(run_report(session, "campaign-result"))["n"] == 0


def test_sums_hold_all_members_and_names_only_contacts_in_reach(people):
    sue = people["sue"]
    scene = Scene(status="closed", owner_id=sue.user_id, team_id=sue.teams[0])
    scene.fill("A", 6, responded=3)
    with unit_of_work(SYSTEM) as work:
        contact = work.session.scalars(select(Contact)).first()
        contact.owner_id = sue.user_id
    own = frozenset({("campaign", "read", "own"), ("contact", "read", "own")})
    actor = Actor(sue.user_id, "Sue", "rep", sue.teams, own)

    with reading(actor) as session:
        named = result_members(session, scene.campaign_id)

    assert result_of(scene, actor=actor).n == 6
    assert (named.total, len(named.rows)) == (1, 1)


def test_the_members_behind_a_number_are_those_it_counts(scene):
    with reading(SYSTEM) as session:
        all_of_them = result_members(session, scene.campaign_id)
        responded = result_members(session, scene.campaign_id, only_responded=True)
        one_arm = result_members(session, scene.campaign_id, arm="Control")

    rows = rows_of(scene)
    assert all_of_them.total == 1_000
    assert len(all_of_them.rows) == 500
    assert responded.total == int((rows["response"] | rows["conversion"] | (rows["revenue"] != 0)).sum())
    assert one_arm.total == 200
    assert all_of_them.rows["revenue_minor"].is_monotonic_decreasing


def test_the_reports_hold_the_same_figures(scene):
    result = result_of(scene)

    with reading(SYSTEM) as session:
        chosen = SalesFilter(campaigns=(scene.campaign_id,))
        arms = to_json(run_report(session, "campaign-result", chosen))
        lifts = to_json(run_report(session, "campaign-lift", chosen))

    assert [row["arm"] for row in arms["rows"]] == ["A", "B", "Control"]
    assert arms["summary"]["cost"] == 900
    assert arms["summary"]["extra_revenue"] == pytest.approx(result.extra_revenue.value / 100)
    assert arms["filters"] == {"campaign": [scene.campaign_id]}
    first = next(row for row in lifts["rows"] if row["measure"] == "revenue" and row["arm"] == "B")
    assert first["difference"] == pytest.approx(result.lifts["revenue"][1].difference.value / 100)
    assert (lifts["n"], lifts["currency"]) == (1_000, "EUR")


def test_a_campaign_is_named_on_the_command_line(scene):
    import json

    from typer.testing import CliRunner

    from crm.commands import app

    done = CliRunner().invoke(app, ["report", "campaign-result", "--campaign", "SPRING", "--json"])
    unknown = CliRunner().invoke(app, ["report", "campaign-result", "--campaign", "Nowhere"])

    assert json.loads(done.stdout)["n"] == 1_000
    assert unknown.exit_code != 0


def test_the_first_campaign_is_not_the_only_one(scene):
    Scene(name="Autumn", name_key="autumn").fill("A", 10)

    with reading(SYSTEM) as session:
        made = to_json(run_report(session, "campaign-result"))
        names = {campaign.name for campaign in session.scalars(select(Campaign))}

    assert {row["campaign"] for row in made["rows"]} == names == {"Spring", "Autumn"}
    assert made["summary"] == {"campaigns": 2}
