"""Who gets the message and who falls out, and how many members an answer needs."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from crm import charts
from crm.analytics.effects import sample_size
from crm.campaigns.consent.reach import REASONS
from crm.campaigns.runs.audience import Audience, read_audience
from crm.campaigns.runs.queries import CampaignView
from crm.clock import now, zone
from crm.i18n import _, ngettext
from crm.ui.kit import look
from crm.ui.kit.formats import clock, moment, number, percent
from crm.work import Actor, cache_key, reading
from db.models import Campaign

POWER, ALPHA = 0.8, 0.05


def reason_label(reason: str) -> str:
    """Why somebody falls out, as people read it."""
    return _(REASONS.get(reason, reason))


@st.cache_data(ttl="1m", max_entries=50, show_spinner=False)
def audience_now(scope_key: str, campaign_id: int, version: int, segment_id: int, _actor: Actor) -> Audience:
    """The audience of a draft; at most a minute old."""
    with reading(_actor) as session:
        return read_audience(session, session.get_one(Campaign, campaign_id), now=now())


def draft_audience(actor: Actor, view: CampaignView) -> Audience | None:
    """The audience of a draft that has a segment this person may see, else None."""
    values = view.record.values
    if (
        values["status"] != "draft"
        or values["segment_id"] is None
        or not view.record.titles.get("segment_id")
    ):
        return None
    return audience_now(cache_key(actor), view.record.id, values["version"], values["segment_id"], actor)


def audience_card(view: CampaignView, audience: Audience | None) -> None:
    """A bar for those who get the message and one for each reason to fall out."""
    values = view.record.values
    if values["drawn_at"] is not None:
        control = sum(arm.members for arm in view.arms if arm.is_control)
        left_out: Mapping[str, int] = values["left_out"]
        when = moment(values["drawn_at"], now=now(), zone=zone())
        _bars(view.members - control, control, left_out, _("As drawn {when}; it stays.").format(when=when))
    elif audience is not None:
        shares = sum(arm.share for arm in view.arms if arm.is_control)
        control = round(audience.n * shares)
        note = _("If it were planned now, counted at {time}.").format(time=clock(audience.at, zone=zone()))
        _bars(audience.n - control, control, audience.left_out, note)
    else:
        with look.card(_("Who gets it?")):
            st.caption(
                _("Choose a segment under Edit; then stands here how many get a message and who falls out.")
            )


def _bars(messages: int, control: int, left_out: Mapping[str, int], note: str) -> None:
    total = messages + control + sum(left_out.values())
    names = {_("Get a message"): messages}
    names |= {_("Control group"): control} if control else {}
    names |= {reason_label(reason): int(n) for reason, n in left_out.items()}
    with look.card(
        _("Who gets it?"),
        _("Of {n} in the segment. {note}").format(n=f"{total:,}", note=note),
        key="campaign_audience",
    ):
        if not total:
            st.caption(_("The segment holds nobody."))
            return
        look.chart(
            charts.hbars(
                list(names),
                list(names.values()),
                [f"{n:,}  ·  {percent(n / total)}" for n in names.values()],
                highlight=[name not in (_("Get a message"), _("Control group")) for name in names],
            ),
            key="campaign_audience_chart",
            alt=_("{n} of {total} get a message; the others fall out by reason").format(
                n=f"{messages:,}", total=f"{total:,}"
            ),
        )


def sample_card(view: CampaignView, members: int) -> None:
    """How many members an answer needs, before anything is sent."""
    versions = sum(1 for arm in view.arms if not arm.is_control) or 1
    has_control = any(arm.is_control for arm in view.arms)
    expected = view.record.values["expected_response"] or 0.05
    with look.card(
        _("Is it large enough?"), _("Members needed to tell a difference from chance"), key="campaign_sample"
    ):
        with st.container(horizontal=True):
            less = max(0.01, round(expected * 100 * 0.75, 2))
            base = st.number_input(_("Response without (%)"), 0.01, 99.0, less, step=0.5, key="campaign_base")
            rate = st.number_input(
                _("Response with (%)"), 0.01, 99.9, round(expected * 100, 2), step=0.5, key="campaign_rate"
            )
        if base == rate:
            st.caption(_("Enter two different shares: what happens anyway, and what you hope for."))
            return
        each = sample_size(base / 100, rate / 100, power=POWER, alpha=ALPHA, arms=versions)
        groups = versions + 1
        st.markdown(
            look.plain(
                _(
                    "To tell {rate}% from {base}%, each of {groups} groups needs {each} members, {all} in all."
                ).format(
                    rate=number(rate, decimals=2),
                    base=number(base, decimals=2),
                    groups=groups,
                    each=f"{each:,}",
                    all=f"{each * groups:,}",
                )
            )
        )
        smallest = _smallest(view, members)
        said = ngettext("The smallest group has {n} member", "The smallest group has {n} members", smallest)
        said = said.format(n=f"{smallest:,}")
        enough = smallest >= each
        colour, icon = ("green", "check") if enough else ("orange", "warning")
        end = _("enough.") if enough else _("too few, so the result may well stay open.")
        st.markdown(f":{colour}[:material/{icon}:] {look.plain(f'{said}: {end}')}")
        if not has_control:
            text = _(
                "Without a control group nobody can say what would have happened anyway. Add one under Change arms."
            )
            st.caption(text)
        text = _(
            "Two-sided test of two shares, {alpha} shared among the versions, power {power} (Fleiss, Levin, Paik 2003)."
        )
        st.caption(text.format(alpha=percent(ALPHA), power=percent(POWER)))


def _smallest(view: CampaignView, members: int) -> int:
    if view.members:
        return min(arm.members for arm in view.arms)
    return int(min((arm.share for arm in view.arms), default=1.0) * members)
