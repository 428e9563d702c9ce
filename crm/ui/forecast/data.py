"""What the forecast screen reads, and its filters. Nothing is computed here that a job could store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import streamlit as st

from crm.clock import today
from crm.errors import CrmError
from crm.forecasting import queries
from crm.forecasting.chosen import ENTITIES, LABELS, MONTHS, SALES, WON, SeriesChoice
from crm.forecasting.engine import FEWEST
from crm.forecasting.queries import Run, RunRow, Span, products_of
from crm.i18n import _, ngettext
from crm.jobs.queue import JobView
from crm.periods import month_start
from crm.pipeline.expected import OpenDeals, open_deals, targets_ahead
from crm.reporting.book import open_book
from crm.reporting.report import SalesFilter
from crm.ui.kit import look
from crm.ui.kit.kept import Kept
from crm.work import Actor, reading
from db.scope import READ, ScopedSession

HORIZONS = (3, 6, 12, MONTHS)
#: Keys of the widgets, and with them the names in the address.
AHEAD, SERIES, TEAM, CATEGORY, REGION = (
    "forecast_ahead", "forecast_series", "forecast_team", "forecast_category", "forecast_region",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What the filters say: which series, how many months ahead, and the part of the firm in words."""

    choice: SeriesChoice
    months: int
    part: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The stored forecast with everything that tells how fresh it is."""

    run: Run | None
    span: Span
    job: JobView | None
    today: date

    @property
    def is_overtaken(self) -> bool:
        """True when a whole month after the forecast's cut-off has values by now."""
        return (
            self.run is not None
            and self.span.last is not None
            and month_start(self.span.last) > self.run.cutoff
        )


@dataclass(frozen=True, slots=True)
class Beside:
    """What open deals and targets say about the months ahead, in ``currency``; nothing where a rate is missing."""

    currency: str
    deals: OpenDeals
    targets: dict[date, int]


@st.cache_data(ttl="5m", max_entries=100, show_spinner=False)
def _parts(scope_key: str, kind: str, _actor: Actor) -> queries.Parts:
    with reading(_actor) as session:
        return queries.parts(session, kind)


_span, _so_far = Kept(queries.span, most=200), Kept(queries.so_far, most=200)


def ask(actor: Actor) -> Asked:
    """Draw the filters; everything chosen stands in the address."""
    kinds = {kind: _(label) for kind, label in LABELS.items() if actor.may(ENTITIES[kind], READ)}
    ahead = {str(n): ngettext("{n} month", "{n} months", n).format(n=n) for n in HORIZONS}
    with look.toolbar():
        months = int(look.switch(_("Ahead"), ahead, key=AHEAD, default="6"))
        kind = look.switch(_("Series"), kinds, key=SERIES) if len(kinds) > 1 else next(iter(kinds), WON)
        known = _parts(queries.scope_key(actor, SeriesChoice(kind)), kind, actor)
        with st.popover(_("More filters"), type="tertiary", icon=":material/tune:"):
            team = _one(_("Team"), list(known.teams.values()), TEAM)
            category = _one(_("Product category"), list(known.categories.values()), CATEGORY)
            region = (
                _one(_("Region"), list(known.regions), REGION) if kind == SALES and known.regions else None
            )
    choice = SeriesChoice(
        kind,
        team_id=next((key for key, name in known.teams.items() if name == team), None),
        category_id=next((key for key, name in known.categories.items() if name == category), None),
        region=region or "",
    )
    return Asked(choice, months, ", ".join(name for name in (team, category, region) if name), team or "")


def _one(label: str, names: list[str], key: str) -> str | None:
    """One of many by name, or none for all: a name in the address can be read, a number cannot."""
    return st.selectbox(label, names, index=None, key=key, placeholder=_("All"), bind="query-params")


def see(actor: Actor, choice: SeriesChoice) -> Seen:
    """The newest stored forecast of a series, how far the data reach, and the job that may be under way."""
    on = today()
    span = _span(actor, choice, today=on)
    with reading(actor) as session:
        if span.months < FEWEST:
            # Whoever just imported the first months should not wait for what was remembered.
            span = queries.span(session, choice, today=on)
        run, job = queries.latest_run(session, choice), queries.latest_job(session, choice)
    if run is not None:
        run = run.standing(_so_far(actor, choice, currency=run.currency, today=on), on)
    return Seen(run, span, job, on)


def earlier(actor: Actor, choice: SeriesChoice) -> list[RunRow]:
    """The stored forecasts of a series, newest first."""
    with reading(actor) as session:
        return queries.run_list(session, choice)


def _read_beside(session: ScopedSession, choice: SeriesChoice, start: date, on: date) -> Beside | None:
    try:
        book = open_book(session)
        teams = () if choice.team_id is None else (choice.team_id,)
        products = () if choice.category_id is None else products_of(session, choice.category_id)
        deals = open_deals(session, book, SalesFilter(teams=teams, products=products), today=on)
        # Targets are set for people and teams; of a category or a region nobody knows any.
        whole = choice.kind == WON and choice.category_id is None
        targets = (
            targets_ahead(session, book, team_id=choice.team_id, start=start, months=MONTHS) if whole else {}
        )
    except CrmError:
        return None
    return Beside(book.currency, deals, targets)


_beside = Kept(_read_beside)


def beside(actor: Actor, choice: SeriesChoice, run: Run, on: date) -> Beside | None:
    """Open deals and targets of the months ahead; at most two minutes old. None where an amount has no rate."""
    if not actor.may("deal", READ):
        return None
    start = date.fromisoformat(run.forecast.points[0].ds)
    return _beside(actor, choice, start, on)
