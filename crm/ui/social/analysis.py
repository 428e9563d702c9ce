"""How posts do: by kind, weekday and hour, paid or not; each value with its interval, and nothing claimed beyond it."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

import pandas as pd
import streamlit as st

from crm import charts
from crm.analytics.posts import LEAST, Ratio, Typical, compare, typical_by
from crm.campaigns.social.networks import KINDS, WEEKDAYS
from crm.campaigns.social.social import MEASURES, published
from crm.i18n import N_, _
from crm.ui.frame import routes
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look, months
from crm.ui.kit.formats import number, number_unit
from crm.work import reading

_MEASURES = {
    "interactions": N_("Interactions"),
    "reach": N_("Reach"),
    "engaged": N_("Engaged people"),
    "rate": N_("Interactions per 100 reached"),
}


def show_analysis(account_id: int | None) -> None:
    """All comparisons of published posts, of one account or of all."""
    actor = current_actor()
    measure = look.switch(_("Measure"), {name: _(_MEASURES[name]) for name in MEASURES}, key="social_measure")
    with reading(actor) as session:
        posts = published(session, account_id=account_id)
    known = posts.dropna(subset=[measure])
    if len(known) < LEAST:
        look.empty(
            _("Too few posts"),
            _(
                "{n} published posts have this number; from {least} on there is something to say. Bring in a file of metrics."
            ).format(n=len(known), least=LEAST),
        )
        return
    what = _(_MEASURES[measure])
    overall = typical_by(known.assign(all=1), "all", measure)[0]
    st.caption(
        _(
            "Typical {what} per post: the mean of log(1 + x), turned back, so that one lucky post does not decide. "
            "Bars: 95 % interval, from {least} posts on. All {n} posts: {value}."
        ).format(what=what.lower(), least=LEAST, n=f"{overall.n:,}", value=_value(overall.typical, measure))
    )
    left, right = st.columns(2, gap="small")
    with left:
        _paid(known, measure, what)
        kinds = {kind: _(label) for kind, label in KINDS.items()}
        _card(_("Which kind gets most?"), known, "kind", measure, overall, kinds)
        order = months.firm_calendar(actor).days_in_order()
        days = {float(day + 1): _(WEEKDAYS[day]) for day in order}
        _card(_("Which weekday?"), known, "weekday", measure, overall, days)
    with right:
        hours = {float(hour): f"{hour}:00" for hour in range(24)}
        _card(_("Which hour?"), known, "hour", measure, overall, hours)
    st.page_link(
        routes.page("social"),
        label=_("Open the posts behind these numbers"),
        icon=":material/arrow_forward:",
        query_params={"social_view": _("Posts"), "social_status": _("Published")},
    )


def _value(value: float, measure: str) -> str:
    return number(value, decimals=1 if measure == "rate" or value < 10 else 0)


def _card(
    title: str,
    posts: pd.DataFrame,
    by: str,
    measure: str,
    overall: Typical,
    names: Mapping[Any, str],
) -> None:
    groups = typical_by(posts, by, measure, order=list(names))
    missing = len(posts) - sum(group.n for group in groups)
    note = _("{n} posts").format(n=f"{sum(g.n for g in groups):,}")
    if missing:
        note += _(", {n} without it left out").format(n=f"{missing:,}")
    with look.card(title, note):
        if not groups:
            st.caption(_("No post says so."))
            return
        clear = [g for g in groups if not isnan(g.low)]
        unit = number_unit(decimals=1)
        figure = charts.intervals(
            [names.get(g.group, str(g.group)) for g in groups],
            [g.typical for g in groups],
            [g.low for g in groups],
            [g.high for g in groups],
            [f"{_value(g.typical, measure)} (n = {g.n})" for g in groups],
            unit=unit,
            reference=overall.typical,
            reference_text=_("all"),
            height=34 * len(groups) + 40,
        )
        best = max(clear, key=lambda g: g.typical) if clear else None
        alt = (
            _("{group} has the highest typical value: {value}, 95 % {low} to {high}, {n} posts").format(
                group=names.get(best.group, str(best.group)), value=_value(best.typical, measure),
                low=_value(best.low, measure), high=_value(best.high, measure), n=best.n,
            )
            if best
            else _("Too few posts in each group to compare")
        )  # fmt: skip
        look.chart(figure, key=f"social_{by}_{measure}", alt=alt)
        if len(clear) > 2:
            st.caption(
                _("Of so many groups one always looks best; ranges that overlap may differ by chance.")
            )


def _paid(posts: pd.DataFrame, measure: str, what: str) -> None:
    paid = posts[posts["is_paid"] == True][measure]  # noqa: E712
    free = posts[posts["is_paid"] == False][measure]  # noqa: E712
    with look.card(_("Paid or not?"), _("{n} paid, {m} not paid").format(n=len(paid), m=len(free))):
        st.markdown(look.plain(paid_sentence(compare(list(paid), list(free)), what, len(paid), len(free))))
        st.caption(_("Welch's t test on log(1 + x)."))


def paid_sentence(found: Ratio | None, what: str, paid: int, free: int) -> str:
    """What the comparison allows to say, and no more."""
    if found is None:
        return _("Too few posts to compare: {n} paid and {m} not; {least} of each are needed.").format(
            n=paid, m=free, least=LEAST
        )
    said = {
        "what": what,
        "times": number(found.ratio, decimals=2),
        "low": number(found.low, decimals=2),
        "high": number(found.high, decimals=2),
        "p": "< 0.001" if found.p_value < 0.001 else f"= {found.p_value:.3f}",
    }
    if not found.is_clear:
        text = _(
            "No clear difference: {what} of paid posts were {times} times those of others (95 %: {low} to {high}, p {p})."
        )
        return text.format(**said)
    text = _(
        "{what} of paid posts were {times} times those of others (95 %: {low} to {high}, p {p}). "
        "That does not say that paying did it: paid posts may differ in kind, time and subject."
    )
    return text.format(**said)
