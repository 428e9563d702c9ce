"""What the service dashboard reads."""

from __future__ import annotations

from crm.service.reports.service_dashboard import service_choices, service_dashboard
from crm.service.reports.service_dashboard_records import service_records, visit_records
from crm.ui.dashboards.figures import kept_figures
from crm.ui.kit.kept import Kept
from crm.ui.service_board.figures import draw

choices, board = Kept(service_choices, most=50), Kept(service_dashboard)
records, visits = Kept(service_records), Kept(visit_records, most=20)
figures = kept_figures(draw)
