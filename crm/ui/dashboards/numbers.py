"""A number of a dashboard: value, change, how it is computed, and the address that shows its records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeVar

import streamlit as st

from crm.analytics.intervals import Share
from crm.i18n import _
from crm.periods import Period
from crm.ui.frame import routes
from crm.ui.kit import formats
from crm.ui.kit.look import Explained
from crm.ui.kit.words import BAD, GOOD, QUIET, Tone

K = TypeVar("K")

#: Text, direction, and whether that is good.
Change = tuple[str, Literal["up", "down"] | None, Tone]


@dataclass(frozen=True)
class Numbers:
    """Numbers of a screen as of a day, whose records the same screen shows when ``<screen>_show`` in the address says so.

    ``titles`` are what that says, by what is shown.
    """

    screen: str
    on: date
    titles: Mapping[str, str]

    def one(
        self,
        label: str,
        value: str,
        change: Change | None,
        *,
        said: str,
        n: int,
        n_text: str,
        show: str,
        spark: list[float] | None = None,
    ) -> Explained:
        """A number with its formula ``said``; ``n_text`` says what is counted with a place for ``{n}``.

        Without records behind it, ``n`` of zero, it leads nowhere.
        """
        text, arrow, tone = change or ("", None, QUIET)
        return Explained(
            label=label,
            value=value,
            change=text,
            arrow=arrow,
            tone=tone,
            spark=spark or [],
            formula=said,
            n=n,
            n_text=n_text.format(n=formats.number(n)),
            as_of=formats.day(self.on),
            records=routes.page(self.screen) if n else None,
            query={
                **{name: st.query_params.get_all(name) for name in st.query_params},
                f"{self.screen}_show": self.titles[show],
            },
        )

    def share(
        self, label: str, now: Share, then: Share | None, *, said: str, good: int = 1, **more: Any
    ) -> Explained:
        """A share of cases, with its 95 % range in the formula; ``then`` is that of the period before."""
        here, there = (one.share * 100 if one is not None and one.n else None for one in (now, then))
        if now.n:
            low, high = (formats.percent(end, decimals=1) for end in (now.low, now.high))
            said += " " + _("95 % range {low} to {high}.").format(low=low, high=high)
        value = formats.percent(now.share) if now.n else "–"
        change = difference(here, there, _("{n} points"), good=good)
        return self.one(label, value, change, said=said, n=now.n, **more)


def moved(change: float, text: str, *, good: int = 1) -> Change:
    """How far a number moved, in words; ``good`` is 1 where more is good, -1 where less is and 0 where neither is."""
    if not round(change, 6):
        return _("no change"), None, QUIET
    tone = QUIET if not good else GOOD if change * good > 0 else BAD
    return text, "up" if change > 0 else "down", tone


def stood(now: int, then: int, before: Period, *, good: int) -> Change:
    """How far the number of what stands moved since the last day of the compared period, which it names."""
    assert before.end is not None
    text = _("{n} since {day}").format(n=formats.number(abs(now - then)), day=formats.day(before.end))
    return moved(now - then, text, good=good)


def difference(now: float | None, then: float | None, text: str, *, good: int = 1) -> Change | None:
    """How far a number moved, to one decimal, in a text with a place for ``{n}``; nothing where one is not known."""
    if now is None or then is None:
        return None
    change = round(now - then, 1)
    return moved(change, text.format(n=formats.number(abs(change), decimals=1)), good=good)


def choose_number(screen: str, titles: Mapping[K, str], label: str, placeholder: str) -> K | None:
    """Draw the choice of a number whose records are shown, and give its key.

    A control bound to the address and not the bare address: that loses what no control holds at the next click.
    """
    chosen = st.selectbox(
        label,
        list(titles.values()),
        index=None,
        key=f"{screen}_show",
        bind="query-params",
        label_visibility="collapsed",
        placeholder=placeholder,
        width=340,
    )
    return next((key for key, title in titles.items() if title == chosen), None)


def forget_number(screen: str) -> None:
    """Put the number's records away again."""
    st.session_state[f"{screen}_show"] = None
