"""The job that draws the members of a large campaign."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crm.campaigns.runs.service import plan_campaign
from crm.i18n import _
from crm.work import Actor, unit_of_work

Step = Callable[[int, int, str], None]


def run_plan(actor: Actor, args: dict[str, Any], step: Step) -> dict[str, Any]:
    """Plan the campaign ``args["campaign_id"]``; gives members by arm and who fell out."""
    # Progress is written by a transaction of its own, so none is told while this one holds the database; and none after
    # it, because what is drawn by then cannot be cancelled any more.
    step(0, 1, _("Drawing the members"))
    with unit_of_work(actor, cause="campaign") as work:
        draw = plan_campaign(work, int(args["campaign_id"]))
    return {"by_arm": draw.by_arm, "left_out": draw.left_out}
