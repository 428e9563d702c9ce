"""What must hold for a talk and a task, and what follows from their values, whichever road they come by."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm.clock import here
from crm.i18n import _
from crm.records.rules import Draft, Facts, Road, Rules
from crm.records.writing.bulk import known
from db.models import Case, Contact, Deal

#: The fields that say what a talk or task belongs to, the narrowest first: each brings its own customer along.
LINKS = ("deal_id", "case_id", "contact_id", "organisation_id", "campaign_id")
CUSTOMER = ("contact_id", "organisation_id")
SUBJECT_LENGTH = 120
_TIME = re.compile(r"(\d{1,2})(?:[:.h ]?(\d{2}))?")


#: Where the customer of a link is looked up; a person's own is the organisation.
_CUSTOMERS: dict[str, tuple[type[Any], tuple[str, ...]]] = {
    "deal_id": (Deal, CUSTOMER),
    "case_id": (Case, CUSTOMER),
    "contact_id": (Contact, ("organisation_id",)),
}


@dataclass(slots=True)
class Customers(Facts):
    """The customer of each deal, case and contact that drafts name, by field and id."""

    customers: dict[str, dict[int, dict[str, int | None]]]

    def of(self, row: Mapping[str, Any] | None, name: str) -> Mapping[str, int | None]:
        """The customer that one link of a row brings along."""
        return self.customers[name].get(row[name], {}) if row is not None else {}


class _Linked(Rules):
    """Talks and tasks stand on the pages of all they belong to."""

    def facts(self, road: Road, drafts: Sequence[Draft]) -> Customers:
        rows = [state for draft in drafts for state in (draft.row, draft.before) if state is not None]
        found: dict[str, dict[int, dict[str, int | None]]] = {}
        people: list[int | None] = []
        for name, (cls, names) in _CUSTOMERS.items():
            more = people if name == "contact_id" else []
            found[name] = known(road.work.session, cls, [*(row[name] for row in rows), *more], *names)
            people += [customer.get("contact_id") for customer in found[name].values()]
        return Customers(road, found)

    def complete(self, draft: Draft, facts: Customers) -> None:
        """A deal's, case's or contact's customer is the talk's unless another one is named.

        What followed from a link follows the new one when the link is corrected.
        """
        row = draft.row
        for link in LINKS[:3]:
            if not draft.moved(link):
                continue
            was, now = facts.of(draft.before, link), facts.of(row, link)
            for name in CUSTOMER:
                followed = not draft.is_new and row[name] == draft.old(name) == was.get(name)
                if name != link and (row[name] is None or followed):
                    row[name] = now.get(name)


class TalkRules(_Linked):
    """A talk has happened, says something, and belongs to somebody or something."""

    def complete(self, draft: Draft, facts: Customers) -> None:
        """The moment is now, and the subject the first line of the text, unless given."""
        super().complete(draft, facts)
        row = draft.row
        if draft.is_new and not draft.has("happened_at"):
            row["happened_at"] = facts.road.work.now
        followed = not draft.is_new and row["subject"] == draft.old("subject") == first_line(
            draft.old("body")
        )
        if not row["subject"] or followed:
            row["subject"] = first_line(row["body"]) or row["subject"]
        row["subject"] = row["subject"] or ""  # refused below, together with what else is missing

    def problems(self, draft: Draft, facts: Customers) -> None:
        row = draft.row
        if not row["subject"]:
            draft.refuse("body", _("Say in a few words what it was about, as text or subject."))
        if draft.moved("happened_at") and facts.road.is_to_come(row["happened_at"]):
            text = _("{moment} lies ahead. Enter when the talk was, or plan a task.")
            draft.refuse("happened_at", text.format(moment=_moment(row["happened_at"])))
        asked = (draft.is_new or any(map(draft.moved, LINKS))) and not draft.is_wrong(*LINKS)
        if asked and not any(row[name] for name in LINKS):
            draft.refuse(
                "contact_id",
                _("Say with whom or about what: a contact, organisation, deal, case or campaign."),
            )


class TaskRules(_Linked):
    """A task is due on a day, if wanted at an hour of it, and was done in the past."""

    def complete(self, draft: Draft, facts: Customers) -> None:
        """The hour is kept as 09:30 however it was typed."""
        super().complete(draft, facts)
        draft.row["due_time"] = time_of_day(draft.row["due_time"] or "") or draft.row["due_time"]

    def problems(self, draft: Draft, facts: Customers) -> None:
        row = draft.row
        typed, done = row["due_time"], row["done_at"]
        if typed and not time_of_day(typed):
            text = _("“{value}” is not a time of day. Write it as 14:30.")
            draft.refuse("due_time", text.format(value=typed))
        elif typed and row["due_on"] is None:
            draft.refuse("due_on", _("Choose the day on which it is due at {time}.").format(time=typed))
        if draft.moved("done_at") and facts.road.is_to_come(done):
            text = _("{moment} lies ahead. Enter when the task was done, or leave it open.")
            draft.refuse("done_at", text.format(moment=_moment(done)))


def first_line(text: str | None) -> str:
    """What a text without a subject is called by."""
    return (text or "").strip().split("\n")[0][:SUBJECT_LENGTH].strip()


def time_of_day(text: str) -> str:
    """Hour and minutes as 09:30, of 9:30, 9.30, 930 or 9; empty when it is no time of a day."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return ""
    hour, minute = int(found[1]), int(found[2] or 0)
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else ""


def _moment(at: datetime) -> str:
    return f"{here(at):%Y-%m-%d %H:%M}"
