"""What the screen of wear reads: filters from the address, the study behind them, remembered for two minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import streamlit as st

from crm.analytics.intervals import Share
from crm.analytics.recurrence import Repairs
from crm.clock import now, today
from crm.i18n import _, ngettext
from crm.service.wear.data import NO_PRODUCT, Records, load
from crm.service.wear.next import Advice, Ahead, next_to_fail, to_replace
from crm.service.wear.settings import threshold, watched_until
from crm.service.wear.wear import (
    PartRow,
    RateRow,
    Study,
    pareto,
    rates,
    repairs_by_age,
    repeated_in_all,
    study,
)
from crm.ui.kit.formats import day, number
from crm.work import Actor, cache_key, reading

PRODUCT, PART = "wear_product", "wear_part"
_NEXT_PART = "wear_part_next"
Key = TypeVar("Key", int, str)


@dataclass(frozen=True)
class Overview:
    """What there is to study: products and parts with their failures, and how far the records reach."""

    products: dict[int, str]
    parts: dict[str, str]
    units: int
    failures: int
    changes: int
    cutoff: date
    ended: bool
    guessed: int


@dataclass(frozen=True)
class Asked:
    """What the filters say; ``part`` is a key of the records, blank for units as a whole."""

    product_id: int | None
    product: str
    part: str
    part_name: str


@dataclass(frozen=True)
class Board:
    """Everything the screen draws of one choice."""

    study: Study
    by_part: list[RateRow]
    by_product: list[RateRow]
    parts: list[PartRow]
    repeated: Share
    repairs: Repairs | None


@st.cache_data(ttl="5m", max_entries=6, show_spinner=False)
def _records(scope_key: str, _actor: Actor) -> Records:
    with reading(_actor) as session:
        return load(session, now=now())


@st.cache_data(ttl="5m", max_entries=50, show_spinner=False)
def _overview(scope_key: str, _actor: Actor) -> Overview:
    records = _records(scope_key, _actor)
    counts = records.failures["part"].value_counts()
    parts = sorted(records.parts, key=lambda part: (-int(counts.get(part, 0)), part))
    products = dict(records.products)
    if (records.units["product_id"] == NO_PRODUCT).any():
        products[NO_PRODUCT] = _("No product")
    return Overview(
        products=dict(sorted(products.items(), key=lambda pair: pair[1].casefold())),
        parts={part: records.parts[part] for part in parts},
        units=len(records.units),
        failures=len(records.failures),
        changes=len(records.changes),
        cutoff=records.cutoff,
        ended=records.watch.ended,
        guessed=records.guessed,
    )


@st.cache_data(ttl="5m", max_entries=100, show_spinner=False)
def _board(scope_key: str, product_id: int | None, part: str, failures: int, _actor: Actor) -> Board:
    records = _records(scope_key, _actor)
    of_product = records.of_product(product_id)
    return Board(
        study=study(records, part, product_id),
        by_part=rates(of_product, by_product=False, by_part=True),
        by_product=rates(records.of_part(part), by_product=True, by_part=False),
        parts=pareto(of_product),
        repeated=repeated_in_all(of_product),
        repairs=repairs_by_age(records, part, product_id),
    )


def overview(actor: Actor) -> Overview:
    """Products, parts and counts within the actor's scope; at most five minutes old, own writes at once."""
    key = cache_key(actor)
    seen = _overview(key, actor)
    if not seen.failures:
        # Whoever just brought the first failures in should not wait for what was remembered.
        _records.clear(key, actor)
        _overview.clear(key, actor)
        seen = _overview(key, actor)
    return seen


def context(seen: Overview) -> str:
    """How much there is to study, and how far the records reach."""
    units = ngettext("{n} unit", "{n} units", seen.units).format(n=number(seen.units))
    failures = ngettext("{n} failure", "{n} failures", seen.failures).format(n=number(seen.failures))
    changes = ngettext("{n} part change", "{n} part changes", seen.changes).format(n=number(seen.changes))
    reach = _("records to {day}").format(day=day(seen.cutoff)) if seen.ended else _("up to today")
    return ", ".join((units, failures, changes, reach))


def ask(seen: Overview) -> Asked:
    """Draw the filters; everything chosen stands in the address by name."""
    if (clicked := st.session_state.pop(_NEXT_PART, None)) is not None:
        st.session_state[PART] = clicked
    products, parts = _by_name(seen.products), _by_name(seen.parts)
    product = st.selectbox(
        _("Product"), list(products), index=None, key=PRODUCT, placeholder=_("All products"), bind="query-params",
        label_visibility="collapsed", width=210,
    )  # fmt: skip
    part = st.selectbox(
        _("Part"), list(parts), index=None, key=PART, placeholder=_("Whole units"), bind="query-params",
        label_visibility="collapsed", width=210,
    )  # fmt: skip
    return Asked(
        product_id=None if product is None else products[product],
        product=product or "",
        part="" if part is None else parts[part],
        part_name=part or "",
    )


def _by_name(names: Mapping[Key, str]) -> dict[str, Key]:
    """Keys by their names; a second record of one name is told apart by a number."""
    found: dict[str, Key] = {}
    for key, name in names.items():
        n, free = 1, name
        while free in found:
            n, free = n + 1, f"{name} ({n + 1})"
        found[free] = key
    return found


def board(actor: Actor, asked: Asked, seen: Overview) -> Board:
    """The study of the choice, of the same records as the overview."""
    return _board(cache_key(actor), asked.product_id, asked.part, seen.failures, actor)


def ahead(actor: Actor, asked: Asked) -> Ahead:
    """Units by their stored chance of failure; read anew each time, so that a computation shows at once."""
    with reading(actor) as session:
        part = asked.part_name or None
        found = next_to_fail(session, product_id=asked.product_id, part=part)
        if not found.units and part is None:
            found = next_to_fail(session, product_id=asked.product_id, part="")
        return found


def advice(actor: Actor, asked: Asked) -> list[Advice]:
    """What to replace soon, of the choice."""
    with reading(actor) as session:
        return to_replace(session, today=today(), product_id=asked.product_id, part=asked.part_name or None)


def settings_now(actor: Actor) -> tuple[float, date | None]:
    """From which chance units are proposed, and up to which day records are said to be complete."""
    with reading(actor) as session:
        return threshold(session), watched_until(session)


def choose_part(seen: Overview, name: str) -> None:
    """Study the part whose bar was clicked."""
    if name in _by_name(seen.parts):
        # The filter stands above the chart, so it takes the choice at the start of the next run.
        st.session_state[_NEXT_PART] = name
        st.rerun()
