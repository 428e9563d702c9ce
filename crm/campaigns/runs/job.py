"""Jobs of campaigns: draw the members of a large one, and count responses by the clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select

from crm.campaigns.runs.responses import collect_responses
from crm.campaigns.runs.service import plan_campaign
from crm.clock import here
from crm.clock import now as this_moment
from crm.i18n import _
from crm.jobs.queue import end_with
from crm.jobs.worker import Step
from crm.work import Actor, reading, unit_of_work
from db.models import Campaign

#: Sales are often entered some days late.
GRACE = timedelta(days=7)
_LONGEST = timedelta(days=365)


def run_plan(actor: Actor, args: dict[str, Any], step: Step) -> dict[str, Any]:
    """Plan the campaign ``args["campaign_id"]``; gives members by arm and who fell out."""
    # Progress is written by a transaction of its own, so none is told while this one holds the database; and none after
    # it, because what is drawn by then cannot be cancelled any more.
    step(0, 1, _("Drawing the members"))
    with unit_of_work(actor, cause="campaign") as work:
        draw = plan_campaign(work, int(args["campaign_id"]))
        result = {"by_arm": draw.by_arm, "left_out": draw.left_out}
        if "job_id" in args:
            end_with(work, args["job_id"], result)
    return result


def run_responses(actor: Actor, args: dict[str, Any], step: Step) -> dict[str, Any]:
    """Count the responses of running campaigns, and of closed ones until their days and a week are over.

    Returns
    -------
    dict
        ``campaigns`` counted and ``members`` changed.
    """
    at = this_moment()
    closed_lately = (Campaign.status == "closed") & (Campaign.closed_at >= at - _LONGEST - GRACE)
    with reading(actor) as session:
        found = select(Campaign).where(or_(Campaign.status.in_(("running", "paused")), closed_lately))
        ids = [
            campaign.id
            for campaign in session.scalars(found.order_by(Campaign.id))
            if campaign.closed_at is None
            or here(campaign.closed_at) + timedelta(days=campaign.response_days) + GRACE >= here(at)
        ]
    changed = 0
    for done, campaign_id in enumerate(ids):
        step(done, len(ids), _("Responses to campaigns"))
        with unit_of_work(actor, cause="responses") as work:
            changed += collect_responses(work, campaign_id, at)
    step(len(ids), len(ids), "")
    return {"campaigns": len(ids), "members": changed}
