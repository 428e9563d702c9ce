"""The cards of the service dashboard, each a question with its chart; a click on a mark names the cases below."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from crm.i18n import _
from crm.service.reports.service_dashboard import ServiceBoard
from crm.service.reports.service_dashboard_records import Part
from crm.service.reports.service_reports_formulas import formula
from crm.ui.frame import routes
from crm.ui.kit import formats, look
from crm.ui.sales.figures import Drawn


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
    clicked = Clicked()
    card = look.wall(3, width=290)

    def show(name: str, *, clickable: bool = True) -> None:
        one = drawn[name]
        picked = look.chart(
            one.figure, key=f"service_{name}", alt=one.alt, on_select="rerun" if clickable else None
        )
        if one.below:
            st.caption(look.plain(one.below))
        if clickable:
            clicked.add(picked, one.values)

    with card(
        _("Do we keep up?"),
        _("Columns: opened by week; lines: solved. Click a column for those opened."),
        span=2,
    ):
        show("flow")
    day = "" if board.day == board.today else f" {_('As of {day}.').format(day=formats.day(board.day))}"
    with card(_("How old is what is open?"), _("Open cases by days since opening. Click a column.") + day):
        show("ages")
    with card(_("Do we keep our promises?"), _("Share in time by week"), span=2):
        show("weeks", clickable=False)
    with card(_("Which visits are due?"), _("Planned or under way today, by week")):
        show("visits", clickable=False)
        _open("work_orders", _("Visits"))
    with card(_("Who is answered in time?"), _("By priority. Bars: 95% range. Click a dot.")):
        show("response")
    with card(_("What is solved in time?"), _("By priority. Bars: 95% range. Click a dot.")):
        show("resolution")
    with card(_("Are customers content?"), _("Ratings of the period. Click a column.")):
        show("ratings")
    with card(
        _("Who carries how much?"), _("Open by owner. Amber: something is late. Click a bar.") + day, span=2
    ):
        show("load")
    with card(_("Where do cases stand?"), _("Opened in the period, by today's status. Click a bar.")):
        show("statuses")
    with card(_("Which faults come in?"), _("Cases of the period by fault code. Click a bar."), span=2):
        show("codes")
    with card(_("Which parts fail?"), _("Failures of the period by part")):
        show("parts", clickable=False)
        _open("wear", _("Wear and faults"))
    return clicked


def _open(screen: str, label: str) -> None:
    """The way to the records of a card that are no cases."""
    if screen in routes.screens():
        st.page_link(
            routes.page(screen),
            label=f":small[:gray[{label}]]",
            icon=":material/arrow_forward:",
            icon_position="right",
        )


def show_formulas(board: ServiceBoard) -> None:
    """How each card is computed, and on how many cases it rests."""
    cards = {
        "arrivals": _("Opened and solved"),
        "cases-by-age": _("Open by age"),
        "sla-attainment": _("Promises kept"),
        "cases-by-status": _("By status"),
        "agent-load": _("By owner"),
        "satisfaction": _("Ratings"),
        "faults": _("Faults"),
        "visits-due": _("Visits due"),
    }
    with st.expander(_("How is this computed?"), icon=":material/calculate:"):
        counted = _("n = {n} cases opened in the period, {open} open at its end.").format(
            n=formats.number(board.cases), open=formats.number(board.now.open)
        )
        look.lines(counted, *(f"{title}: {formula(name)}" for name, title in cards.items()))
