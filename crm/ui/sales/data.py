"""What the sales dashboard reads."""

from __future__ import annotations

from crm.pipeline.reports.report_dashboard import sales_choices, sales_dashboard
from crm.pipeline.reports.report_records import deal_records
from crm.ui.dashboards.figures import kept_figures
from crm.ui.kit.kept import Kept
from crm.ui.sales.figures import draw

choices, board, records = Kept(sales_choices, most=50), Kept(sales_dashboard), Kept(deal_records)
figures = kept_figures(draw)


def clear() -> None:
    """Forget the dashboard's numbers after a write that changes them."""
    for kept in (choices, board, records):
        kept.clear()
