"""What a person reads off dashboard and board of the small selling company, for hand-checked numbers."""

from datetime import UTC, date, datetime

from crm.pipeline.board import PipelineFilters, board
from crm.pipeline.reports.report_dashboard import Question, sales_dashboard
from crm.reporting.report import SalesFilter
from db.models import Rate

TODAY = date(2026, 11, 30)
JUNE = date(2026, 6, 10)


def sales(company, kind="all", start=None, end=None, today=TODAY, **chosen):
    """The dashboard of the program itself."""
    company.session.flush()
    return sales_dashboard(company.session, Question(kind, today, start, end, SalesFilter(**chosen)))


def columns(company, today=TODAY):
    """The board's columns by stage."""
    company.session.flush()
    found = board(
        company.session,
        PipelineFilters(company.pipeline.id, today),
        now=datetime.combine(today, datetime.min.time(), UTC),
    )
    return {one.name: one for one in found}


def rated(company, **rates):
    for day, rate in rates.items():
        company.add(Rate(currency="USD", day=date.fromisoformat(day[1:].replace("_", "-")), rate=rate))
