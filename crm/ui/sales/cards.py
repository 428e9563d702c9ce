"""The cards of the sales dashboard: eleven questions, each with its chart; a click on a bar names the deals below."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from crm.i18n import _
from crm.pipeline.reports.report_dashboard import MOST_MONTHS, Dashboard
from crm.pipeline.reports.report_formulas import formula
from crm.pipeline.reports.report_records import Narrowed
from crm.pipeline.reports.report_targets import no_targets_text
from crm.ui.dashboards.cards import Card, formulas, show_wall
from crm.ui.dashboards.figures import Drawn
from crm.ui.kit import formats

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
    rate = _("Win rate. Bars: 95% range. Click a dot.")
    of_product = _("Win rate of deals with the product. Bars: 95% range. Click a dot.")
    cards = (
        Card("months", _("How much was won each month?"), months_note(board), span=2),
        Card("targets", _("Are we on target?"), _targets_note(board)),
        Card("agents", _("Who won most?"), _("Won value by owner. Click a bar.")),
        Card(
            "managers", _("Which manager's people win?"), _("Won value by the owners' manager. Click a bar.")
        ),
        Card("teams", _("Which team wins?"), _("Won value by team. Click a bar.")),
        Card("products", _("What sells?"), _("Won value by product. Click a bar.")),
        Card("funnel", _("Where do deals drop out?"), _("Opened in the period, share of the stage before")),
        Card("cycle", _("How long until yes?"), _cycle_note(board)),
        Card("source_rates", _("Which source pays off?"), rate),
        Card("product_rates", _("Which product wins?"), of_product),
        Card("reasons", _("Why do we lose?"), _("Lost deals by reason. Click a bar.")),
    )
    clicked = Clicked()
    for name, labels in show_wall("sales", cards, drawn, clickable=MARKS).items():
        if labels:
            meaning, statuses = MARKS[name]
            clicked.add(meaning, labels, drawn[name].values, statuses)
    return clicked


def show_formulas() -> None:
    """How each card is computed."""
    titles = {
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
    formulas(titles, formula)


def months_note(board: Dashboard) -> str:
    """What the columns and their lines are."""
    if len(board.months) >= MOST_MONTHS:
        return _("Won value by month of closing, the last ten years. Click a column.")
    chosen = board.targets["kind"]
    if len(chosen) and "firm" not in set(chosen):
        return _("Won value by month of closing; lines: the targets of those who have one. Click a column.")
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
