"""What a bounce or a complaint takes effect on: addresses that are no good, members who got no message.

Anybody can write a message that looks like a bounce. One is believed only when it carries the signed mark of a message
of ours.
"""

from __future__ import annotations

from crm.errors import NotFound
from crm.links import read_token
from crm.mail.address import same_address
from crm.mail.receiving.bounce_rules import BOUNCE, COMPLAINT, Received
from crm.mail.receiving.reachable import mark_address, mark_bounced
from crm.mail.sending.outbox import MAIL
from crm.work import Work
from db.models import CampaignMember, Contact, Outbox


def believe(work: Work, received: Received, source: str) -> bool:
    """Let a bounce or a complaint take effect; False when nothing proves that it is about mail of ours."""
    row_id = proven("mail", received.marks)
    if row_id is None:
        return False
    kind = COMPLAINT if received.kind == COMPLAINT else BOUNCE
    # Our own mark says whom we wrote to, wherever the message was passed on to from there.
    if received.kind in (BOUNCE, COMPLAINT) and (
        to := _refused_copy(work, row_id, received) or _recipient(work, row_id)
    ):
        reason = received.refused[0][1] if received.refused else received.subject
        mark_address(work, to, reason=reason, source=source, kind=kind)
    if kind != COMPLAINT:
        mark_bounced(work, row_id)
    return True


def proven(purpose: str, marks: tuple[str, ...]) -> int | None:
    """The id behind the first mark with our signature."""
    for mark in marks:
        try:
            return read_token(purpose, mark)[0]
        except NotFound:
            continue
    return None


def _refused_copy(work: Work, row_id: int, received: Received) -> str:
    """The one that a message could not be copied to, where the bounce is not about its recipient."""
    row = work.session.get(Outbox, row_id)
    refused = [same_address(address) for address, _reason in received.refused]
    if row is None or same_address(row.payload.get("to", "")) in refused:
        return ""
    copies = {same_address(copy) for copy in row.payload.get("cc") or ()}
    return next((address for address in refused if address in copies), "")


def _recipient(work: Work, row_id: int) -> str:
    row = work.session.get(Outbox, row_id)
    if row is None:
        return ""
    if row.kind == MAIL:
        return str(row.payload.get("to", ""))
    member = work.session.get(CampaignMember, row.member_id) if row.member_id is not None else None
    contact = work.session.get(Contact, member.contact_id) if member is not None else None
    return str(contact.email or "") if contact is not None else ""
