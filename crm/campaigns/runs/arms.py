"""The arms of a draft: versions with their messages and shares, the control group, strata and seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm.campaigns.runs.arm_rules import share_problems
from crm.campaigns.runs.audience import stratum_fields
from crm.campaigns.runs.service import arms_of, get_campaign
from crm.errors import Problem, Refused
from crm.i18n import _
from crm.records.records import store_new
from crm.work import Work
from db.models import MessageTemplate

MOST_ARMS, MOST_STRATA = 10, 3
LONGEST_NAME = 80
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ArmPlan:
    """One arm as it is wanted; ``share`` is 0 to 1."""

    name: str
    share: float
    is_control: bool = False
    template_id: int | None = None


def set_arms(work: Work, campaign_id: int, arms: Sequence[ArmPlan]) -> None:
    """Take these arms for a draft, in this order, instead of those it had.

    Raises
    ------
    Refused
        Names that repeat or are missing, shares that do not add up, a second control group, an unknown template, or members
        that are drawn already.
    """
    row = get_campaign(work, campaign_id, among=("draft",), doing=_("given other arms"))
    names = [arm.name.strip() for arm in arms]
    problems = share_problems(
        {f"{n}": arm.share for n, arm in enumerate(arms)},
        [f"{n}" for n, arm in enumerate(arms) if arm.is_control],
    )
    if len(arms) > MOST_ARMS:
        problems.append(Problem("arms", _("At most {n} arms.").format(n=MOST_ARMS)))
    if any(not name or len(name) > LONGEST_NAME for name in names):
        problems.append(
            Problem("name", _("Give every arm a name of at most {n} characters.").format(n=LONGEST_NAME))
        )
    if len({name.casefold() for name in names}) < len(names):
        problems.append(Problem("name", _("Two arms have the same name.")))
    wanted = {arm.template_id for arm in arms if arm.template_id is not None and not arm.is_control}
    if any(work.session.get(MessageTemplate, template_id) is None for template_id in wanted):
        problems.append(Problem("template_id", _("A template is gone, or not yours to see. Choose another.")))
    if problems:
        raise Refused(_("The arms were not stored. ") + problems[0].message, problems=problems)
    for old in arms_of(work, row.id):
        work.session.delete(old)
    # The old names are free only when the old rows are gone.
    work.session.flush()
    for place, (name, arm) in enumerate(zip(names, arms, strict=True)):
        values = {"name": name, "share": arm.share, "is_control": arm.is_control, "position": place}
        values["template_id"] = None if arm.is_control else arm.template_id
        store_new(work, "campaign_arm", values | {"campaign_id": row.id})


def set_draw(work: Work, campaign_id: int, *, strata: Sequence[str], seed: int) -> None:
    """By which fields the arms are held alike, and the seed of the draw; of a draft only.

    Raises
    ------
    Refused
        An unknown field, too many of them, or a seed that is no whole number from 0.
    """
    row = get_campaign(work, campaign_id, among=("draft",), doing=_("drawn in another way"))
    known = stratum_fields()
    if unknown := [name for name in strata if name not in known]:
        text = _("Arms cannot be held alike by “{name}”.").format(name=unknown[0])
        raise Refused(text, problems=[Problem("strata", text)])
    if len(strata) > MOST_STRATA:
        text = _("At most {n} fields: more would leave a handful in each group.").format(n=MOST_STRATA)
        raise Refused(text, problems=[Problem("strata", text)])
    if not 0 <= seed <= LARGEST_SEED:
        text = _("The seed is a whole number from 0.")
        raise Refused(text, problems=[Problem("seed", text)])
    row.strata, row.seed = list(dict.fromkeys(strata)), seed
    work.session.flush()
