"""What fails next: the stored chances as a table that opens the unit, and the job that computes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from crm.clock import now, today, zone
from crm.i18n import _, ngettext
from crm.jobs.queue import FAILED, JobView
from crm.service.wear.job import latest_job, start
from crm.service.wear.next import COUNTED, Advice, Ahead
from crm.service.wear.settings import set_wear
from crm.service.wear.words import range_words, share_words, sober, span_words
from crm.ui.frame import job_progress, routes
from crm.ui.frame.guard import storing
from crm.ui.frame.record_table import Said, record_table
from crm.ui.kit import look
from crm.ui.kit.formats import day, moment, number
from crm.ui.kit.grid import Column
from crm.work import Actor
from db.scope import UPDATE

#: Sentences and, behind each, units that stand on the screen; the table has all.
MOST_ADVICE, MOST_UNITS = 3, 12


def compute_button(actor: Actor, *, disabled: bool) -> None:
    """Compute anew, for who may change units."""
    if actor.may("equipment", UPDATE) and job_progress.compute_button("wear", disabled=disabled):
        job_progress.begin(partial(start, actor))


def active_job(actor: Actor) -> JobView | None:
    """The computation under way, if the actor started one."""
    job = latest_job(actor)
    return job if job is not None and job.is_active else None


def show_failed(actor: Actor) -> None:
    """Why the newest computation ended without figures."""
    job = latest_job(actor)
    if job is not None and job.state == FAILED:
        st.info(_("The last computation failed. {why}").format(why=job.note), icon=":material/info:")


def ready(job: JobView) -> str:
    """What a computation that is done has brought."""
    n = int(job.result.get("units", 0))
    return ngettext("{n} unit has figures now.", "{n} units have figures now.", n).format(n=number(n))


def settings_popover(actor: Actor, current: float, until: date | None) -> None:
    """From which chance a unit stands in My day, and how far records reach; for who may change settings."""
    if not actor.may("setting", UPDATE):
        return
    with st.popover(_("Settings"), type="tertiary", icon=":material/tune:"):
        value = st.number_input(
            _("Propose a visit from this chance of failure in 90 days, %"),
            min_value=5, max_value=99, value=round(current * 100), step=5, key="wear_threshold",
        )  # fmt: skip
        until_day = st.date_input(
            _("Records are complete up to"), value=until, max_value=today(), key="wear_until",
            help=_("Blank: judged from the records. Units count as running up to that day."),
        )  # fmt: skip
        if st.button(_("Keep"), key="wear_settings_keep"):
            with storing(actor, _("Kept. Compute anew, so that the chances follow.")) as work:
                set_wear(work, threshold=value / 100, until=until_day)


def show_advice(advice: Sequence[Advice]) -> None:
    """What to replace before when, in one sentence each, with the units that it is about."""
    for one in advice[:MOST_ADVICE]:
        n = len(one.units)
        text = ngettext(
            "Replace the {part} of this unit before {day}",
            "Replace the {part} of these {n} units before {day}",
            n,
        )
        said = text.format(part=one.part.lower(), n=number(n), day=day(one.before))
        with look.card(
            said, _("Their parts fail until then more often than what My day proposes visits for")
        ):
            for unit in one.units[:MOST_UNITS]:
                who = " · ".join(p for p in (unit.organisation, unit.owner) if p)
                chance = _("{share} such units fail until then").format(share=share_words(unit.risk_90))
                routes.link("equipment", unit.equipment_id, unit.name, look.quiet(f"{who} · {chance}"))
            if n > MOST_UNITS:
                st.caption(_("and {n} more in the table below").format(n=number(n - MOST_UNITS)))
    if not advice:
        st.caption(_("No part needs replacing within the next three months, by the records so far."))


def _chance(risk: float) -> Said:
    return Said(sober(risk), f"{sober(risk) * 100:.0f}%")


def show_next(found: Ahead) -> None:
    """Units by their chance of failure; a click on a row opens the unit."""
    when = moment(found.computed_at, now=now(), zone=zone())
    count = ngettext("{n} figure", "{n} figures", found.total).format(n=number(found.total))
    if found.total > len(found.units):
        most = (
            _("{n} and more").format(n=number(found.total)) if found.total >= COUNTED else number(found.total)
        )
        count = _("the first {shown} of {n}").format(shown=len(found.units), n=most)
    note = _(
        "Chance of failure given how long it has run; {count}, computed {when}. Click a row to open the unit."
    )
    look.section(_("What fails next?"), note.format(count=count, when=when))
    rows = found.units
    frame = pd.DataFrame(
        {
            "id": [row.equipment_id for row in rows],
            "name": [row.name for row in rows],
            "part": [row.part or _("whole unit") for row in rows],
            "organisation": [row.organisation or row.product for row in rows],
            "owner": [row.owner for row in rows],
            "runs": [span_words(row.age_days) for row in rows],
            "risk_30": [_chance(row.risk_30) for row in rows],
            "risk_90": [_chance(row.risk_90) for row in rows],
            "risk_365": [_chance(row.risk_365) for row in rows],
            "left": [
                "–" if row.median_days is None else range_words(row.median_days, row.low_days, row.high_days)
                for row in rows
            ],
        }
    )
    record_table(
        frame,
        [
            Column("name", _("Unit"), width=185),
            Column("part", _("Part"), width=110),
            Column("organisation", _("Customer or product"), width=155),
            Column("owner", _("Owner"), width=100),
            Column("runs", _("Has run"), width=90),
            Column("risk_30", _("30 days"), "number", 75),
            Column("risk_90", _("90 days"), "number", 80),
            Column("risk_365", _("365 days"), "number", 80),
            Column("left", _("Half fail within"), width=165),
        ],
        screen="equipment",
        key=f"wear_next_{abs(hash(tuple((r.equipment_id, r.part) for r in rows)))}",
        alt=_("Units by their chance of failure within 90 days"),
    )
