"""Members of campaigns that came from a file: their arms, their control group, and that the file says how they responded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, or_, select, update

from crm.exchange.storing.store import make_rows
from crm.records.matching import name_key
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Campaign, CampaignArm, CampaignMember

#: Without case, accents, blanks and signs.
_CONTROL = frozenset(
    [
        "control",
        "controlgroup",
        "controls",
        "ctrl",
        "controle",
        "kontrolle",
        "kontrollgruppe",
        "kontrolni",
        "kontrolniskupina",
        "grupocontrol",
        "holdout",
        "holdoutgroup",
        "heldout",
        "untreated",
        "nottreated",
        "notreatment",
        "nontreated",
        "notarget",
        "nontarget",
        "noemail",
        "nomail",
        "nomessage",
        "nocontact",
        "nocampaign",
        "nooffer",
        "noletter",
        "nocall",
        "nosms",
        "noad",
        "noads",
        "noaction",
        "nothing",
        "none",
        "baseline",
        "placebo",
        "psa",
    ]
)
#: Files that mark the treated with a yes mark the others with its opposite.
_OPPOSITES = {"0": "1", "false": "true", "no": "yes", "n": "y", "off": "on"}


def control_names(names: Iterable[str]) -> set[str]:
    """Those of a campaign's arms whose names say that they got no message.

    Names such as "Control", "No E-Mail" or "Holdout" say it alone, "0" or "no" only beside "1" or "yes".
    """
    keys = {name: name_key(name) for name in names}
    there = set(keys.values())
    return {name for name, key in keys.items() if key in _CONTROL or _OPPOSITES.get(key) in there}


def settle(work: Work, import_id: int, parents: Mapping[str, set[int]]) -> None:
    """Make arms that members of the touched campaigns name and that are missing; mark what the file told.

    New arms get the share of members that they hold. Members of a control group stand as such, those of a closed
    campaign as sent, and responses without a way in as coming from the file.
    """
    for campaign_id in sorted(parents.get("campaign_id", ())):
        _settle_one(work, import_id, campaign_id)


def _settle_one(work: Work, import_id: int, campaign_id: int) -> None:
    session = work.session
    counted = select(CampaignMember.arm, func.count()).where(CampaignMember.campaign_id == campaign_id)
    sizes = {str(arm): int(n) for arm, n in session.execute(counted.group_by(CampaignMember.arm))}
    known = session.execute(
        select(CampaignArm.name, CampaignArm.is_control).where(CampaignArm.campaign_id == campaign_id)
    )
    is_control = {str(name): bool(control) for name, control in known}
    missing = [name for name in sizes if name not in is_control]
    # A campaign has one control group: the one it has stays the only one.
    controls = set() if any(is_control.values()) else control_names([*sizes, *is_control]) & set(missing)
    total = sum(sizes.values())
    order = sorted(missing, key=lambda name: (name in controls, name))
    rows: list[dict[str, Any]] = [
        {
            "campaign_id": campaign_id, "name": name, "is_control": name in controls,
            "share": sizes[name] / total, "position": len(is_control) + at,
        }
        for at, name in enumerate(order)
    ]  # fmt: skip
    make_rows(work, "campaign_arm", rows, import_id)
    controls |= {name for name, control in is_control.items() if control}
    closed = session.scalar(select(Campaign.status).where(Campaign.id == campaign_id)) == "closed"
    mine = CampaignMember.campaign_id == campaign_id
    waiting = update(CampaignMember).where(mine, CampaignMember.state == "planned")
    told = or_(CampaignMember.responded, CampaignMember.converted, CampaignMember.revenue_minor != 0)
    by_file = update(CampaignMember).where(mine, told, CampaignMember.response_by.is_(None))
    statements = [by_file.values(response_by="file")]
    if controls:
        statements.append(waiting.where(CampaignMember.arm.in_(controls)).values(state="control"))
    if closed:
        statements.append(waiting.where(CampaignMember.arm.not_in(controls)).values(state="sent"))
    for statement in statements:
        session.connection().execute(statement, execution_options=SYSTEM_OPTIONS)
