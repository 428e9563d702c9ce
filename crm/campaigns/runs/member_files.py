"""Members of campaigns that were told, not drawn: their arms, their control group, and who said that they responded."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, or_, select, update

from crm.records.matching import name_key
from crm.records.settling import shape_of
from crm.records.writing.writer import Writer
from db.models import Campaign, CampaignArm, CampaignMember

#: Without case, accents, blanks and signs.
_CONTROL = frozenset({
    "control", "controlgroup", "controls", "ctrl", "controle", "kontrolle", "kontrollgruppe", "kontrolni",
    "kontrolniskupina", "grupocontrol", "holdout", "holdoutgroup", "heldout", "untreated", "nottreated",
    "notreatment", "nontreated", "notarget", "nontarget", "noemail", "nomail", "nomessage", "nocontact",
    "nocampaign", "nooffer", "noletter", "nocall", "nosms", "noad", "noads", "noaction", "nothing", "none",
    "baseline", "placebo", "psa",
})  # fmt: skip
#: Files that mark the treated with a yes mark the others with its opposite.
_OPPOSITES = {"0": "1", "false": "true", "no": "yes", "n": "y", "off": "on"}


def control_names(names: Iterable[str]) -> set[str]:
    """Those of a campaign's arms whose names say that they got no message.

    Names such as "Control", "No E-Mail" or "Holdout" say it alone, "0" or "no" only beside "1" or "yes".
    """
    keys = {name: name_key(name) for name in names}
    there = set(keys.values())
    return {name for name, key in keys.items() if key in _CONTROL or _OPPOSITES.get(key) in there}


def settle_members(writer: Writer, campaigns: Iterable[int]) -> None:
    """Make arms that members of these campaigns name and that are missing; mark what was told.

    New arms get the share of members that they hold. Members of a control group stand as such, those of a closed
    campaign as sent, and responses without a way in as coming from the file.
    """
    for campaign_id in sorted(campaigns):
        _settle_one(writer, campaign_id)


def _settle_one(writer: Writer, campaign_id: int) -> None:
    mine, of = CampaignMember.campaign_id == campaign_id, CampaignArm.campaign_id == campaign_id
    counted = select(CampaignMember.arm, func.count()).where(mine).group_by(CampaignMember.arm)
    sizes = {str(arm): int(n) for arm, n in writer.send(counted)}
    known = writer.send(select(CampaignArm.name, CampaignArm.is_control).where(of))
    is_control = {str(name): bool(control) for name, control in known}
    missing = [name for name in sizes if name not in is_control]
    # A campaign has one control group: the one it has stays the only one.
    controls = set() if any(is_control.values()) else control_names([*sizes, *is_control]) & set(missing)
    total = sum(sizes.values())
    base = shape_of("campaign_arm").defaults(writer.work.now)
    arms = [
        {
            **base, "campaign_id": campaign_id, "name": name, "is_control": name in controls,
            "share": sizes[name] / total, "position": len(is_control) + at,
        }
        for at, name in enumerate(sorted(missing, key=lambda name: (name in controls, name)))
    ]  # fmt: skip
    writer.insert(CampaignArm, arms)
    controls |= {name for name, control in is_control.items() if control}
    waiting = update(CampaignMember).where(mine, CampaignMember.state == "planned")
    told = or_(CampaignMember.responded, CampaignMember.converted, CampaignMember.revenue_minor != 0)
    by_file = update(CampaignMember).where(mine, told, CampaignMember.response_by.is_(None))
    writer.send(by_file.values(response_by="file"))
    writer.send(waiting.where(CampaignMember.arm.in_(controls)).values(state="control"))
    if writer.send(select(Campaign.status).where(Campaign.id == campaign_id)).scalar() == "closed":
        writer.send(waiting.where(CampaignMember.arm.not_in(controls)).values(state="sent"))
