"""What can be done with a campaign now: plan, start, pause, resume, close, copy; asked before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from crm.campaigns.runs import service
from crm.campaigns.runs.audience import Audience
from crm.campaigns.runs.queries import CampaignView
from crm.i18n import _, ngettext
from crm.jobs.queue import FAILED, enqueue, get_job
from crm.mail.sending.status import missing
from crm.ui.campaigns.audience import reason_label
from crm.ui.frame import job_progress, routes
from crm.ui.frame.guard import current_actor, storing
from crm.ui.kit import look
from crm.work import Actor, Work
from db.scope import CREATE

PLAN_JOB = "plan_campaign"


def _contacts(n: int) -> str:
    return ngettext("{n} contact", "{n} contacts", n).format(n=f"{n:,}")


def primary_step(actor: Actor, view: CampaignView, audience: Audience | None) -> Callable[[], None] | None:
    """Draws the one primary button: the next step of the campaign's life."""
    record = view.record
    if not record.may_change or record.archived:
        return None
    campaign_id, status = record.id, record.values["status"]
    steps: dict[str, tuple[str, str, Callable[[], None]]] = {
        "draft": (_("Plan"), "how_to_reg", lambda: _plan_drawer(actor, view, audience)),
        "planned": (_("Start"), "rocket_launch", lambda: _start_drawer(actor, view)),
        "running": (
            _("Pause"),
            "pause",
            lambda: _step(actor, service.pause_campaign, campaign_id, _("Paused.")),
        ),
        "paused": (
            _("Resume"),
            "play_arrow",
            lambda: _step(actor, service.resume_campaign, campaign_id, _("It goes on.")),
        ),
    }
    if status not in steps:
        return None
    label, icon, begin = steps[status]

    def draw() -> None:
        kind: Any = "secondary" if status == "running" else "primary"
        if st.button(label, icon=f":material/{icon}:", type=kind, key="campaign_step"):
            begin()

    return draw


def menu_steps(actor: Actor, view: CampaignView) -> dict[str, Callable[[], None]]:
    """The other steps, for the menu."""
    record = view.record
    status = record.values["status"]
    entries: dict[str, Callable[[], None]] = {}
    if actor.may("campaign", CREATE):
        entries[_("Copy")] = lambda: _copy(actor, record.id)
    if record.may_change and not record.archived:
        if status == "planned":
            entries[_("Take the draw back")] = lambda: _step(
                actor, service.undraw, record.id, _("The campaign is a draft again.")
            )
        if status in ("planned", "running", "paused"):
            entries[_("Close")] = lambda: _close_drawer(actor, view)
    return entries


def _step(actor: Actor, function: Callable[[Work, int], Any], campaign_id: int, said: str) -> None:
    with storing(actor, said) as work:
        function(work, campaign_id)


def _copy(actor: Actor, campaign_id: int) -> None:
    said = _("This is the copy: a draft without members.")
    with storing(actor, said, then=lambda: routes.go("campaign", made)) as work:
        made = service.copy_campaign(work, campaign_id)


def _plan_drawer(actor: Actor, view: CampaignView, audience: Audience | None) -> None:
    @st.dialog(_("Plan this campaign?"))
    def ask() -> None:
        if audience is not None:
            st.markdown(
                look.plain(_("{n} will be drawn into the arms by lot.").format(n=_contacts(audience.n)))
            )
            for reason, n in audience.left_out.items():
                said = ngettext("{n} contact falls out: {why}", "{n} contacts fall out: {why}", n)
                st.caption(look.plain(said.format(n=f"{n:,}", why=reason_label(reason))))
            st.caption(_("From then on members, arms, segment and purpose stay. Nothing is sent yet."))
        if st.button(
            _("Draw the members"), type="primary", icon=":material/how_to_reg:", key="campaign_plan_yes"
        ):
            if audience is not None and audience.found > service.MANY:
                job_id = enqueue(actor, PLAN_JOB, {"campaign_id": view.record.id})
                st.session_state[f"campaign_job_{view.record.id}"] = job_id
                st.rerun()
            _step(actor, service.plan_campaign, view.record.id, _("The members are drawn."))

    ask()


def _start_drawer(actor: Actor, view: CampaignView) -> None:
    is_mail = view.record.values["channel"] == "email"
    control = sum(arm.members for arm in view.arms if arm.is_control)

    @st.dialog(_("Start this campaign?"))
    def ask() -> None:
        n = view.members - control
        said = _("{n} get a message by e-mail.") if is_mail else _("{n} stand on the list.")
        st.markdown(f"**{look.plain(said.format(n=_contacts(n)))}**")
        if control:
            st.markdown(look.plain(_("{n} in the control group get nothing.").format(n=_contacts(control))))
        left = sum(view.record.values["left_out"].values())
        if left:
            st.caption(look.plain(_("{n} fell out at the draw.").format(n=_contacts(left))))
        st.caption(_("Whoever withdraws consent until their turn comes is left out."))
        if is_mail and (problem := missing()):
            st.warning(look.plain(problem), icon=":material/outgoing_mail:")
        if st.button(
            _("Start now"), type="primary", icon=":material/rocket_launch:", key="campaign_start_yes"
        ):
            _step(actor, service.start_campaign, view.record.id, _("The campaign is running."))

    ask()


def _close_drawer(actor: Actor, view: CampaignView) -> None:
    waiting = view.states.get("planned", 0) + view.states.get("queued", 0)

    @st.dialog(_("Close this campaign?"))
    def ask() -> None:
        if waiting:
            st.markdown(look.plain(_("{n} still wait; they get nothing.").format(n=_contacts(waiting))))
        st.caption(_("Responses go on counting. A closed campaign cannot be started again; copy it instead."))
        if st.button(_("Close it"), type="primary", key="campaign_close_yes"):
            _step(actor, service.close_campaign, view.record.id, _("The campaign is closed."))

    ask()


def watch_job(campaign_id: int) -> None:
    """The progress of a large draw that was begun in this tab, or why it ended without one."""
    job_id = st.session_state.get(f"campaign_job_{campaign_id}")
    if job_id is None:
        return
    job = get_job(current_actor(), job_id)
    if job.is_active:
        job_progress.watch(job, key="campaign", done=lambda _job: _("The members are drawn."))
    elif job.state == FAILED:
        st.info(look.plain(_("The draw was not made. {why}").format(why=job.note)), icon=":material/info:")
