"""Who a campaign would reach now, and how many fall out for which reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from crm.campaigns.consent.consent import CHANNEL_OF_CAMPAIGN
from crm.campaigns.consent.reach import REASONS, Cap, reached
from crm.campaigns.segments.segments import segment_condition
from crm.clock import here
from crm.records import registry
from crm.records.fields import Kind
from db.models import Campaign
from db.scope import ScopedSession

#: Kinds of contact fields whose values can be held in equal shares; others have a value for nearly everybody.
STRATUM_KINDS = (Kind.CHOICE, Kind.TEXT, Kind.BOOLEAN, Kind.LINK)
NO_STRATA = ("name", "first_name", "last_name", "number", "job_title")
BETWEEN = " · "


@dataclass(frozen=True)
class Audience:
    """The contacts of a segment at one moment.

    ``frame`` has ``id``, ``name``, ``address``, ``stratum`` and ``reason`` (empty: gets a message), by id; ``left_out`` counts
    those who do not, by reason in the order in which it was asked.
    """

    frame: pd.DataFrame
    left_out: dict[str, int]
    at: datetime

    @property
    def found(self) -> int:
        """How many contacts the segment holds."""
        return len(self.frame)

    @property
    def reachable(self) -> pd.DataFrame:
        """Those who get a message."""
        return self.frame[self.frame["reason"] == ""]

    @property
    def n(self) -> int:
        """How many get a message, the control group included."""
        return self.found - sum(self.left_out.values())


def stratum_fields() -> dict[str, str]:
    """Contact fields by which arms can be held alike, with their labels."""
    return {
        f.name: f.label
        for f in registry.entity("contact").fields
        if f.kind in STRATUM_KINDS and f.name not in NO_STRATA
    }


def cap_of(campaign: Campaign, now: datetime, *, reserved: bool = False) -> Cap:
    """The frequency cap of a campaign at a moment."""
    since = now - timedelta(days=campaign.cap_days)
    return Cap(campaign.cap_messages, since, campaign.id, reserved=reserved)


def read_audience(session: ScopedSession, campaign: Campaign, *, now: datetime) -> Audience:
    """The audience of a campaign with a segment, within the session's scope.

    Of several contacts with one address the first keeps it; letters go to each person at an address.
    """
    channel = CHANNEL_OF_CAMPAIGN[campaign.channel]
    strata = tuple(name for name in campaign.strata if name in stratum_fields())
    assert campaign.segment_id is not None
    frame = reached(
        session,
        segment_condition(session, campaign.segment_id, archived=True),
        purpose=campaign.purpose,
        channel=channel,
        on=here(now).date(),
        extra=strata,
        cap=cap_of(campaign, now, reserved=True),
    )
    same = ["name", "address"] if channel == "post" else ["address"]
    free = frame["reason"] == ""
    frame.loc[free & frame[free].duplicated(same).reindex(frame.index, fill_value=False), "reason"] = (
        "duplicate"
    )
    frame["stratum"] = _strata(frame, strata)
    counts = frame["reason"].value_counts()
    left_out = {reason: int(counts[reason]) for reason in REASONS if reason in counts}
    return Audience(frame[["id", "name", "address", "stratum", "reason"]], left_out, now)


def _strata(frame: pd.DataFrame, names: tuple[str, ...]) -> Any:
    if not names:
        return ""
    return [
        BETWEEN.join("" if value is None else str(value) for value in values)[:200]
        for values in zip(*(frame[name] for name in names), strict=True)
    ]
