"""Segments, offers, messages, forms and posts of the sample company."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


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


SEGMENTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Customers in hotels and cafés", "Whoever serves guests.",
     {"all": [{"of": "contact", "field": "lifecycle", "is": "equals", "value": "customer"},
              {"of": "organisation", "field": "sector", "is": "one_of", "value": ["Hotel", "Café"]}]}),
    ("Office customers", "Firms that drink our coffee.",
     {"all": [{"of": "contact", "field": "lifecycle", "is": "equals", "value": "customer"},
              {"of": "organisation", "field": "sector", "is": "equals", "value": "Office"}]}),
    ("Past customers", "Have bought and stopped.",
     {"all": [{"of": "contact", "field": "lifecycle", "is": "equals", "value": "past"}]}),
    ("Prospects", "Known, but nothing bought yet.",
     {"all": [{"of": "contact", "field": "lifecycle", "is": "equals", "value": "prospect"}]}),
    ("Talked to in the last half year", "Somebody of us spoke or wrote with them.",
     {"all": [{"of": "interaction", "has": "any", "through": "contact", "where":
               {"all": [{"of": "interaction", "field": "happened_at", "is": "last", "value": {"n": 6, "unit": "month"}}]}}]}),
    ("Customers with a case this quarter", "To ask how it went.",
     {"all": [{"of": "case", "has": "any", "through": "contact", "where":
               {"all": [{"of": "case", "field": "opened_at", "is": "this", "value": "quarter"}]}}]}),
)  # fmt: skip

OFFERS = (
    Offer("Filter subscription, {season} {year}", "Sell 60 filter subscriptions", "The first water filter is free",
          2, "email", "offers", 0.06, (0.04, 0.26), 21_900, 64_000),
    Offer("New harvest, {season} {year}", "Have regular buyers try the new harvest", "A sample bag with the next order",
          1, "email", "newsletter", 0.07, (0.025, 0.03), 16_100, 52_000),
    Offer("Come back, {season} {year}", "Win back customers who stopped", "20 % off the first three orders",
          3, "email", "offers", 0.018, (0.004, 0.012), 48_000, 39_000),
    Offer("Barista day, {season} {year}", "Fill the training rooms", "Half a day with our trainer for two",
          1, "event", "events", 0.03, (0.02, 0.015), 39_000, 120_000),
    Offer("Second machine, {season} {year}", "Find offices that have grown", "Test a second machine for two weeks",
          2, "phone", "offers", 0.012, (0.009, 0.013), 349_000, 88_000),
    Offer("Getting to know us, {season} {year}", "First orders from prospects", "A tasting on site, free of charge",
          4, "letter", "offers", 0.009, (0.004, 0.007), 92_000, 71_000),
)  # fmt: skip
SEASONS = ("winter", "spring", "summer", "autumn")

TEMPLATES = (
    ("Free filter", "A filter for your machine, {{ contact.first_name or 'dear customer' }}",
     "The first one is on us",
     "Dear {{ contact.first_name or 'customer' }},\n\nfresh filters keep limescale out of the boiler and off the taste. With a "
     "subscription they come by themselves, and **the first one is free**.\n\n[Have it sent](https://brewandberg.example/filter)\n\n"
     "Kind regards\n{{ sender.name }}, {{ firm.name }}"),
    ("Ten per cent", "10 % off all filters until the end of the month",
     "Only for customers",
     "Dear {{ contact.first_name or 'customer' }},\n\nuntil the end of the month you pay **10 % less** for all filters.\n\n"
     "[To the filters](https://brewandberg.example/filters)\n\nKind regards\n{{ sender.name }}, {{ firm.name }}"),
    ("New harvest", "The new Yirgacheffe is here",
     "Jasmine and bergamot",
     "Dear {{ contact.first_name or 'customer' }},\n\nthe new harvest has been roasted: jasmine, bergamot, a little peach. A "
     "sample bag comes with your next order.\n\n[Order now](https://brewandberg.example/beans)\n\n"
     "Kind regards\n{{ sender.name }}, {{ firm.name }}"),
    ("We miss you", "How is your coffee these days?",
     "20 % off to begin with",
     "Dear {{ contact.first_name or 'customer' }},\n\nit has been quiet between {{ organisation.name or 'you' }} and us. If you "
     "come back, the first three orders cost **20 % less**.\n\n[Come back](https://brewandberg.example/back)\n\n"
     "Kind regards\n{{ sender.name }}, {{ firm.name }}"),
)  # fmt: skip

POSTS = (
    (
        "photo",
        "New harvest from Yirgacheffe",
        "Jasmine, bergamot, a little peach: the new harvest is in the roaster.",
    ),
    ("video", "How burrs are changed", "Two minutes with Minh: this is how new burrs get into a grinder."),
    ("link", "What a cup costs", "We worked out what a cup really costs. Milk is not the dearest part."),
    ("text", "We are hiring a technician", "You like machines and people? Our service van has a free seat."),
    (
        "photo",
        "Behind the counter: Café Morgen",
        "Lea serves 300 cups before nine. Her secret is the order of things.",
    ),
    ("status", "Closed on Friday", "We take stock on Friday. Service is there as always."),
)
QUESTIONS = (
    "Coffee for {n} people; the old machine is at its end.",
    "We open a second site and need a machine there.",
    "Please call me about a subscription for beans.",
    "What does rental cost for a year?",
)
ACCOUNTS = (
    ("Brew & Berg", "facebook", "https://www.facebook.com/brewandberg"),
    ("brewandberg", "instagram", "https://www.instagram.com/brewandberg"),
    ("Brew & Berg Coffee", "linkedin", "https://www.linkedin.com/company/brewandberg"),
)
