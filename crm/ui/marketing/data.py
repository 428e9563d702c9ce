"""What the marketing dashboard reads."""

from __future__ import annotations

from crm.campaigns.reports.marketing_dashboard import marketing_board, marketing_choices
from crm.campaigns.reports.marketing_records import marketing_records
from crm.ui.dashboards.figures import kept_figures
from crm.ui.kit.kept import Kept
from crm.ui.marketing.figures import draw

choices, board = Kept(marketing_choices, most=50), Kept(marketing_board, most=60)
records = Kept(marketing_records, most=50)
figures = kept_figures(draw)
