"""Reports and dashboard of marketing against the same sums made by hand from plain rows."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from sqlalchemy import select
from statsmodels.stats.proportion import proportion_confint

from crm.campaigns.reports.marketing_dashboard import MarketingQuestion, marketing_board, marketing_choices
from crm.reporting.catalogue import run_report, to_json
from crm.reporting.report import SalesFilter
from crm.work import SYSTEM, Actor, reading, unit_of_work
from db.models import Campaign, CampaignArm, CampaignMember, Contact, Deal, Lead, Segment, Stage
from tests.service.pipeline.selling_company import column

TODAY = date(2026, 6, 30)
SOURCES = ("Web", "Fair", None)


def add(work, row):
    work.session.add(row)
    work.session.flush()
    return row


@pytest.fixture
def market(people):
    """Two campaigns with a cost and one without, 60 leads of three sources, deals of a part of them, members of two."""
    sue = people["sue"]
    with unit_of_work(SYSTEM) as work:
        stages = {s.kind: s for s in work.session.scalars(select(Stage).order_by(Stage.position.desc()))}
        segment = add(work, Segment(name="Hotels", name_key="hotels"))
        campaigns = [
            add(work, Campaign(name=name, name_key=name, status="closed", starts_on=day, ends_on=day.replace(day=28),
                               cost_minor=cost, currency="EUR" if cost else None, segment_id=segment.id))
            for name, day, cost in (
                ("Winter", date(2026, 1, 5), 300_00), ("Spring", date(2026, 4, 6), 1_000_01),
                ("Free", date(2026, 5, 4), None),
            )
        ]  # fmt: skip
        for number in range(60):
            campaign = campaigns[number % 4] if number % 4 < 3 else None
            deal = None
            if number % 3 == 0:
                kind = "won" if number % 2 else "lost" if number % 4 else "open"
                deal = add(work, Deal(
                    title="Deal", pipeline_id=stages[kind].pipeline_id, stage_id=stages[kind].id, status=kind,
                    amount_minor=10_00 * (number + 1), currency="EUR", opened_on=date(2026, 5, 1),
                    closed_on=None if kind == "open" else date(2026, 5, 1 + number % 28),
                    source=SOURCES[number % 2], campaign_id=campaign.id if campaign else None,
                    owner_id=sue.user_id if number % 6 == 0 else None, team_id=sue.teams[0] if number % 6 == 0 else None,
                ))  # fmt: skip
            add(work, Lead(
                name=f"Lead {number}", source=SOURCES[number % 3], status="converted" if deal else "new",
                deal_id=deal.id if deal else None, campaign_id=campaign.id if campaign else None,
                created_at=datetime(2026, 1 + number % 6, 15, tzinfo=UTC),
                owner_id=sue.user_id if number % 6 == 0 else None, team_id=sue.teams[0] if number % 6 == 0 else None,
            ))  # fmt: skip
        for campaign, n in ((campaigns[0], 40), (campaigns[1], 30)):
            for name, control in (("A", False), ("Control", True)):
                add(work, CampaignArm(campaign_id=campaign.id, name=name, is_control=control))
            for number in range(n):
                contact = add(work, Contact(name="Ana", name_key="ana", segment="Hotel" if number % 2 else None,
                                            source="Web", created_at=datetime(2026, 2, 1, tzinfo=UTC)))  # fmt: skip
                control = number % 5 == 0
                add(work, CampaignMember(
                    campaign_id=campaign.id, contact_id=contact.id, arm="Control" if control else "A",
                    state="control" if control else "failed" if number == 1 else "sent", responded=number % 4 == 0,
                ))  # fmt: skip
    return {campaign.name: campaign.id for campaign in campaigns}


def told(name, actor=SYSTEM, **chosen):
    with reading(actor) as session:
        return to_json(run_report(session, name, SalesFilter(**chosen)))


def plain_leads():
    """Leads with their deals and the cost of one of the campaign's leads, row by row."""
    with reading(SYSTEM) as session:
        deals = {deal.id: deal for deal in session.scalars(select(Deal))}
        costs = {c.id: c.cost_minor for c in session.scalars(select(Campaign))}
        leads = list(session.scalars(select(Lead)))
    per_campaign = pd.Series([lead.campaign_id for lead in leads]).value_counts()
    rows = []
    for lead in leads:
        deal, cost = deals.get(lead.deal_id), costs.get(lead.campaign_id)
        won = deal is not None and deal.status == "won"
        rows.append({
            "source": lead.source or "none", "campaign": lead.campaign_id or 0, "converted": lead.status == "converted",
            "deal": deal is not None, "won": won, "lost": deal is not None and deal.status == "lost",
            "value": deal.amount_minor if won else 0,
            "cost": cost / per_campaign[lead.campaign_id] if cost else None,
        })  # fmt: skip
    return pd.DataFrame(rows)


def test_leads_by_source_are_the_sums_of_the_leads(market):
    made, rows = told("leads-by-source"), plain_leads()

    assert made["n"] == 60
    for line in made["rows"]:
        part = rows[rows["source"] == (line["source"] or "none")]
        assert (line["leads"], line["converted"], line["deals"], line["won"], line["lost"]) == (
            len(part), part["converted"].sum(), part["deal"].sum(), part["won"].sum(), part["lost"].sum(),
        )  # fmt: skip
        low, high = proportion_confint(part["converted"].sum(), len(part), method="wilson")
        assert (line["conversion_low"], line["conversion_high"]) == pytest.approx((low, high))
        if closed := part["won"].sum() + part["lost"].sum():
            assert line["win_rate"] == pytest.approx(part["won"].sum() / closed)
            low, high = proportion_confint(part["won"].sum(), closed, method="wilson")
            assert (line["win_rate_low"], line["win_rate_high"]) == pytest.approx((low, high))
        costed = part[part["cost"].notna()]
        assert line["cost"] * 100 == pytest.approx(costed["cost"].sum(), abs=1)
        assert line["cost_per_lead"] * 100 == pytest.approx(costed["cost"].sum() / len(costed), abs=1)
        if costed["won"].sum():
            assert line["cost_per_won"] * 100 == pytest.approx(
                costed["cost"].sum() / costed["won"].sum(), abs=1
            )
        else:
            assert line["cost_per_won"] is None


def test_the_won_value_of_leads_is_that_of_their_deals(market):
    made, rows = told("leads-by-source"), plain_leads()

    assert made["summary"]["won_value"] * 100 == rows["value"].sum()
    assert column(made, "source", "won_value") == {
        None if source == "none" else source: value / 100
        for source, value in rows.groupby("source")["value"].sum().items()
    }


def test_a_deal_of_two_leads_counts_once_for_the_first_of_them(market):
    before = column(told("funnel-by-source"), "source", "deals")
    value = told("leads-by-source")["summary"]["won_value"]
    with unit_of_work(SYSTEM) as work:
        won = work.session.scalars(
            select(Lead).join(Deal).where(Deal.status == "won").order_by(Lead.id)
        ).first()
        add(
            work,
            Lead(
                name="Twice",
                source="Fair",
                status="converted",
                deal_id=won.deal_id,
                created_at=won.created_at,
            ),
        )

    after = told("leads-by-source")

    assert column(after, "source", "deals") == before
    assert after["summary"]["won_value"] == value
    assert after["summary"]["leads"] == 61


def test_cost_is_shared_out_whole_and_campaigns_without_one_are_left_out(market):
    made = told("cost-per-lead")
    rows = plain_leads()

    assert [row["campaign"] for row in made["rows"]] == ["Winter", "Spring"]
    assert made["summary"]["cost"] == 1_300.01
    for line in made["rows"]:
        part = rows[rows["campaign"] == market[line["campaign"]]]
        assert line["leads"] == len(part)
        assert line["cost_per_lead"] == pytest.approx(line["cost"] / len(part), abs=0.01)
    whole = rows[rows["campaign"].isin([market["Winter"], market["Spring"]])]
    assert made["summary"]["cost_per_lead"] == pytest.approx(1_300.01 / len(whole), abs=0.01)


def test_the_funnel_follows_the_same_leads_under_their_own_source(market):
    made, rows = told("funnel-by-source"), plain_leads()

    found = {row["source"]: row for row in made["rows"]}
    for source in ("Web", "Fair"):
        part = rows[rows["source"] == source]
        told_of = [found[source][name] for name in ("leads", "converted", "deals", "won")]
        assert told_of == [len(part), part["converted"].sum(), part["deal"].sum(), part["won"].sum()]
    assert (made["summary"]["leads"], made["summary"]["deals"]) == (60, 20)


def test_the_period_limits_leads_by_their_arrival_and_not_what_became_of_them(market):
    may = {"start": date(2026, 5, 1), "end": date(2026, 5, 31)}

    with reading(SYSTEM) as session:
        came = [lead for lead in session.scalars(select(Lead)) if lead.created_at.month == 5]
    assert told("leads-by-source", **may)["n"] == len(came) == 10
    with_deal = sum(lead.deal_id is not None for lead in came)
    assert told("funnel-by-source", **may)["summary"]["deals"] == with_deal
    assert [row["campaign"] for row in told("campaign-calendar", **may)["rows"]] == ["Free"]


def test_filters_are_source_owner_and_campaign(market, people):
    sue = people["sue"].user_id

    assert told("leads-by-source", sources=("Web",))["n"] == 20
    assert told("leads-by-source", sources=("Web", ""))["n"] == 40
    assert told("leads-by-source", owners=(sue,))["n"] == 10
    assert told("leads-by-source", teams=people["sue"].teams)["n"] == 10
    assert told("leads-by-source", campaigns=(market["Free"],))["n"] == 15
    assert [row["campaign"] for row in told("funnel-by-campaign", campaigns=(market["Free"],))["rows"]] == [
        "Free"
    ]


def test_those_contacted_got_a_message_and_are_no_control_group(market):
    rows = {row["campaign"]: row for row in told("funnel-by-campaign")["rows"]}

    assert {name: row["contacted"] for name, row in rows.items()} == {"Winter": 31, "Spring": 23, "Free": 0}
    assert [rows["Winter"]["leads"], rows["Free"]["leads"]] == [15, 15]


def test_response_by_segment_has_ranges_and_adds_up(market):
    made = told("response-by-segment")

    rows = {(row["by"], row["segment"]): row for row in made["rows"]}
    assert rows["campaign", "Hotels"]["members"] == made["n"] == 54
    assert sum(row["members"] for (by, _s), row in rows.items() if by == "contact") == 54
    one = rows["contact", "Hotel"]
    with reading(SYSTEM) as session:
        found = list(
            session.execute(
                select(CampaignMember.responded)
                .join(Contact, Contact.id == CampaignMember.contact_id)
                .where(CampaignMember.state == "sent", Contact.segment == "Hotel")
            )
        )
    hits = sum(bool(row[0]) for row in found)
    assert (one["members"], one["responded"]) == (len(found), hits)
    assert (one["low"], one["high"]) == pytest.approx(proportion_confint(hits, len(found), method="wilson"))


def test_two_segments_of_one_name_are_told_apart(market):
    with unit_of_work(SYSTEM) as work:
        other = add(work, Segment(name="Hotels", name_key="hotels"))
        work.session.get(Campaign, market["Spring"]).segment_id = other.id

    rows = [row for row in told("response-by-segment")["rows"] if row["by"] == "campaign"]
    assert sorted(row["segment"] for row in rows) == [f"Hotels #{n}" for n in (other.id - 1, other.id)]


def test_nobody_counts_past_their_scope(market, people):
    sue = people["sue"]
    grants = frozenset((entity, "read", "own") for entity in ("lead", "deal", "contact", "campaign"))
    own = Actor(sue.user_id, "Sue", "rep", sue.teams, grants)

    assert told("leads-by-source", own)["n"] == 10
    assert told("funnel-by-source", own)["summary"] | {"won_value": 0} == {
        "leads": 10, "converted": 10, "deals": 10, "won": 0, "lost": 5, "won_value": 0,
    }  # fmt: skip
    assert told("campaign-calendar", own)["rows"] == []
    assert told("response-by-segment", own)["n"] == 0
    with reading(own) as session:
        board = marketing_board(session, MarketingQuestion("all", TODAY))
    assert (board.total(board.sources, "leads"), len(board.campaigns), board.response.n) == (10, 0, 0)


def test_the_dashboard_holds_the_figures_of_the_reports(market):
    with reading(SYSTEM) as session:
        board = marketing_board(session, MarketingQuestion("all", TODAY))
        choices = marketing_choices(session)

    costs = told("cost-per-lead")["summary"]
    assert board.cost_minor == 1_300_01
    assert board.cost_per("leads") == (round(costs["cost_per_lead"] * 100), 1_300_01, 30)
    assert board.total(board.sources, "leads") == 60
    assert board.response.n == 54
    assert int(board.months["won_value_minor"].sum()) == plain_leads()["value"].sum()
    assert list(choices.campaigns.values()) == ["Free", "Spring", "Winter"]
    assert choices.sources == ("Fair", "Web")


def test_the_dashboard_of_a_period_counts_only_it(market):
    asked = MarketingQuestion("quarter", TODAY)

    with reading(SYSTEM) as session:
        board = marketing_board(session, asked)
        of_one = marketing_board(
            session, replace(asked, kind="all", chosen=SalesFilter(campaigns=(market["Winter"],)))
        )

    assert board.campaigns["name"].tolist() == ["Spring", "Free"]
    assert board.total(board.sources, "leads") == 30
    assert len(board.months) == 12
    assert of_one.campaigns["name"].tolist() == ["Winter"]


def test_an_empty_company_has_an_empty_dashboard(people):
    with reading(SYSTEM) as session:
        board = marketing_board(session, MarketingQuestion("12months", TODAY))

    assert board.is_empty
    assert (board.cost_minor, board.cost_per("leads"), board.response.n) == (None, (None, 0, 0), 0)
