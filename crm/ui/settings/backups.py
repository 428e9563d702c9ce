"""The backups of the clock: where they go, how the last one went, and one more right now."""

from __future__ import annotations

import streamlit as st

from crm.clock import now
from crm.config import settings
from crm.i18n import _
from crm.jobs import active_jobs, enqueue
from crm.keeping.status import backup_status
from crm.ui.frame import job_progress
from crm.ui.kit import look
from crm.ui.kit.formats import ago, number, size_words
from crm.work import SYSTEM, Actor


def show_backups(actor: Actor) -> None:
    """How they stand."""
    stands, chosen = backup_status(), settings()
    if not stands.place:
        look.empty(
            _("No backups are made"),
            _(
                "Set CRM_BACKUP_FOLDER to a folder on another disk, or to s3://bucket/prefix, where Rapport runs."
            ),
        )
        return
    if stands.problem:
        st.error(look.plain(stands.problem), icon=":material/backup:")
    facts = {
        _("Where"): f"{stands.place} (CRM_BACKUP_FOLDER)",
        _("Days of which one stays"): f"{number(chosen.backup_keep)} (CRM_BACKUP_KEEP)",
        _("Weeks, months"): f"{number(chosen.backup_keep_weeks)}, {number(chosen.backup_keep_months)}",
        _("Last one"): _("none yet"),
    }
    if stands.at is not None:
        facts[_("Last one")] = f"{ago(stands.at.date(), today=now().date())} · {stands.name}"
        facts[_("What it holds")] = _("{n} rows, {size}").format(
            n=number(stands.rows), size=size_words(stands.size)
        )
    look.facts(facts, alt=_("Backups of this installation"))
    st.caption(
        _("One is made each day. `python -m crm restore` puts one back; `python -m crm backups` lists them.")
    )
    running = active_jobs(SYSTEM, kind="backup")
    if running:
        job_progress.watch(running[0], key="backup", done=lambda _job: _("The backup is made."))
    elif st.button(_("Back up now"), key="settings_backup_now", icon=":material/backup:"):
        job_progress.begin(lambda: enqueue(actor, "backup", {}))
