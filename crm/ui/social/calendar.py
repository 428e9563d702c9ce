"""The content calendar: a month of posts at a glance, and what appears when beside it."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import groupby

import streamlit as st

from crm.campaigns.social.rules import NETWORK_NAMES
from crm.campaigns.social.social import CalendarPost, posts_between
from crm.clock import here, noon, today, zone
from crm.i18n import _, ngettext
from crm.periods import month_end
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look, months
from crm.ui.kit.formats import clock as clock_text
from crm.ui.kit.formats import day as day_text
from crm.ui.kit.formats import month as month_text
from crm.ui.kit.formats import number_unit
from crm.ui.social.post import new_post, open_post
from crm.work import reading
from db.models.campaigns.social import POST_STATUS
from db.scope import CREATE

_TONES = {"draft": look.QUIET, "planned": look.INFO, "published": look.GOOD}
#: Posts listed beside the month; the list has the rest.
LISTED = 40


def show_calendar(account_id: int | None) -> None:
    """A month of posts, with the months before and after."""
    actor = current_actor()
    first = months.shown_month("social")
    with reading(actor) as session:
        posts = posts_between(session, first, month_end(first), account_id=account_id)
    main, aside = look.split()
    with main:
        _head(first, posts)
        picked = _month(first, posts)
    with aside:
        _list([p for p in posts if picked in (None, p.day)], picked or first, one_day=picked is not None)
        if (
            picked is not None
            and actor.may("social", CREATE)
            and st.button(_("New post on this day"), icon=":material/add:", key="social_day_new")
        ):
            new_post(actor, {"planned_at": noon(picked), "status": "planned", "account_id": account_id})


def _head(first: date, posts: list[CalendarPost]) -> None:
    with look.row():
        months.month_steps("social", first)
        ahead = sum(p.status != "published" for p in posts)
        out = ngettext("{n} published", "{n} published", len(posts) - ahead).format(n=len(posts) - ahead)
        look.two_lines(month_text(first), why=_("{out}, {n} to come").format(out=out, n=ahead))


def _month(first: date, posts: list[CalendarPost]) -> date | None:
    """The month by the number of posts on each day. Gives the day that was chosen."""
    said = _("Posts by day: {n} in {month}").format(n=len(posts), month=month_text(first))
    counts = Counter(p.day.day for p in posts)
    weeks = months.firm_calendar(current_actor())
    months.month_heat("social", first, counts, weeks=weeks, unit=number_unit(), alt=said, deepest=5)
    days = [first + timedelta(days=n) for n in range((month_end(first) - first).days + 1)]
    return months.choose_day("social", first, days)


def _list(posts: list[CalendarPost], start: date, *, one_day: bool) -> None:
    actor = current_actor()
    title = day_text(start, today=today()) if one_day else month_text(start)
    labels = dict(POST_STATUS)
    with look.card(title, _("What appears when")):
        if not posts:
            st.caption(_("Nothing is planned then."))
        for when, group in groupby(posts[:LISTED], key=lambda p: p.day):
            st.caption(day_text(when, today=today()))
            for post in group:
                with look.row():
                    network = _(NETWORK_NAMES.get(post.network, "")) if post.network else _("No account")
                    where = f"{clock_text(here(post.at), zone=zone())} · {post.account or network}"
                    if post.interactions is not None:
                        done = ngettext("{n} interaction", "{n} interactions", post.interactions)
                        where += f" · {done.format(n=post.interactions)}"
                    look.two_lines(post.title, why=where)
                    st.markdown(look.tag(_(labels[post.status]), tone=_TONES[post.status]))
                    if st.button(
                        "",
                        key=f"social_open_{post.id}",
                        icon=":material/arrow_forward:",
                        type="tertiary",
                        help=_("Open {title}").format(title=post.title),
                    ):
                        open_post(actor, post.id)
        if len(posts) > LISTED:
            st.caption(_("and {n} more; the list has them all").format(n=len(posts) - LISTED))
