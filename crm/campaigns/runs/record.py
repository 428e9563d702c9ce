"""What follows from the values of a campaign, an arm, a segment or a word of consent before it is stored."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from crm.campaigns.segments.rules import check_rules
from crm.campaigns.segments.segments import segment_fields
from crm.errors import Problem, Refused
from crm.firm.firm import firm
from crm.i18n import _
from crm.records.matching import name_key
from crm.work import Work
from db.models import Campaign

#: What the draw rests on; it stays while members are drawn.
FIXED_BY_DRAW = ("segment_id", "channel", "purpose", "cap_messages", "cap_days", "strata", "seed")


def refuse_field(field: str, message: str) -> Refused:
    """A refusal of one field."""
    return Refused(message, problems=[Problem(field, message)])


def prepare_segment(_work: Work, row: Any, _changed: Set[str]) -> None:
    """Names are matched by their key; rules that come along are checked."""
    row.name_key = name_key(row.name)
    if row.rules:
        row.rules = check_rules(row.rules, segment_fields())


def prepare_campaign(work: Work, row: Any, changed: Set[str]) -> None:
    """A campaign ends on or after its start, counts in the firm's currency, and keeps what its draw rests on.

    Raises
    ------
    Refused
        The dates are the wrong way round, the status is set by hand, or members are drawn already.
    """
    row.name_key = name_key(row.name)
    row.currency = row.currency or firm(work.session).currency
    if row.starts_on and row.ends_on and row.ends_on < row.starts_on:
        raise refuse_field("ends_on", _("The campaign ends before it starts. Choose a later end."))
    if row.id is None:
        return
    if "status" in changed:
        raise refuse_field(
            "status", _("Plan, start, pause and close a campaign with the buttons of its page.")
        )
    if row.drawn_at is not None and (kept := changed & set(FIXED_BY_DRAW)):
        text = _("The members are drawn already. Take the draw back, then change this.")
        raise Refused(text, problems=[Problem(name, text) for name in sorted(kept)])


def prepare_arm(work: Work, row: Any, _changed: Set[str]) -> None:
    """Arms change only before the draw."""
    campaign = work.session.get(Campaign, row.campaign_id)
    if campaign is not None and campaign.drawn_at is not None:
        raise refuse_field(
            "campaign_id", _("The members are drawn already. Take the draw back, then change arms.")
        )


def prepare_consent(work: Work, row: Any, _changed: Set[str]) -> None:
    """Consent is added and never changed; who took it down stands beside it."""
    if row.id is not None:
        raise Refused(_("Consent is never changed. Take down what the contact says now as a new entry."))
    if row.at is not None and row.at > work.now:
        raise refuse_field("at", _("Consent holds from a time that has come."))
    row.user_id = work.actor.user_id
