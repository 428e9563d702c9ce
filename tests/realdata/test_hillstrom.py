"""A published e-mail experiment comes in as one finished campaign, and its result is the published one."""

import json
import math
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

HERE = Path(__file__).parent
REALDATA = Path(os.environ.get("RAPPORT_SHARED_DATA", HERE.parents[1].parent / "shared" / "data"))
PROFILE = HERE / "profiles" / "hillstrom.toml"
NAME = "Hillstrom e-mail test"
MENS, WOMENS, NOBODY = "Mens E-Mail", "Womens E-Mail", "No E-Mail"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not (REALDATA / "hillstrom").is_dir(), reason=f"no real data in {REALDATA}"),
]


@pytest.fixture(scope="module")
def imported(module_database):
    """The experiment on a new database of each kind; the report of its import, which the last test takes back."""
    from crm.exchange.asking.service import import_profile
    from crm.work import SYSTEM

    return import_profile(SYSTEM, PROFILE, data=REALDATA / "hillstrom")


@pytest.fixture(scope="module")
def rows():
    return pd.read_csv(REALDATA / "hillstrom" / "hillstrom.csv")


def report(name):
    """A report on the campaign as the command line prints it; on PostgreSQL as well."""
    from typer.testing import CliRunner

    from crm.commands import app

    done = CliRunner().invoke(app, ["report", name, "--campaign", NAME, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_every_customer_is_a_contact_and_a_member_of_one_finished_campaign(imported):
    from sqlalchemy import func, select

    from crm.work import SYSTEM, reading
    from db.models import Campaign, CampaignArm, CampaignMember, Contact

    totals = imported.totals()
    with reading(SYSTEM) as session:
        campaign = session.scalars(select(Campaign)).one()
        arms = {arm.name: arm.is_control for arm in session.scalars(select(CampaignArm))}
        states = dict(
            session.execute(select(CampaignMember.state, func.count()).group_by(CampaignMember.state)).all()
        )
        first = session.scalars(select(Contact).where(Contact.number == "H-1")).one()

    assert imported.failed == 0
    assert [totals[name]["created"] for name in ("contact", "campaign", "campaign_member")] == [
        64_000,
        1,
        64_000,
    ]
    assert (campaign.name, campaign.status, campaign.channel) == (NAME, "closed", "email")
    assert arms == {MENS: False, WOMENS: False, NOBODY: True}
    assert states == {"sent": 42_694, "control": 21_306}
    assert (first.segment, first.region, first.source) == ("2) $100 - $200", "Surburban", "Phone")


def test_shares_and_spend_per_arm_are_those_published(imported, rows):
    made = report("campaign-result")

    found = {row["arm"]: row for row in made["rows"]}
    shown = {
        arm: (
            round(100 * row["response"], 2),
            round(100 * row["conversion"], 2),
            round(row["revenue_each"], 2),
        )
        for arm, row in found.items()
    }
    assert shown == {MENS: (18.28, 1.25, 1.42), WOMENS: (15.14, 0.88, 1.08), NOBODY: (10.62, 0.57, 0.65)}
    assert (made["n"], made["currency"]) == (64_000, "USD")
    for arm, part in rows.groupby("segment"):
        row = found[arm]
        assert (row["members"], row["responded"], row["converted"]) == (
            len(part), part["visit"].sum(), part["conversion"].sum(),
        )  # fmt: skip
        assert row["revenue"] == pytest.approx(part["spend"].sum(), abs=0.005)


def test_ranges_per_arm_are_those_of_a_second_library(imported, rows):
    from statsmodels.stats.proportion import proportion_confint
    from statsmodels.stats.weightstats import DescrStatsW

    for row in report("campaign-result")["rows"]:
        part = rows[rows["segment"] == row["arm"]]
        for label, column in (("response", "visit"), ("conversion", "conversion")):
            low, high = proportion_confint(part[column].sum(), len(part), method="wilson")
            assert (row[f"{label}_low"], row[f"{label}_high"]) == pytest.approx((low, high), abs=1e-12)
        low, high = DescrStatsW(part["spend"]).tconfint_mean()
        assert (row["revenue_each_low"], row["revenue_each_high"]) == pytest.approx((low, high), abs=1e-6)


def test_lifts_are_those_published_and_their_ranges_those_of_a_second_library(imported, rows):
    from scipy.stats import ttest_ind
    from statsmodels.stats.multitest import multipletests
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    lifts = {
        (row["measure"], row["arm"]): row
        for row in report("campaign-lift")["rows"]
        if row["against"] == NOBODY
    }
    control = rows[rows["segment"] == NOBODY]

    points = {arm: round(100 * lifts["response", arm]["difference"], 2) for arm in (MENS, WOMENS)}
    spend = {arm: round(lifts["revenue", arm]["difference"], 2) for arm in (MENS, WOMENS)}
    assert points == {MENS: 7.66, WOMENS: 4.52}
    assert spend == {MENS: 0.77, WOMENS: 0.42}
    for measure, column in (("response", "visit"), ("conversion", "conversion")):
        chances = []
        for arm in (MENS, WOMENS):
            part = rows[rows["segment"] == arm]
            sides = (part[column].sum(), len(part), control[column].sum(), len(control))
            low, high = confint_proportions_2indep(*sides, compare="diff", method="newcomb")
            row = lifts[measure, arm]
            assert (row["low"], row["high"]) == pytest.approx((low, high), abs=1e-12)
            assert row["extra"] == pytest.approx(row["difference"] * len(part))
            chances.append(proportions_ztest(sides[::2], sides[1::2])[1])
            assert row["p"] == pytest.approx(chances[-1], rel=1e-9)
        corrected = [lifts[measure, arm]["p_corrected"] for arm in (MENS, WOMENS)]
        assert corrected == pytest.approx(list(multipletests(chances, method="holm")[1]), rel=1e-9)
    for arm in (MENS, WOMENS):
        part = rows.loc[rows["segment"] == arm, "spend"]
        both = CompareMeans(DescrStatsW(part), DescrStatsW(control["spend"]))
        row = lifts["revenue", arm]
        assert (row["low"], row["high"]) == pytest.approx(both.tconfint_diff(usevar="unequal"), abs=1e-6)
        assert row["p"] == pytest.approx(ttest_ind(part, control["spend"], equal_var=False).pvalue, rel=1e-5)
        assert row["verdict"] == "gain"


def test_the_range_of_spend_holds_up_against_drawing_again(imported, rows):
    """Spend is nearly always nought and at times large: the bootstrap asks no normal distribution."""
    lifts = {(r["measure"], r["arm"], r["against"]): r for r in report("campaign-lift")["rows"]}
    random = np.random.default_rng(7)
    spend = {arm: part["spend"].to_numpy() for arm, part in rows.groupby("segment")}

    drawn = np.array(
        [
            random.choice(spend[MENS], len(spend[MENS])).mean()
            - random.choice(spend[NOBODY], len(spend[NOBODY])).mean()
            for _ in range(2_000)
        ]
    )

    row = lifts["revenue", MENS, NOBODY]
    assert (row["low"], row["high"]) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.04)


def test_the_conclusion_says_what_the_data_allow(imported):
    summary = report("campaign-result")["summary"]

    assert summary["conclusion"] == "With “Mens E-Mail” clearly more responded than without a message."
    assert "between 7.0 and 8.3 points" in summary["explanation"]
    assert "unless they were drawn by lot" in summary["explanation"]
    assert summary["cost"] is None
    assert summary["return_on_cost"] is None
    assert summary["balance_p"] > 0.001


def test_the_same_file_again_changes_nothing(imported):
    from crm.exchange.asking.service import import_profile
    from crm.work import SYSTEM

    again = import_profile(SYSTEM, PROFILE, data=REALDATA / "hillstrom")

    assert again.failed == 0
    assert all(counted["created"] == 0 and counted["updated"] == 0 for counted in again.totals().values())


def test_the_import_is_taken_back_as_one(imported):
    from sqlalchemy import func, select

    from crm.exchange.undoing.undo import undo_import
    from crm.work import SYSTEM, reading
    from db.models import Campaign, CampaignArm, CampaignMember, Contact

    undone = undo_import(SYSTEM, imported.id)

    assert undone.kept == []
    assert math.prod(undone.removed.values()) == 64_000 * 64_000 * 3 * 1
    with reading(SYSTEM) as session:
        left = [
            session.scalar(select(func.count(c.id))) for c in (Contact, Campaign, CampaignArm, CampaignMember)
        ]
    assert left == [0, 0, 0, 0]
