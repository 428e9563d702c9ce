"""Phone lists and letter files: who is called or written to, asked anew each time, and what came of it."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import select, update

from crm.campaigns.consent.consent import CHANNEL_OF_CAMPAIGN, set_consent
from crm.campaigns.consent.reach import POSTAL, postal_parts, reached
from crm.campaigns.runs.audience import cap_of
from crm.clock import here
from crm.errors import NotAllowed, NotFound, Refused
from crm.exchange.leaving.own import neutral
from crm.i18n import N_, _
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Campaign, CampaignMember, Contact, Organisation
from db.scope import EXPORT, UPDATE, ScopedSession

#: What can come of a call.
OUTCOMES = {
    "reached": N_("Reached"),
    "responded": N_("Interested"),
    "refused": N_("Wants no calls"),
}
OPEN = ("planned",)
#: Campaigns whose members are worked through by a list of ours and not by the postman.
BY_LIST = ("phone", "letter", "social", "event")


def list_members(session: ScopedSession, campaign: Campaign, *, now: datetime) -> pd.DataFrame:
    """Members who still wait and may be addressed at this moment, with what is needed to reach them; by id.

    Columns: ``member_id``, ``contact_id``, ``name``, ``organisation``, ``phone``, ``email``, ``arm`` and the parts of the postal
    address. Consent, address and cap are asked anew: whoever withdrew since the draw is not on the list.
    """
    waiting = select(CampaignMember.contact_id).where(
        CampaignMember.campaign_id == campaign.id, CampaignMember.state.in_(OPEN)
    )
    fit = reached(
        session,
        Contact.id.in_(waiting),
        purpose=campaign.purpose,
        channel=CHANNEL_OF_CAMPAIGN[campaign.channel],
        on=here(now).date(),
        cap=cap_of(campaign, now),
    )
    fit = fit[fit["reason"] == ""]
    statement = (
        select(
            CampaignMember.id.label("member_id"),
            CampaignMember.contact_id,
            Contact.name,
            Contact.organisation_id,
            Organisation.name.label("organisation"),
            Contact.phone,
            Contact.email,
            CampaignMember.arm,
        )
        .join(Contact, Contact.id == CampaignMember.contact_id)
        .outerjoin(Organisation, Organisation.id == Contact.organisation_id)
        .where(CampaignMember.campaign_id == campaign.id, CampaignMember.state.in_(OPEN))
        .order_by(CampaignMember.id)
    )
    result = session.execute(statement)
    rows = pd.DataFrame(result.all(), columns=list(result.keys()), dtype=object)
    rows = rows[rows["contact_id"].isin(set(fit["id"]))].reset_index(drop=True)
    asked = rows.rename(columns={"contact_id": "id"})
    places = postal_parts(session, asked, on=here(now).date()) if campaign.channel == "letter" else {}
    for part in POSTAL:
        rows[part] = pd.Series(
            [places.get(i, {}).get(part) or "" for i in rows["contact_id"]], index=rows.index, dtype=object
        )
    return rows.drop(columns="organisation_id")


def _running(session: ScopedSession, campaign_id: int) -> Campaign:
    row = session.get(Campaign, campaign_id)
    if row is None:
        raise NotFound(_("There is no campaign {id}, or it is not yours to see.").format(id=campaign_id))
    if row.status != "running":
        raise Refused(_("The campaign is not running. Start it first."))
    return row


def _head(channel: str) -> dict[str, str]:
    reach = {
        "phone": {"phone": _("Phone")},
        "letter": {
            "street": _("Street"),
            "postal_code": _("Postal code"),
            "city": _("City"),
            "region": _("Region"),
            "country": _("Country"),
        },
    }
    other = {"email": _("E-mail"), "phone": _("Phone")}
    return (
        {"name": _("Name"), "organisation": _("Organisation")} | reach.get(channel, other) | {"arm": _("Arm")}
    )


def list_file(session: ScopedSession, campaign_id: int, *, kind: str, now: datetime) -> bytes:
    """The list of a running campaign as ``csv`` (UTF-8 with BOM) or ``xlsx``; texts no spreadsheet takes for formulas.

    Raises
    ------
    NotAllowed
        The actor's role does not export contacts or campaigns.
    Refused
        The campaign is not running.
    """
    actor = session.actor
    row = _running(session, campaign_id)
    mine = actor.holds("campaign", EXPORT, owner_id=row.owner_id, team_id=row.team_id)
    if not mine or not actor.may("contact", EXPORT):
        raise NotAllowed(_("Your role does not export contacts. Ask an administrator."))
    head = _head(row.channel)
    frame = list_members(session, row, now=now)[list(head)].fillna("").astype(str)
    cells: list[list[Any]] = [[neutral(cell) for cell in line] for line in frame.itertuples(index=False)]
    return _csv(list(head.values()), cells) if kind == "csv" else _sheet(list(head.values()), cells)


def _csv(head: list[str], cells: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([head, *cells])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _sheet(head: list[str], cells: list[list[Any]]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, head, book.add_format({"bold": True}))
        for n, line in enumerate(cells, 1):
            for place, cell in enumerate(line):
                sheet.write_string(n, place, cell)
        sheet.set_column(0, len(head) - 1, 24)
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def record_outcome(work: Work, member_id: int, outcome: str) -> None:
    """Take down what came of a call; whoever wants no more calls has consent withdrawn at once.

    Raises
    ------
    Refused
        An unknown outcome, a member who does not wait for a call, a campaign that is not running.
    NotFound
        The member is not there, or not this actor's to see.
    """
    member = work.session.get(CampaignMember, member_id)
    if member is None:
        raise NotFound(_("There is no such member, or it is not yours to see."))
    campaign = _running(work.session, member.campaign_id)
    if outcome not in OUTCOMES or campaign.channel not in BY_LIST:
        raise Refused(_("Choose one of: {known}.").format(known=", ".join(_(o) for o in OUTCOMES.values())))
    if member.state not in OPEN:
        raise Refused(_("Somebody took down this call already."))
    member.state, member.sent_at = "sent", work.now
    if outcome == "responded":
        member.responded, member.responded_at, member.response_by = True, work.now, "reply"
    work.session.flush()
    if outcome == "refused":
        member.state = "unsubscribed"
        set_consent(
            work,
            member.contact_id,
            purpose=campaign.purpose,
            channel=CHANNEL_OF_CAMPAIGN[campaign.channel],
            state="withdrawn",
            source=_("Campaign {name}").format(name=campaign.name)[:200],
        )
    work.session.flush()


def mark_posted(work: Work, campaign_id: int) -> int:
    """The list was posted or handed over: whoever stands on it now counts as written to; the others keep waiting.

    Returns
    -------
    int
        How many were written to.
    """
    row = _running(work.session, campaign_id)
    if row.channel not in BY_LIST:
        raise Refused(_("E-mail is sent by Rapport itself."))
    if not work.actor.holds("campaign", UPDATE, owner_id=row.owner_id, team_id=row.team_id):
        raise NotAllowed(_("You may not change this campaign. Ask its owner or an administrator."))
    # The program writes in bulk what the actor was just allowed to.
    ids = [int(i) for i in list_members(work.session, row, now=work.now)["member_id"]]
    connection = work.session.connection()
    for first in range(0, len(ids), 1000):
        connection.execute(
            update(CampaignMember)
            .where(CampaignMember.id.in_(ids[first : first + 1000]))
            .values(state="sent", sent_at=work.now),
            execution_options=SYSTEM_OPTIONS,
        )
    work.session.expire_all()
    return len(ids)
