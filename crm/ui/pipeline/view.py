"""What all views of the pipeline share: which pipeline, whose deals, which of them, kept in the address."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import streamlit as st

from crm.clock import today
from crm.i18n import _
from crm.pipeline.board import CLOSED_DAYS, Column, PipelineFilters
from crm.records import registry
from crm.ui.kit import look
from crm.ui.kit.formats import short_money
from crm.ui.kit.inputs import choose, choose_some, link_options, search_input
from crm.ui.records.views.screen import clear_filters
from crm.work import Actor

#: The key of the choice of a view, and with it the name in the address.
VIEW = "pipeline_view"
BOARD, TABLE, CALENDAR = "board", "table", "calendar"


def views() -> dict[str, str]:
    """The views by name; the address carries what people read."""
    return {BOARD: _("Board"), TABLE: _("Table"), CALENDAR: _("Calendar")}


def choose_pipeline(names: dict[int, str]) -> int:
    """The pipeline to show; the choice appears only where there are several."""
    if len(names) == 1:
        return next(iter(names))
    chosen = choose(
        _("Pipeline"),
        names,
        next(iter(names)),
        key="pipeline_name",
        label_visibility="collapsed",
        bind="query-params",
        width=180,
    )
    return int(chosen or next(iter(names)))


def choose_deals(actor: Actor, pipeline_id: int) -> PipelineFilters:
    """Search, pills, owners and teams as conditions for board and calendar."""
    search = search_input(_("Search deals"), key="pipeline_q")
    only = look.filters(
        _("Show only"),
        {
            "mine": _("Mine"),
            "closing": _("Closing this month"),
            "stale": _("Stale"),
            "no_step": _("No next step"),
        },
        key="pipeline_only",
    )
    owners, teams = _whose(actor)
    mine = (actor.user_id,) if "mine" in only and actor.user_id else ()
    return PipelineFilters(
        pipeline_id=pipeline_id,
        today=today(),
        owner_ids=mine or tuple(owners),
        team_ids=tuple(teams),
        only=tuple(name for name in only if name != "mine"),
        search=search,
    )


def narrow_to_stage(stage_id: int, since: date | None) -> None:
    """Let the next run show the table of one stage and nothing else, of what was closed since a day; for callbacks."""
    clear_filters("deals", registry.entity("deal"))
    st.session_state[VIEW] = TABLE
    st.session_state["deals_stage_id"] = [stage_id]
    st.session_state["deals_closed_on_from"] = since


def _whose(actor: Actor) -> tuple[list[int], list[int]]:
    with st.popover(_("Whose deals"), type="tertiary", icon=":material/group:"):
        owners, teams = (
            choose_some(
                label,
                link_options(actor, entity, everybody=True),
                key=key,
                bind="query-params",
                placeholder=_("All"),
            )
            for label, entity, key in (
                (_("Owner"), "user", "pipeline_owners"),
                (_("Team"), "team", "pipeline_teams"),
            )
        )
    return owners, teams


def narrowed(filters: PipelineFilters) -> bool:
    """True when the view leaves deals out."""
    return bool(filters.owner_ids or filters.team_ids or filters.only or filters.search)


def sums_line(columns: list[Column]) -> str:
    """The open deals in one sentence."""
    currency = columns[0].currency
    open_ = [c for c in columns if c.kind == "open"]
    count = sum(c.count for c in open_)
    total, weighted = sum(c.total_minor for c in open_), sum(c.weighted_minor for c in open_)
    words = _("1 open deal, {total}. Weighted by chance: {weighted}.")
    if count != 1:
        words = _("{n} open deals, {total}. Weighted by chance: {weighted}.")
    said = words.format(
        n=f"{count:,}", total=short_money(total, currency), weighted=short_money(weighted, currency)
    )
    missing = sorted({c for column in columns for c in column.missing})
    return " ".join(filter(None, (said, without(missing), *columns[0].notes)))


def without(missing: Collection[str]) -> str:
    """Which currencies a sum leaves out."""
    text = _("Without {currencies}: no rate is stored, see Settings.")
    return text.format(currencies=", ".join(sorted(missing))) if missing else ""


def sums_help() -> str:
    """How the sums of the pipeline are computed."""
    worth = _(
        "The worth of an open deal is its amount; without one, the list price of its main product. Weighted: each worth "
        "times the chance of its stage; lost deals count nothing. Other currencies are converted at today's stored rate."
    )
    closed = _("The columns of won and lost deals show what was closed in the last {n} days.").format(
        n=CLOSED_DAYS
    )
    return f"{worth} {closed}"
