"""The cards of the service dashboard, each a question with its chart; a click on a mark names the cases below."""

from __future__ import annotations

from dataclasses import dataclass, field

from crm.i18n import _
from crm.service.reports.service_dashboard import ServiceBoard
from crm.service.reports.service_dashboard_records import Part
from crm.service.reports.service_reports_formulas import formula
from crm.ui.dashboards.cards import Card, formulas, show_wall
from crm.ui.dashboards.figures import Drawn
from crm.ui.kit import formats
from crm.ui.service_board.figures import VISIT_WEEKS

#: Charts whose marks stand for no cases.
UNMARKED = {"weeks", "visits", "parts"}


@dataclass
class Clicked:
    """What was clicked in the charts: how people read it, and what it means."""

    names: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def add(self, labels: list[str], meant: dict[str, list[Part]]) -> None:
        """Remember the picked labels of one chart."""
        found = [part for label in labels for part in meant.get(label, [])]
        if found:
            self.names += labels
            self.parts += found

    def title(self) -> str:
        """What the cases below are."""
        return _("Cases: {names}").format(names=", ".join(dict.fromkeys(self.names)))


def show_cards(board: ServiceBoard, drawn: dict[str, Drawn]) -> Clicked:
    """Draw all cards and give what was clicked."""
    day = "" if board.day == board.today else f" {_('As of {day}.').format(day=formats.day(board.day))}"
    flow = _("Columns: opened by week; lines: solved. Click a column for those opened.")
    kept = _("Share in time by week")
    if board.is_shortened:
        flow = _(
            "The last twelve months by week. Columns: opened; lines: solved. Click a column for those opened."
        )
        kept = _("Share in time by week, the last twelve months")
    ages = _("Open cases by days since opening. Click a column.") + day
    in_time = _("By priority. Bars: 95% range. Click a dot.")
    load = _("Open by owner. Amber: something is late. Click a bar.") + day
    statuses = _("Opened in the period, by today's status. Click a bar.")
    visits = _("Planned or under way today, by week")
    if board.visits["week"].notna().sum() > VISIT_WEEKS:
        visits = _("Planned or under way today, the last {n} weeks with visits").format(n=VISIT_WEEKS)
    cards = (
        Card("flow", _("Do we keep up?"), flow, span=2),
        Card("ages", _("How old is what is open?"), ages),
        Card("weeks", _("Do we keep our promises?"), kept, span=2),
        Card("visits", _("Which visits are due?"), visits, more=("work_orders", _("Visits"))),
        Card("response", _("Who is answered in time?"), in_time),
        Card("resolution", _("What is solved in time?"), in_time),
        Card("ratings", _("Are customers content?"), _("Ratings of the period. Click a column.")),
        Card("load", _("Who carries how much?"), load, span=2),
        Card("statuses", _("Where do cases stand?"), statuses),
        Card(
            "codes", _("Which faults come in?"), _("Cases of the period by fault code. Click a bar."), span=2
        ),
        Card(
            "parts",
            _("Which parts fail?"),
            _("Failures of the period by part"),
            more=("wear", _("Wear and faults")),
        ),
    )
    clicked = Clicked()
    for name, labels in show_wall("service", cards, drawn, clickable=drawn.keys() - UNMARKED).items():
        clicked.add(labels, drawn[name].values)
    return clicked


def show_formulas(board: ServiceBoard) -> None:
    """How each card is computed, and on how many cases it rests."""
    titles = {
        "arrivals": _("Opened and solved"),
        "cases-by-age": _("Open by age"),
        "sla-attainment": _("Promises kept"),
        "cases-by-status": _("By status"),
        "agent-load": _("By owner"),
        "satisfaction": _("Ratings"),
        "faults": _("Faults"),
        "visits-due": _("Visits due"),
    }
    counted = _("n = {n} cases opened in the period, {open} open at its end.").format(
        n=formats.number(board.cases), open=formats.number(board.now.open)
    )
    formulas(titles, formula, first=counted)
