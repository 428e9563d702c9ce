"""The charts of a dashboard: each with its finding and with what its marks stand for; built once, drawn often."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from crm import charts
from crm.analytics.intervals import Share
from crm.i18n import _, spoken
from crm.ui.kit import formats
from crm.work import Actor, cache_key

B = TypeVar("B")


class Settled(go.Figure):  # type: ignore[misc]
    """A figure that changes no more: what travels to the browser is worked out once, not at each click of anybody."""

    _told: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The figure as plain data; nobody may change it."""
        if self._told is None:
            self._told = super().to_dict()
        return self._told


@dataclass(frozen=True)
class Drawn:
    """A figure, its finding in a sentence, the values that each label stands for, and a line below it."""

    figure: go.Figure
    alt: str
    values: dict[str, list[Any]] = field(default_factory=dict)
    below: str = ""


def kept_figures(
    draw: Callable[[B], dict[str, Drawn]],
) -> Callable[[Actor, object, datetime, B], dict[str, Drawn]]:
    """The charts of a board by name, built once for what was asked: that takes longer than everything else.

    They are called with the actor, the question, and the board with the moment at which it was read.
    """

    def drawn(scope: str, spoken: str, asked: object, as_of: datetime, _board: B) -> dict[str, Drawn]:
        return {name: replace(one, figure=Settled(one.figure)) for name, one in draw(_board).items()}

    # Streamlit tells what is kept of one function from that of another by their names.
    drawn.__module__, drawn.__qualname__ = draw.__module__, draw.__qualname__
    kept = st.cache_resource(ttl="2m", max_entries=30, show_spinner=False)(drawn)
    return lambda actor, asked, as_of, board: kept(cache_key(actor), spoken(), asked, as_of, board)


def labels(names: Iterable[Any], none: str) -> list[str]:
    """Names as they stand under marks; ``none`` where there is no name."""
    return [none if name is None or pd.isna(name) else str(name) for name in names]


def meant(called: Sequence[str], keys: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    """The values that each label stands for; all of them where a name stands twice."""
    found: dict[str, list[Any]] = {}
    for label, values in zip(called, keys, strict=True):
        found.setdefault(label, []).extend(values)
    return found


def shares(
    called: Sequence[str],
    rows: pd.DataFrame,
    columns: tuple[str, str, str],
    counts: Iterable[int],
    *,
    whole: Share | None = None,
    decimals: int = 0,
    height: int | None = None,
) -> go.Figure:
    """Shares with their 95 % ranges, which stand in three columns, and how many cases each rests on; ``whole`` of all."""
    share, low, high = (rows[column].tolist() for column in columns)
    texts = [
        f"{formats.percent(one, decimals=decimals)} · {formats.number(n)}"
        for one, n in zip(share, counts, strict=True)
    ]
    all_of = whole.share if whole is not None and whole.n else None
    return charts.intervals(
        called,
        share,
        low,
        high,
        texts,
        unit=formats.percent_unit(),
        reference=all_of,
        reference_text="" if all_of is None else _("all {share}").format(share=formats.percent(all_of)),
        height=height,
    )
