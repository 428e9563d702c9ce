"""The rules of posts: what each must be before it is planned or published, and what follows from its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from crm.campaigns.social.networks import METRICS, clock_of, full_text, length_on, named, too_long
from crm.clock import zone
from crm.i18n import _
from crm.records.rules import Draft, Facts, Road, Rules
from crm.records.writing.bulk import known
from db.models import SocialAccount
from db.models.campaigns.social import NETWORKS

NETWORK_NAMES = dict(NETWORKS)
_SUMMED = ("likes", "comments", "shares")
_CLOCK = ("weekday", "hour")


@dataclass(slots=True)
class _Accounts(Facts):
    """The network of each account, and the firm's time zone."""

    by_id: dict[int, dict[str, Any]]
    zone: tzinfo


class PostRules(Rules):
    """A draft may be too long, a planned or published post may not; whatever reached people is published.

    When a post appeared may be unknown of one that a file brings; by hand it was now, or when it was planned.
    """

    def facts(self, road: Road, drafts: Sequence[Draft]) -> _Accounts:
        accounts = known(road.work.session, SocialAccount, (d.row["account_id"] for d in drafts), "network")
        return _Accounts(road, accounts, zone())

    def complete(self, draft: Draft, facts: _Accounts) -> None:
        row = draft.row
        self._appeared(draft, facts.road)
        if row["published_at"] is None:
            if draft.old("published_at") is not None:
                row.update({name: None for name in _CLOCK if not draft.has(name)})
        elif draft.moved("published_at") or row["weekday"] is None:
            clock = zip(_CLOCK, clock_of(row["published_at"], facts.zone), strict=True)
            row.update({name: value for name, value in clock if not draft.has(name)})
        if draft.has(*_SUMMED) and not draft.has("interactions"):
            # A network may count more kinds of them: its own sum stays.
            before = None if draft.before is None else _sum(draft.before)
            if row["interactions"] == before:
                row["interactions"] = _sum(row)
        row["title"] = row["title"] or named(row, facts.zone)

    @staticmethod
    def _appeared(draft: Draft, road: Road) -> None:
        """Whether it is out, and since when."""
        row, now = draft.row, road.work.now
        out = draft.has("published_at") and row["published_at"] is not None
        if out or (draft.is_new and row["status"] == "draft" and draft.has(*METRICS)):
            row["status"] = "published"
        if row["status"] != "published":
            row["published_at"] = None
        elif row["published_at"] is None and draft.moved("status"):
            if road.is_file:
                draft.tell(_("published, the time unknown"))
            else:
                planned = row["planned_at"]
                row["published_at"] = planned if planned is not None and planned <= now else now

    def problems(self, draft: Draft, facts: _Accounts) -> None:
        row = draft.row
        account = facts.by_id.get(row["account_id"] or 0)
        if row["published_at"] is not None and facts.road.is_to_come(row["published_at"]):
            draft.refuse(
                "published_at", _("A post is published at a time that has come. Plan it for later instead.")
            )
        if row["status"] == "draft" or not any(
            map(draft.moved, ("status", "body", "link", "account_id", "planned_at"))
        ):
            return
        if row["status"] == "planned" and account is None:
            draft.refuse("account_id", _("Choose the account on which it will appear."))
        if row["status"] == "planned" and row["planned_at"] is None:
            draft.refuse("planned_at", _("Say when it will appear."))
        if account is not None:
            network = account["network"]
            length = length_on(network, full_text(row["body"], row["link"]))
            if why := too_long(length, _(NETWORK_NAMES.get(network, network))):
                draft.refuse("body", why)


def _sum(values: Mapping[str, Any]) -> int | None:
    parts = [values[name] for name in _SUMMED if values[name] is not None]
    return sum(parts) if parts else None
