"""Segments, offers, messages, forms and posts of the sample company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crm.sample.written import written


@dataclass(frozen=True, slots=True)
class Offer:
    """A campaign as it returns: its segment (1-based), what it says, the response without and with a message, and what
    a conversion brings in cents."""

    name: str
    goal: str
    offer: str
    segment: int
    channel: str
    purpose: str
    base: float
    lifts: tuple[float, float]
    worth: int
    cost: int


OFFERS = written("marketing", "offers", tuple[Offer, ...])
SEASONS = ("winter", "spring", "summer", "autumn")
#: Name, description and rules of each.
SEGMENTS = written("marketing", "segments", list[dict[str, Any]])
#: Name, subject, preheader and body of each.
TEMPLATES = written("marketing", "templates", list[dict[str, str]])
#: Kind, title, text.
POSTS = written("marketing", "posts", tuple[tuple[str, str, str], ...])
#: What is asked by the web form.
QUESTIONS = written("marketing", "questions", tuple[str, ...])
#: Name, network, address.
ACCOUNTS = written("marketing", "accounts", tuple[tuple[str, str, str], ...])
