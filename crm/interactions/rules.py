"""What must hold for a talk and a task, and what follows from their values, whichever road they come by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crm.clock import here
from crm.errors import Problem
from crm.i18n import _

Row = dict[str, Any]
#: The fields that say what a talk or task belongs to, the narrowest first: each brings its own customer along.
LINKS = ("deal_id", "case_id", "contact_id", "organisation_id", "campaign_id")
CUSTOMER = ("contact_id", "organisation_id")
#: Clocks differ a little; what is written down at once is not refused for that.
CLOCKS = timedelta(minutes=1)
SUBJECT_LENGTH = 120
_TIME = re.compile(r"(\d{1,2})(?:[:.h ]?(\d{2}))?")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look up: this moment, and the customer of each deal, case and contact by (field, id)."""

    now: datetime
    customers: Mapping[tuple[str, int], Mapping[str, int | None]] = field(default_factory=dict)

    def customer(self, row: Row | None, name: str) -> Mapping[str, int | None]:
        """The customer that one link of a row brings along."""
        return self.customers.get((name, row[name]), {}) if row and row.get(name) else {}


class _Linked:
    """Talks and tasks stand on the pages of all they belong to."""

    def complete(self, row: Row, before: Row | None, facts: Facts) -> None:
        """A deal's, case's or contact's customer is the talk's unless another one is named.

        What followed from a link follows the new one when the link is corrected.
        """
        for link in LINKS[:3]:
            if not _differ(row, before, (link,)):
                continue
            was, now = facts.customer(before, link), facts.customer(row, link)
            for name in CUSTOMER:
                followed = before is not None and row.get(name) == before.get(name) == was.get(name)
                if name != link and (row.get(name) is None or followed):
                    row[name] = now.get(name)


class TalkRules(_Linked):
    """A talk has happened, says something, and belongs to somebody or something."""

    def complete(self, row: Row, before: Row | None, facts: Facts) -> None:
        """The moment is now, and the subject the first line of the text, unless given."""
        super().complete(row, before, facts)
        row["happened_at"] = row.get("happened_at") or facts.now
        followed = before and row.get("subject") == before["subject"] == first_line(before.get("body"))
        if not row.get("subject") or followed:
            row["subject"] = first_line(row.get("body")) or row.get("subject")

    def problems(self, row: Row, before: Row | None, facts: Facts) -> list[Problem]:
        """What does not hold, each with its remedy."""
        found = []
        if not row.get("subject"):
            found.append(Problem("body", _("Say in a few words what it was about, as text or subject.")))
        if _differ(row, before, ("happened_at",)) and row["happened_at"] > facts.now + CLOCKS:
            found.append(
                Problem(
                    "happened_at",
                    _("{moment} lies ahead. Enter when the talk was, or plan a task.").format(
                        moment=_moment(row["happened_at"])
                    ),
                )
            )
        if _differ(row, before, LINKS) and not any(row.get(name) for name in LINKS):
            found.append(
                Problem(
                    "contact_id",
                    _("Say with whom or about what: a contact, organisation, deal, case or campaign."),
                )
            )
        return found


class TaskRules(_Linked):
    """A task is due on a day, if wanted at an hour of it, and was done in the past."""

    def complete(self, row: Row, before: Row | None, facts: Facts) -> None:
        """The hour is kept as 09:30 however it was typed."""
        super().complete(row, before, facts)
        row["due_time"] = time_of_day(row.get("due_time") or "") or row.get("due_time")

    def problems(self, row: Row, before: Row | None, facts: Facts) -> list[Problem]:
        """What does not hold, each with its remedy."""
        found = []
        typed = row.get("due_time")
        if typed and not time_of_day(typed):
            text = _("“{value}” is not a time of day. Write it as 14:30.").format(value=typed)
            found.append(Problem("due_time", text))
        elif typed and row.get("due_on") is None:
            found.append(
                Problem("due_on", _("Choose the day on which it is due at {time}.").format(time=typed))
            )
        done = row.get("done_at")
        if done is not None and _differ(row, before, ("done_at",)) and done > facts.now + CLOCKS:
            text = _("{moment} lies ahead. Enter when the task was done, or leave it open.")
            found.append(Problem("done_at", text.format(moment=_moment(done))))
        return found


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


def _differ(row: Row, before: Row | None, names: Iterable[str]) -> bool:
    return before is None or any(row.get(n) != before.get(n) for n in names)


def _moment(at: datetime) -> str:
    return f"{here(at):%Y-%m-%d %H:%M}"
