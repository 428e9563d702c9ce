"""The forecast's job on the screen: when it starts by itself, and why it left nothing."""

from __future__ import annotations

import streamlit as st

from crm.clock import here
from crm.forecasting.chosen import SeriesChoice
from crm.forecasting.service import refresh
from crm.i18n import _
from crm.jobs.queue import CANCELLED, FAILED, JobView, get_job
from crm.ui.forecast.data import Seen
from crm.work import Actor


def keep_fresh(actor: Actor, choice: SeriesChoice, seen: Seen) -> JobView | None:
    """The job to watch, if any; a forecast that newer months have overtaken is computed anew, once a day."""
    job = seen.job
    if job is not None and job.is_active:
        return job
    if seen.is_overtaken and (job is None or here(job.made_at).date() < seen.today):
        started = get_job(actor, refresh(actor, choice, on=seen.today))
        return started if started.is_active else None
    return None


def show_outcome(seen: Seen) -> None:
    """Why the newest job left no forecast; a refusal tells what is missing."""
    job = seen.job
    if job is None or (seen.run is not None and seen.run.made_at > job.made_at):
        return
    if job.state == FAILED:
        st.info(
            _("The last computation ended without a forecast. {why}").format(why=job.note),
            icon=":material/info:",
        )
    elif job.state == CANCELLED:
        st.info(_("The last computation was cancelled; nothing was changed."), icon=":material/info:")
