"""The cards of the sales dashboard: eleven questions, each with its chart; a click on a bar names the deals below."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from crm.i18n import _
from crm.pipeline.reports.report_dashboard import MOST_MONTHS, Dashboard
from crm.pipeline.reports.report_formulas import formula
from crm.pipeline.reports.report_records import Narrowed
from crm.pipeline.reports.report_targets import no_targets_text
from crm.ui.kit import formats, look
from crm.ui.sales.figures import Drawn

#: What the marks of a card mean: a field of ``Narrowed``, and the status of the deals they count.
MARKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "months": ("days", ("won",)),
    "targets": ("owners", ("won",)),
    "agents": ("owners", ("won",)),
    "managers": ("owners", ("won",)),
    "teams": ("teams", ("won",)),
    "products": ("products", ("won",)),
    "source_rates": ("sources", ("won", "lost")),
    "product_rates": ("products", ("won", "lost")),
    "reasons": ("reasons", ("lost",)),
}


@dataclass
class Clicked:
    """What was clicked in the charts: how people read it, and the fields of ``Narrowed`` that it means."""

    names: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    statuses: tuple[str, ...] = ("won", "lost")

    def add(
        self, name: str, labels: list[str], meant: dict[str, list[Any]], statuses: tuple[str, ...]
    ) -> None:
        """Remember the picked labels of one chart; two charts of one field narrow each other."""
        values = tuple(value for label in labels for value in meant.get(label, []))
        if values:
            self.names += labels
            before = self.fields.get(name, values)
            self.fields[name] = tuple(value for value in before if value in values)
            # Somebody's bar counts won deals; together with a reason for losing it means their lost ones.
            self.statuses = tuple(s for s in self.statuses if s in statuses) or ("lost",)

    def narrowed(self) -> Narrowed | None:
        """The deals that all clicks together mean; None when nothing was clicked."""
        return Narrowed(statuses=self.statuses, **self.fields) if self.fields else None

    def title(self) -> str:
        """What the deals below are."""
        kinds: dict[tuple[str, ...], str] = {("won",): _("Won deals"), ("lost",): _("Lost deals")}
        return f"{kinds.get(self.statuses, _('Closed deals'))}: {', '.join(dict.fromkeys(self.names))}"


def show_cards(board: Dashboard, drawn: dict[str, Drawn]) -> Clicked:
    """Draw all cards and give what was clicked."""
    clicked = Clicked()
    card = look.wall(3, width=290)

    def show(name: str) -> None:
        one, (meaning, statuses) = drawn[name], MARKS.get(name, ("", ()))
        picked = look.chart(
            one.figure, key=f"sales_{name}", alt=one.alt, on_select="rerun" if meaning else None
        )
        if one.below:
            st.caption(look.plain(one.below))
        if meaning:
            clicked.add(meaning, picked, one.values, statuses)

    with card(_("How much was won each month?"), _months_note(board), span=2):
        show("months")
    with card(_("Are we on target?"), _targets_note(board)):
        show("targets")
    with card(_("Who won most?"), _("Won value by owner. Click a bar.")):
        show("agents")
    with card(_("Which manager's people win?"), _("Won value by the owners' manager. Click a bar.")):
        show("managers")
    with card(_("Which team wins?"), _("Won value by team. Click a bar.")):
        show("teams")
    with card(_("What sells?"), _("Won value by product. Click a bar.")):
        show("products")
    with card(_("Where do deals drop out?"), _("Opened in the period, share of the stage before")):
        show("funnel")
    with card(_("How long until yes?"), _cycle_note(board)):
        show("cycle")
    with card(_("Which source pays off?"), _("Win rate. Bars: 95% range. Click a dot.")):
        show("source_rates")
    with card(
        _("Which product wins?"), _("Win rate of deals with the product. Bars: 95% range. Click a dot.")
    ):
        show("product_rates")
    with card(_("Why do we lose?"), _("Lost deals by reason. Click a bar.")):
        show("reasons")
    return clicked


def show_formulas() -> None:
    """How each card is computed."""
    cards = {
        "won-by-month": _("Won by month"),
        "targets": _("Targets"),
        "won-by-agent": _("By owner"),
        "won-by-manager": _("By manager"),
        "won-by-team": _("By team"),
        "won-by-product": _("By product"),
        "funnel": _("Where deals drop out"),
        "cycle-time": _("Days to close"),
        "win-rate": _("Win rate"),
        "loss-reasons": _("Why we lose"),
    }
    with st.expander(_("How is this computed?"), icon=":material/calculate:"):
        look.lines(*(f"{title}: {formula(name)}" for name, title in cards.items()))


def _months_note(board: Dashboard) -> str:
    if len(board.months) >= MOST_MONTHS:
        return _("Won value by month of closing, the last ten years. Click a column.")
    if board.months["target_minor"].notna().any():
        return _("Won value by month of closing; lines: target. Click a column.")
    return _("Won value by month of closing. Click a column.")


def _targets_note(board: Dashboard) -> str:
    if board.without_target:
        return no_targets_text()
    if len(board.targets):
        return _("Won against target. Amber: under 80%.")
    return _("No target is entered for this period.")


def _cycle_note(board: Dashboard) -> str:
    if not board.spread.n:
        return _("Days from opening to closing of won deals")
    low, high = (formats.number(v) for v in (board.spread.low_quartile, board.spread.high_quartile))
    return _("Days to close; half of the deals: {low} to {high}").format(low=low, high=high)
