"""A job that runs in the background: progress, a way to stop it, and what is said when it has ended."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from crm.i18n import _
from crm.jobs.queue import DONE, JobView, cancel_job, get_job
from crm.ui.frame.guard import current_actor, flash, showing_problems


def compute_button(key: str, *, disabled: bool) -> bool:
    """The one primary button of a page that shows what was computed."""
    return st.button(
        _("Compute anew"), icon=":material/refresh:", type="primary", key=f"{key}_compute", disabled=disabled
    )


def begin(start: Callable[[], object]) -> None:
    """Queue a computation; the next run shows its progress."""
    with showing_problems():
        start()
        st.rerun()


def _note(job: JobView) -> str:
    return job.note or _("Waiting for its turn")


def watch(
    job: JobView,
    *,
    key: str,
    done: Callable[[JobView], str] = lambda _job: "",
    words: Callable[[JobView], str] = _note,
) -> None:
    """Progress and a way to stop; the clock runs only while the job does.

    ``words`` says how far it is, ``done`` that it has ended well.
    """
    st.fragment(_progress, run_every=1.0)(job.id, key, done, words)


def _progress(job_id: int, key: str, done: Callable[[JobView], str], words: Callable[[JobView], str]) -> None:
    actor = current_actor()
    job = get_job(actor, job_id)
    if not job.is_active:
        if job.state == DONE and (said := done(job)):
            flash(said)
        st.rerun()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.progress(job.share, text=words(job))
        if st.button(_("Cancel"), key=f"{key}_cancel", icon=":material/close:"):
            with showing_problems():
                cancel_job(actor, job_id)
