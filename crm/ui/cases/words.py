"""How cases are said: chips of status and priority, moves as verbs, promises as moments."""

from __future__ import annotations

from datetime import datetime

from crm.clock import here, zone
from crm.i18n import _
from crm.records import registry
from crm.service.cases.board import CaseCard
from crm.service.cases.find import status_word
from crm.service.cases.news import MERGED, RATED, REOPENED, WROTE
from crm.ui.kit import look
from crm.ui.kit.formats import clock, day

STATUS_TONES: dict[str, look.Tone] = {
    "new": "violet",
    "open": look.INFO,
    "waiting": look.WATCH,
    "resolved": look.GOOD,
}
PRIORITY_TONES: dict[str, look.Tone] = {"critical": look.BAD, "high": look.WATCH}
PRIORITY_ICONS = {
    "critical": "priority_high",
    "high": "keyboard_double_arrow_up",
    "low": "keyboard_arrow_down",
}


def priority_word(priority: str) -> str:
    """A priority as people read it."""
    return registry.word("case", "priority", priority)


def status_tag(status: str) -> look.Marked:
    """The chip of a status."""
    return look.tag(status_word(status), tone=STATUS_TONES.get(status, look.QUIET))


def priority_tag(priority: str) -> look.Marked:
    """The chip of a priority; its sign says the same as its colour."""
    return look.tag(
        priority_word(priority),
        tone=PRIORITY_TONES.get(priority, look.QUIET),
        icon=PRIORITY_ICONS.get(priority, ""),
    )


def news_word(what: str) -> str:
    """What the customer did, in a few words."""
    words = {
        WROTE: _("The customer wrote"),
        REOPENED: _("Reopened"),
        RATED: _("Low rating"),
        MERGED: _("Another case was merged into it"),
    }
    return words[what]


def news_tag(what: str) -> look.Marked:
    """The mark of a case that I have not opened since."""
    tone = look.BAD if what == RATED else look.INFO
    return look.tag(news_word(what), tone=tone, icon="mark_chat_unread")


def move_word(before: str, after: str) -> str:
    """A move as something to do."""
    if after == "open":
        again = {"resolved": _("Reopen"), "closed": _("Reopen"), "waiting": _("Go on with it")}
        return again.get(before, _("Start work"))
    return {
        "waiting": _("Wait for customer"),
        "resolved": _("Solved"),
        "closed": _("Close") if before == "resolved" else _("Close unsolved"),
    }[after]


def moment_words(at: datetime, *, now: datetime) -> str:
    """A moment near today: 16:40 today, tomorrow 09:00, else 24 Nov 16:40."""
    on, today_ = here(at).date(), here(now).date()
    time = clock(at, zone=zone())
    named = {0: _("today {time}"), 1: _("tomorrow {time}"), -1: _("yesterday {time}")}
    said = named.get((on - today_).days)
    return said.format(time=time) if said else f"{day(on, today=today_)} {time}"


def promise_words(card: CaseCard, *, now: datetime) -> tuple[str, look.Tone]:
    """How a card's promise stands, in a few words, and its tone."""
    if card.flag == "waiting":
        return _("Waits for the customer"), look.QUIET
    if card.due_at is None:
        return "", look.QUIET
    when = moment_words(card.due_at, now=now)
    if card.flag == "late":
        return _("Late since {when}").format(when=when), look.BAD
    if card.flag == "soon":
        return _("Due soon: {when}").format(when=when), look.WATCH
    return _("Due {when}").format(when=when), look.QUIET
