"""Every number and clickable mark of marketing in the sample company, counted a second time from plain rows.

Five periods, two filters, three people. What a number opens must be exactly the rows counted here.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest

from crm.analytics.intervals import wilson
from crm.campaigns.reports.marketing_dashboard import MarketingQuestion, marketing_board
from crm.campaigns.reports.marketing_records import marketing_records
from crm.campaigns.reports.result_members import result_members
from crm.campaigns.reports.results import campaign_result
from crm.clock import zone
from crm.reporting.catalogue import run_report
from crm.reporting.report import SalesFilter
from crm.ui.campaigns.result_words import numbers as result_numbers
from crm.ui.kit import formats
from crm.ui.marketing.cards import numbers
from crm.ui.marketing.records import titles
from crm.work import reading
from tests.service.reporting.sample_firm import NOW, TODAY, person, sees, stored

pytestmark = pytest.mark.usefixtures("firm")

PERIODS = {
    "quarter": MarketingQuestion("quarter", TODAY),
    "year": MarketingQuestion("year", TODAY),
    "all": MarketingQuestion("all", TODAY),
    "days": MarketingQuestion("custom", TODAY, date(2026, 11, 11), date(2026, 11, 25)),
    "past": MarketingQuestion("custom", TODAY, date(2025, 1, 1), date(2025, 3, 31)),
}
FILTERS = {"none": SalesFilter(), "source": SalesFilter(sources=("Campaign", "Web enquiry"))}
PEOPLE = ("Ingrid Solheim", "Lucas Moreau", "Jonas Petersen")


def day_of(text):
    if text is None:
        return None
    if len(text) == 10:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).replace(tzinfo=NOW.tzinfo).astimezone(zone()).date()


class Count:
    """The leads, campaigns, members and deals of one choice, for one person, by hand. The firm counts in euros."""

    def __init__(self, who, asked):
        self.asked = asked
        self.start, self.end = self.days()
        mine, sources = partial(sees, who), asked.chosen.sources
        self.rates = sorted(
            (r["day"], r["rate"]) for r in stored("SELECT * FROM rates WHERE currency = 'DKK'")
        )
        deals = stored("SELECT * FROM deals WHERE archived_at IS NULL")
        every = stored("SELECT * FROM leads WHERE archived_at IS NULL")
        self.leads = [lead for lead in every if mine(lead)]
        self.came = [
            lead for lead in self.leads
            if self.within(lead["created_at"]) and (not sources or lead["source"] in sources)
        ]  # fmt: skip
        self.deals = {d["id"]: d for d in deals if mine(d)}
        self.campaigns = {
            c["id"]: c for c in stored("SELECT * FROM campaigns WHERE archived_at IS NULL")
            if mine(c) and self.within(c["starts_on"] or c["started_at"])
        }  # fmt: skip
        control = {
            (a["campaign_id"], a["name"]) for a in stored("SELECT * FROM campaign_arms WHERE is_control = 1")
        }
        self.members = [
            m for m in stored("SELECT * FROM campaign_members")
            if m["campaign_id"] in self.campaigns and (m["campaign_id"], m["arm"]) not in control
        ]  # fmt: skip
        self.contacts = {c["id"] for c in stored("SELECT * FROM contacts") if mine(c)}
        costed = {key for key, c in self.campaigns.items() if c["cost_minor"] is not None}
        self.cost = sum(self.campaigns[key]["cost_minor"] for key in costed)
        self.all_leads = [lead for lead in every if lead["campaign_id"] in costed]
        self.all_won = [d for d in deals if d["campaign_id"] in costed and d["status"] == "won"]
        self.costed = costed
        self.messaged = [m for m in self.members if m["state"] in ("sent", "unsubscribed")]

    def days(self):
        asked = self.asked
        if asked.kind == "custom":
            return asked.start, asked.end
        if asked.kind == "quarter":
            return date(2026, 10, 1), TODAY
        return (date(2026, 1, 1), TODAY) if asked.kind == "year" else (None, None)

    def within(self, text):
        day = day_of(text)
        if self.start is None:
            return True
        return day is not None and self.start <= day <= self.end

    def euros(self, deal):
        """What a deal is worth in cents, at the rate of the day it was closed."""
        if deal["currency"] == "EUR":
            return deal["amount_minor"]
        rate = [rate for day, rate in self.rates if day <= deal["closed_on"]][-1]
        return round(Decimal(deal["amount_minor"]) * Decimal(str(rate)))

    def way(self, leads):
        """How many leads became contacts, have a deal and won it, and for how much."""
        deals = [self.deals[lead["deal_id"]] for lead in leads if lead["deal_id"] in self.deals]
        won = [d for d in deals if d["status"] == "won"]
        converted = sum(lead["status"] == "converted" for lead in leads)
        return len(leads), converted, len(deals), len(won), sum(map(self.euros, won))


@pytest.fixture(
    scope="module", params=[(p, f, w) for p in PERIODS for f in FILTERS for w in PEOPLE], ids="-".join
)
def seen(request, firm):
    """A dashboard with the person it is for, its question and the second count."""
    period, chosen, name = request.param
    who, asked = person(name), replace(PERIODS[period], chosen=FILTERS[chosen])
    with reading(who) as session:
        found = marketing_board(session, asked)
    return who, asked, found, Count(who, asked)


def test_every_number_is_what_its_records_are(seen):
    who, asked, found, count = seen
    came, leads, won, messages = numbers(found)

    hits = sum(m["responded"] for m in count.messaged)
    each = [round(count.cost / len(rows)) if rows else None for rows in (count.all_leads, count.all_won)]
    assert (came.value, came.n) == (str(len(count.came)), len(count.came))
    assert (leads.value, leads.n) == (formats.short_money(each[0], "EUR") or "–", len(count.all_leads))
    assert (won.value, won.n) == (formats.short_money(each[1], "EUR") or "–", len(count.all_won))
    if count.all_leads:
        assert (
            leads.change
            == f"{formats.short_money(count.cost, 'EUR')} ÷ {len(count.all_leads)} leads naming one"
        )
    share = wilson(hits, len(count.messaged))
    assert messages.value == (formats.percent(share.share, decimals=1) if share.n else "–")
    assert messages.n == len(count.messaged)

    def visible(rows):
        return {row["id"] for row in rows if sees(who, row)}

    expected = {
        "came": {lead["id"] for lead in count.came},
        "leads": visible(count.all_leads),
        "won": visible(count.all_won),
        "messages": sorted(m["contact_id"] for m in count.messaged if m["contact_id"] in count.contacts),
    }
    for item, (what, rows) in zip((came, leads, won, messages), expected.items(), strict=True):
        assert item.query["marketing_show"] == titles()[what]
        with reading(who) as session:
            opened, total = marketing_records(session, asked, what, limit=5_000)
        assert total == len(opened) == len(rows)
        assert (sorted(opened["id"]) if what == "messages" else set(opened["id"])) == rows
        if who.role == "administrator":
            assert total == item.n


def test_the_funnel_follows_the_same_leads(seen):
    _who, _asked, found, count = seen
    columns = ["leads", "converted", "deals", "won", "won_value_minor"]
    whole = [found.total(found.sources, column) for column in columns]
    assert whole == list(count.way(count.came))
    assert whole[0] >= whole[1] >= whole[3]
    assert whole[0] >= whole[2] >= whole[3]
    for row in found.sources.to_dict("records"):
        assert [row[c] for c in columns] == list(
            count.way([x for x in count.came if x["source"] == row["source"]])
        )


def test_every_campaign_says_what_its_members_and_records_say(seen):
    who, _asked, found, count = seen
    assert set(found.campaigns["id"]) == set(count.campaigns)
    for row in found.campaigns.to_dict("records"):
        key = row["id"]
        members = [m for m in count.members if m["campaign_id"] == key]
        bought = [m for m in members if m["converted"]]
        assert (row["members"], row["contacted"]) == (
            len(members), sum(m["state"] in ("sent", "unsubscribed") for m in members)
        )  # fmt: skip
        assert (row["responded"], row["converted"]) == (sum(m["responded"] for m in members), len(bought))
        assert row["revenue_minor"] == sum(m["revenue_minor"] for m in members)
        named = [d for d in count.deals.values() if d["campaign_id"] == key]
        won = [d for d in named if d["status"] == "won"]
        assert (row["deals"], row["won"]) == (len(named), len(won))
        assert row["won_value_minor"] == sum(map(count.euros, won))
        assert row["leads"] == sum(lead["campaign_id"] == key for lead in count.leads)
        # The campaign's own page says the same of its arms with a message.
        with reading(who) as session:
            result = campaign_result(session, key)
        arms = [arm for arm in result.arms if not arm.is_control]
        assert sum(arm.n for arm in arms) == row["members"]
        assert sum(arm.converted for arm in arms) == row["converted"]
        assert sum(arm.revenue.total for arm in arms) == pytest.approx(row["revenue_minor"])
        assert result.cost_minor == row["cost_minor"]


def test_the_reports_of_the_same_days_say_the_same(seen):
    who, asked, found, count = seen
    chosen = replace(asked.chosen, start=count.start, end=count.end)
    with reading(who) as session:
        told = {name: run_report(session, name, chosen) for name in REPORTS}
    way = count.way(count.came)
    funnel = told["funnel-by-source"].summary
    assert tuple(funnel[c] for c in ("leads", "converted", "deals", "won", "won_value_minor")) == way
    assert told["leads-by-source"].n == way[0]
    cost = told["cost-per-lead"].summary
    if count.costed:
        assert cost["cost_minor"] == count.cost
        assert cost["divided_by_leads"] == len(count.all_leads)
        assert cost["cost_per_lead_minor"] == found.cost_per("leads")[0]
    revenue = sum(m["revenue_minor"] for m in count.members)
    assert (
        told["funnel-by-campaign"].summary["revenue_minor"]
        == found.total(found.campaigns, "revenue_minor")
        == revenue
    )
    assert told["response-by-segment"].n == found.response.n == len(count.messaged)


REPORTS = (
    "leads-by-source",
    "funnel-by-source",
    "funnel-by-campaign",
    "cost-per-lead",
    "response-by-segment",
)


def test_won_value_by_month_is_that_of_all_won_deals(seen):
    _who, asked, found, count = seen
    sources = asked.chosen.sources
    for row in found.months.itertuples():
        won = [
            d for d in count.deals.values()
            if d["status"] == "won" and d["closed_on"][:7] == f"{row.month:%Y-%m}" and (not sources or d["source"] in sources)
            and (count.end is None or date.fromisoformat(d["closed_on"]) <= count.end)
        ]  # fmt: skip
        assert (row.deals, row.won_value_minor) == (len(won), sum(map(count.euros, won)))


@pytest.mark.parametrize("key", range(1, 6))
def test_every_arm_of_a_campaign_opens_its_members(firm, key):
    who = person("Lucas Moreau")
    members = stored("SELECT * FROM campaign_members WHERE campaign_id = :key", key=key)
    contacts = {c["id"] for c in stored("SELECT * FROM contacts") if sees(who, c)}
    with reading(who) as session:
        result = campaign_result(session, key)
        assert result_numbers(result, result.main)
        for arm in result.arms:
            mine = [m for m in members if m["arm"] == arm.name]
            assert (arm.n, arm.responded, arm.converted) == (
                len(mine), sum(m["responded"] for m in mine), sum(m["converted"] for m in mine)
            )  # fmt: skip
            assert arm.revenue.total == sum(m["revenue_minor"] for m in mine)
            shown = {m["contact_id"] for m in mine if m["contact_id"] in contacts}
            opened = result_members(session, key, arm=arm.name)
            assert (set(opened.rows["contact_id"]), opened.total) == (shown, len(shown))


def test_the_newest_period_with_data_is_shown_when_the_running_one_is_empty(firm):
    later = TODAY + timedelta(days=400)
    with reading(person("Ingrid Solheim")) as session:
        found = marketing_board(session, MarketingQuestion("quarter", later))

    assert found.moved
    assert found.period.start <= found.newest <= found.period.end
    assert len(found.campaigns) or len(found.sources)
