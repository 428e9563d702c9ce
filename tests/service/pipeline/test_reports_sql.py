"""Every report on deals again in plain SQL, over three hundred seeded deals, on both databases."""

import random
from datetime import UTC, date, datetime, timedelta
from statistics import mean, median

import pytest
from sqlalchemy import text

from db.models import Deal, DealLine
from tests.service.pipeline.selling_company import column, run

SOURCES = ["Fair", "Referral", "", None]
LINE = "coalesce(l.amount_minor, cast(round(l.quantity * p.list_price_minor * (1 - coalesce(l.discount, 0))) AS bigint))"
LINES = "FROM deal_lines l LEFT JOIN products p ON p.id = l.product_id"
#: What deal ``d`` is worth: its amount, else its lines, else its main product at list price.
WORTH = (
    f"coalesce(d.amount_minor, (SELECT sum({LINE}) {LINES} WHERE l.deal_id = d.id),"
    " (SELECT list_price_minor FROM products WHERE id = d.product_id))"
)


@pytest.fixture
def busy(company):
    """Three hundred deals over two years with every gap that real ones have; seeded."""
    chance = random.Random(7)
    first = date(2024, 1, 5)
    deals, lines = [], []
    for number in range(300):
        stage = company.stages[chance.choice(["Contacted", "Quoted", "Signed", "Signed", "Gone"])]
        opened = first + timedelta(days=chance.randrange(600))
        closed = opened + timedelta(days=chance.randrange(120)) if stage.kind != "open" else None
        seller = chance.choice([*company.sellers, None])
        deal = Deal(
            title=f"Deal {number}",
            currency="EUR",
            pipeline_id=company.pipeline.id,
            stage_id=stage.id,
            status=stage.kind,
            amount_minor=chance.choice([None, chance.randrange(100, 10_000_00)]),
            opened_on=chance.choice([opened, opened, None]),
            closed_on=closed,
            owner_id=seller.id if seller else None,
            team_id=chance.choice([None, company.teams[0].id, company.teams[1].id]),
            product_id=chance.choice([None, *(p.id for p in company.products)]),
            source=chance.choice(SOURCES),
            loss_reason_id=chance.choice([None, *(r.id for r in company.reasons)])
            if stage.kind == "lost"
            else None,
            archived_at=datetime(2026, 1, 1, tzinfo=UTC) if number % 17 == 0 else None,
        )
        deals.append(deal)
        if chance.random() < 0.3:
            for _ in range(2):
                price = chance.choice([None, chance.randrange(1, 500_00)])
                line = {"quantity": 2, "unit_price_minor": price, "amount_minor": price and 2 * price}
                lines.append(
                    (deal, line | {"product_id": chance.choice(company.products).id, "currency": "EUR"})
                )
    company.session.add_all(deals)
    company.session.flush()
    company.session.add_all([DealLine(deal_id=deal.id, **line) for deal, line in lines])
    return company


def raw(company, sql):
    """A second computation that shares no line of code with the reports."""
    company.session.flush()
    return company.session.execute(text(sql), execution_options={"system": True}).all()


PERIODS = [{}, {"start": date(2024, 6, 10), "end": date(2025, 2, 3)}]


@pytest.mark.parametrize("period", PERIODS)
class TestAgainstPlainSql:
    """Each figure again in plain SQL."""

    def where(self, period, status="won"):
        limits = " AND closed_on BETWEEN '2024-06-10' AND '2025-02-03'" if period else ""
        return f"d.archived_at IS NULL AND d.status = '{status}'{limits}"

    def totals(self, busy, group, period, status="won", joins=""):
        rows = raw(
            busy,
            f"SELECT {group}, count(*), coalesce(sum({WORTH}), 0) FROM deals d {joins}"
            f" WHERE {self.where(period, status)} GROUP BY {group}",
        )
        return {key: (int(n), int(minor)) for key, n, minor in rows}

    def reported(self, report, key):
        return {row[key]: (row["deals"], round((row["value"] or 0) * 100)) for row in report["rows"]}

    def test_won_by_agent(self, busy, period):
        expected = self.totals(busy, "u.name", period, joins="LEFT JOIN users u ON u.id = d.owner_id")

        assert self.reported(run(busy, "won-by-agent", **period), "agent") == expected

    def test_won_by_manager(self, busy, period):
        joins = "LEFT JOIN users u ON u.id = d.owner_id LEFT JOIN users m ON m.id = u.manager_id"
        expected = self.totals(busy, "m.name", period, joins=joins)

        assert self.reported(run(busy, "won-by-manager", **period), "manager") == expected

    def test_won_by_team_falls_back_to_the_owners(self, busy, period):
        joins = "LEFT JOIN users u ON u.id = d.owner_id LEFT JOIN teams t ON t.id = coalesce(d.team_id, u.team_id)"
        expected = self.totals(busy, "t.name", period, joins=joins)

        assert self.reported(run(busy, "won-by-team", **period), "team") == expected

    def test_won_by_month_and_quarter(self, busy, period):
        dates = raw(busy, f"SELECT closed_on, {WORTH} FROM deals d WHERE {self.where(period)}")
        months: dict[str, int] = {}
        for day, minor in dates:
            months[str(day)[:7]] = months.get(str(day)[:7], 0) + int(minor or 0)

        by_month = column(run(busy, "won-by-month", **period), "month", "value")
        by_quarter = column(run(busy, "won-by-quarter", **period), "quarter", "value")

        assert {m: round(v * 100) for m, v in by_month.items() if v} == {m: v for m, v in months.items() if v}
        assert round(sum(by_quarter.values()) * 100) == sum(months.values())

    def test_win_rate_by_source(self, busy, period):
        won = self.totals(busy, "coalesce(d.source, '')", period)
        lost = self.totals(busy, "coalesce(d.source, '')", period, status="lost")

        report = run(busy, "win-rate-by-source", **period)

        counted: dict[str, tuple[int, int]] = {}
        for row in report["rows"]:
            before = counted.get(row["source"] or "", (0, 0))
            counted[row["source"] or ""] = (before[0] + row["won"], before[1] + row["lost"])
        assert counted == {s: (won.get(s, (0,))[0], lost.get(s, (0,))[0]) for s in won | lost}
        assert report["summary"]["won"] == sum(n for n, _minor in won.values())

    def test_cycle_time(self, busy, period):
        rows = raw(busy, f"SELECT opened_on, closed_on FROM deals d WHERE {self.where(period)}")
        days = [
            (date.fromisoformat(str(b)) - date.fromisoformat(str(a))).days for a, b in rows if a is not None
        ]

        report = run(busy, "cycle-time", **period)

        assert report["n"] == len(days)
        assert report["summary"]["mean_days"] == pytest.approx(mean(days))
        assert report["summary"]["median_days"] == pytest.approx(median(days))

    def test_loss_reasons(self, busy, period):
        joins = "LEFT JOIN loss_reasons r ON r.id = d.loss_reason_id"
        expected = self.totals(busy, "r.name", period, status="lost", joins=joins)

        assert self.reported(run(busy, "loss-reasons", **period), "reason") == expected

    def test_won_by_product_divides_a_deal_among_its_lines(self, busy, period):
        won = raw(
            busy, f"SELECT d.id, {WORTH}, d.product_id FROM deals d WHERE {self.where(period)} ORDER BY d.id"
        )
        lines: dict[int, list[tuple[int, int]]] = {}
        for deal, product, minor in raw(
            busy, f"SELECT l.deal_id, l.product_id, {LINE} {LINES} ORDER BY l.id"
        ):
            lines.setdefault(deal, []).append((product, int(minor)))
        names = dict(raw(busy, "SELECT id, name FROM products"))
        value: dict[str | None, float] = {}
        deals: dict[str | None, set[int]] = {}
        for deal, worth, main in won:
            parts = lines.get(deal, [(main, 1)])
            for product, weight in parts:
                name = names.get(product)
                value[name] = value.get(name, 0) + int(worth or 0) * weight / sum(w for _p, w in parts)
                deals.setdefault(name, set()).add(deal)

        report = run(busy, "won-by-product", **period)

        assert column(report, "product", "deals") == {name: len(ids) for name, ids in deals.items()}
        for row in report["rows"]:
            assert row["value"] * 100 == pytest.approx(value[row["product"]], abs=len(deals[row["product"]]))
        assert report["n"] == report["summary"]["deals"] == len(won)
        assert round(report["summary"]["value"] * 100) == sum(int(worth or 0) for _d, worth, _p in won)
