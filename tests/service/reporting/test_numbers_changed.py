"""What changed after days were over is said beside their numbers."""

from datetime import UTC, date, datetime, time
from typing import ClassVar

import pytest
import time_machine
from sqlalchemy import update

from crm.periods import Period
from crm.pipeline.reports.report_changes import changed_after
from crm.reporting.book import open_book
from crm.reporting.report import SalesFilter
from db.models import Change, ChangeBatch, DealLine, Import
from tests.service.pipeline.selling_company import run
from tests.service.reporting.number_hands import JUNE, TODAY, sales

FIRST = datetime(2025, 12, 1, tzinfo=UTC)
NOON = time(12)


@pytest.fixture(autouse=True)
def that_day():
    """The reports are asked on the day on which the year of these tests ends."""
    with time_machine.travel(datetime.combine(TODAY, NOON, UTC)):
        yield


class TestLaterChanges:
    YEAR: ClassVar = {"start": date(2026, 1, 1), "end": TODAY}

    def changed(self, company, record, before, day=date(2026, 10, 15)):
        """Write into the log what a record, entered long ago, was before a day."""
        company.session.flush()
        now = ChangeBatch.at > datetime(2026, 11, 1, tzinfo=UTC)
        company.session.execute(update(ChangeBatch).where(now).values(at=FIRST))
        batch = company.add(ChangeBatch(at=datetime.combine(day, NOON, UTC), cause="screen"))
        values = {"entity": record.__tablename__, "record_id": record.id, "op": "U", "old": before}
        company.add(Change(batch_id=batch.id, new={}, **values))

    def notes(self, company, name="won-by-month", **chosen):
        return " ".join(run(company, name, **self.YEAR, **chosen)["notes"])

    @pytest.mark.parametrize("name", ["won-by-month", "average-deal", "win-rate", "targets"])
    def test_a_month_that_is_over_within_a_running_year_says_what_changed(self, company, name):
        deal = company.won(1_000_00, date(2026, 9, 10), title="Big one")
        same = company.won(1_000_00, date(2026, 9, 10), title="In time")
        self.changed(company, deal, {"amount_minor": 400_00})
        self.changed(company, same, {"status": "open", "closed_on": None}, day=date(2026, 9, 10))

        assert "+600" in self.notes(company, name)
        assert "In time" not in self.notes(company, name)
        assert [one.minor for one in sales(company, "year").changed] == [600_00]

    def test_a_lost_deal_that_was_reopened_and_another_owner_or_source_are_said(self, company):
        reopened = company.deal("Quoted", title="Again")
        moved = company.won(500_00, JUNE, title="Handed on", owner_id=company.sellers[0].id)
        self.changed(company, reopened, {"status": "lost", "closed_on": "2026-06-03"})
        self.changed(company, moved, {"owner_id": company.sellers[1].id, "source": "Fair"})

        assert all(word in self.notes(company) for word in ("Again", "Handed on", "2 deals"))
        assert "-500" in self.notes(company, owners=(company.sellers[1].id,))
        assert "+500" in self.notes(company, owners=(company.sellers[0].id,))
        assert "-500" in self.notes(company, sources=("Fair",))

    def test_a_deal_that_counts_at_a_list_price_says_that_the_price_changed(self, company):
        company.deal("Signed", title="At list", closed_on=JUNE, product_id=company.products[0].id)
        company.deal("Signed", title="After", closed_on=TODAY, product_id=company.products[0].id)
        self.changed(company, company.products[0], {"list_price_minor": 1_00})

        assert "At list" in self.notes(company)
        assert "After" not in self.notes(company)

    @pytest.mark.parametrize(
        ("before", "word"),
        [
            ({"closed_on": "2026-05-10"}, "Closed"),
            ({"archived_at": "2026-06-20T12:00:00+00:00"}, "Archived"),
            ({"team_id": 1}, "Team"),
            ({"campaign_id": 99}, "Campaign"),
            ({"source": "Fair", "status": "won"}, "Source, Status"),
        ],
    )
    def test_what_changed_is_said_and_nothing_else(self, company, before, word):
        deal = company.deal("Gone", title="Lost one", closed_on=JUNE)
        self.changed(company, deal, before)

        assert f"1 deal changed ({word}): Lost one" in self.notes(company)

    def test_a_currency_that_only_the_past_had_is_not_said_to_be_left_out(self, company):
        self.changed(company, company.won(100_00, JUNE), {"currency": "GBP"})

        assert "GBP" not in self.notes(company)

    def test_of_a_deal_the_part_counts_that_lies_in_the_products_asked_for(self, company):
        deal = company.won(1_000_00, JUNE, title="Two parts")
        for product, minor in zip(company.products, (300_00, 700_00), strict=False):
            company.add(DealLine(deal_id=deal.id, product_id=product.id, amount_minor=minor, currency="EUR"))
        self.changed(company, deal, {"amount_minor": 400_00})

        days = {"start": date(2026, 6, 1), "end": date(2026, 6, 30)}
        shown = [
            one.minor
            for chosen in ({}, {"products": (company.products[0].id,)}, {"products": (company.products[1].id,)})
            for one in changed_after(
                company.session, open_book(company.session), SalesFilter(**days, **chosen),
                Period("custom", *days.values()), today=TODAY,
            )
        ]  # fmt: skip

        assert shown == [600_00, 180_00, 420_00]

    def test_a_price_list_that_came_by_file_is_said_and_an_imported_deal_is_not(self, company):
        company.deal("Signed", title="At list", closed_on=JUNE, product_id=company.products[0].id)
        moved = company.won(500_00, JUNE, title="By file")
        self.changed(company, company.products[0], {"list_price_minor": 1_00})
        self.changed(company, moved, {"amount_minor": 1_00})
        run_ = company.add(Import(name="prices.csv"))
        company.session.execute(update(ChangeBatch).values(import_id=run_.id))

        assert "changed (List price): At list" in self.notes(company)
        assert "By file" not in self.notes(company)


def test_a_closed_month_that_changed_afterwards_says_so(company):
    deal = company.won(1_000_00, date(2026, 9, 10), title="Big one")
    company.session.flush()
    deal.stage_id, deal.status, deal.closed_on = company.stages["Quoted"].id, "open", None
    company.session.flush()
    batch = company.add(ChangeBatch(at=datetime(2026, 10, 15, tzinfo=UTC), cause="screen"))
    company.add(
        Change(
            batch_id=batch.id,
            entity="deals",
            record_id=deal.id,
            op="U",
            old={"status": "won", "closed_on": "2026-09-10"},
            new={"status": "open", "closed_on": None},
        )
    )

    report = run(company, "won-by-month", start=date(2026, 9, 1), end=date(2026, 9, 30))
    shown = sales(company, "custom", date(2026, 9, 1), date(2026, 9, 30))

    assert report["summary"]["value"] == 0
    assert any("-1,000" in note and "Big one" in note for note in report["notes"])
    assert [(one.title, one.minor) for one in shown.changed] == [("Big one", -1_000_00)]
