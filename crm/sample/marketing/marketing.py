"""Campaigns of the sample company: who agreed to what, who was drawn, and what a message changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from crm.campaigns.forms.questions import starting_fields
from crm.sample.marketing.words import OFFERS, QUESTIONS, SEASONS, SEGMENTS, TEMPLATES, Offer
from crm.sample.people.staff import MARKETING
from crm.sample.selling.goods import SECTORS
from crm.sample.world import Columns, Ints, World, kept, named

#: The marketer's place in ``crm.sample.people.staff.PEOPLE``.
MARKETER = 4
#: Names and shares of a campaign's arms; the last is the control group.
ARMS = (("A", 0.4), ("B", 0.4), ("Control group", 0.2))
CONTROL = len(ARMS) - 1
SPACING, LENGTH, WINDOW = 60, 14, 28
FILTER_PAGE = "https://brewandberg.example/filter"


def of_the_marketer(world: World) -> Columns:
    """The columns of rows that marketing owns."""
    return kept(MARKETER, MARKETING, world.now)


def marketing_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Segments, templates, campaigns and arms; leads and deals point to campaigns, so these come first."""
    mine = of_the_marketer(world)
    yield (
        "segments",
        {
            **named([segment["name"] for segment in SEGMENTS]),
            **{name: [segment[name] for segment in SEGMENTS] for name in ("description", "rules")},
            "kind": "living",
            **mine,
        },
    )
    yield (
        "message_templates",
        {
            **named([text["name"] for text in TEMPLATES]),
            **{name: [text[name] for text in TEMPLATES] for name in ("subject", "preheader", "body")},
            **mine,
        },
    )
    yield "campaigns", {**_campaigns(world), **mine}
    count = world.scale.campaigns
    yield (
        "campaign_arms",
        {
            "campaign_id": np.repeat(np.arange(count) + 1, len(ARMS)),
            "name": [name for name, _share in ARMS] * count,
            "is_control": [at == CONTROL for at in range(len(ARMS))] * count,
            "share": [share for _name, share in ARMS] * count,
            "template_id": [
                None if at == CONTROL else (c + at) % len(TEMPLATES) + 1
                for c in range(count)
                for at in range(len(ARMS))
            ],
            "position": list(range(len(ARMS))) * count,
        },
    )


def _campaigns(world: World) -> Columns:
    """One campaign after the other up to today; the newest runs, the one after it is a draft."""
    count = world.scale.campaigns
    rng = world.rng(26)
    # Two overlap where there are many.
    spacing = min(SPACING, 1060 // count)
    start = -np.arange(count - 2, -2, -1) * spacing - 8
    offers = [OFFERS[at % len(OFFERS)] for at in range(count)]
    status = ["draft" if s > 0 else "running" if s > -WINDOW else "closed" for s in start]
    world.campaigns = {"start": start, "offers": offers, "status": status}
    days = world.days(start)
    names = [
        o.name.format(season=SEASONS[d.month % 12 // 3], year=d.year)
        for o, d in zip(offers, days, strict=True)
    ]
    names = [f"{n} ({i + 1})" if n in names[:i] else n for i, n in enumerate(names)]
    world.campaigns["names"] = names
    cost = [int(o.cost * f) for o, f in zip(offers, rng.uniform(0.85, 1.1, count), strict=True)]
    sent = [world.morning + timedelta(days=int(s)) for s in start]
    return {
        **named(names),
        "number": [f"M-{101 + at}" for at in range(count)],
        "status": status,
        "channel": [o.channel for o in offers],
        "purpose": [o.purpose for o in offers],
        "goal": [o.goal for o in offers],
        "offer": [o.offer for o in offers],
        "segment_id": [o.segment for o in offers],
        "starts_on": days,
        "ends_on": world.days(start + LENGTH),
        "response_days": WINDOW,
        "budget_minor": [o.cost for o in offers],
        "cost_minor": [None if s == "draft" else c for s, c in zip(status, cost, strict=True)],
        "currency": "EUR",
        "expected_response": [round(o.base + o.lifts[1], 3) for o in offers],
        "strata": [["lifecycle"]] * count,
        "seed": np.arange(count) + 1,
        "drawn_at": [None if s == "draft" else at for s, at in zip(status, sent, strict=True)],
        "started_at": [None if s == "draft" else at for s, at in zip(status, sent, strict=True)],
        "closed_at": [
            at + timedelta(days=WINDOW) if s == "closed" else None for s, at in zip(status, sent, strict=True)
        ],
    }


def consent_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """What contacts agreed to; most said yes once, some took it back."""
    rng, count = world.rng(27), world.scale.contacts
    people = np.arange(count)
    rows: list[tuple[Ints, str, str, str, int]] = []
    for purpose, given in (("offers", 0.64), ("newsletter", 0.55), ("events", 0.3)):
        asked = people[rng.random(count) < given]
        rows.append((asked, purpose, "email", "given", 400))
        rows.append((asked[rng.random(len(asked)) < 0.05], purpose, "email", "withdrawn", 60))
    spoken = people[rng.random(count) < 0.35]
    rows.append((spoken, "offers", "phone", "given", 500))
    rows.append((people[rng.random(count) < 0.5], "offers", "post", "given", 600))
    rows.append((people[rng.random(count) < 0.04], "newsletter", "email", "refused", 30))
    contact = np.concatenate([r[0] for r in rows])
    lengths = [len(r[0]) for r in rows]
    day = np.concatenate([-r[4] + rng.integers(0, 29, len(r[0])) for r in rows])
    sources = np.array(["Contract", "Web form", "Trade fair", "Telephone"])
    yield (
        "consents",
        {
            "contact_id": contact + 1,
            "purpose": [r[1] for r, n in zip(rows, lengths, strict=True) for _ in range(n)],
            "channel": [r[2] for r, n in zip(rows, lengths, strict=True) for _ in range(n)],
            "state": [r[3] for r, n in zip(rows, lengths, strict=True) for _ in range(n)],
            "basis": "consent",
            "at": world.moments(day, rng),
            "source": sources[rng.integers(len(sources), size=len(contact))],
        },
    )


def member_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Who was in each campaign and how they responded, links and clicks, and two web forms."""
    rng = world.rng(28)
    parts = [_members(world, rng, c) for c, s in enumerate(world.campaigns["status"]) if s != "draft"]
    yield (
        "campaign_members",
        {name: [v for part in parts for v in part[name]] for name in parts[0] if name != "came_by"},
    )
    campaigns = sorted({c for part in parts for c in part["campaign_id"]})
    yield "tracked_links", {"campaign_id": campaigns, "url": FILTER_PAGE}
    link = {c: at + 1 for at, c in enumerate(campaigns)}
    clicks = [
        (c, link[c], row + 1, at)
        for row, (c, at, by) in enumerate(
            (c, at, by)
            for part in parts
            for c, at, by in zip(part["campaign_id"], part["responded_at"], part["response_by"], strict=True)
        )
        if by == "link"
    ]
    yield (
        "link_clicks",
        {
            "campaign_id": [c for c, *_rest in clicks],
            "link_id": [found for _c, found, *_rest in clicks],
            "member_id": [m for *_rest, m, _at in clicks],
            "at": [at for *_rest, at in clicks],
            "by_machine": False,
        },
    )
    yield "web_forms", _forms(world)
    yield "form_answers", _answers(world)


def _members(world: World, rng: np.random.Generator, campaign: int) -> dict[str, list[Any]]:
    offer: Offer = world.campaigns["offers"][campaign]
    parties, at_org = world.organisations, world.contacts["organisation"]
    wanted = {1: ("Hotel", "Café"), 2: ("Office",)}.get(offer.segment)
    lifecycle = {1: "customer", 2: "customer", 3: "past", 4: "prospect"}[offer.segment]
    life = np.array(parties["lifecycle"])[at_org] == lifecycle
    sector = np.array([s[0] for s in SECTORS])[parties["sector"][at_org]]
    pool = np.flatnonzero(life & (np.isin(sector, wanted) if wanted else True))
    if len(pool) < world.scale.members // 2:
        # A small firm asks everybody it can.
        pool = np.flatnonzero(life)
    contact = rng.permutation(pool)[: world.scale.members]
    count = len(contact)
    # Equal shares drawn by lot, as a campaign of the program itself would do it.
    bounds = np.floor(np.cumsum([share for _name, share in ARMS]) * count + 0.5)
    arm = np.searchsorted(bounds, np.arange(count), side="right").clip(0, CONTROL)
    chance = offer.base + np.array([*offer.lifts, 0.0])[arm]
    responds = rng.random(count) < chance
    buys = responds & (rng.random(count) < 0.55)
    start = int(world.campaigns["start"][campaign])
    sent = world.morning + timedelta(days=start)
    after = rng.exponential(4.0, count).clip(0.05, WINDOW - 1)
    moments = [sent + timedelta(days=float(d)) for d in after]
    responds &= np.array([m < world.now for m in moments])
    buys &= responds
    by = np.where(arm == CONTROL, "order", np.where(offer.channel == "email", "link", "reply"))
    worth = np.rint(offer.worth * np.exp(rng.normal(0, 0.4, count)) / 10) * 10
    names = [name for name, _share in ARMS]
    return {
        "campaign_id": [campaign + 1] * count,
        "contact_id": (contact + 1).tolist(),
        "arm": [names[a] for a in arm],
        "state": ["control" if a == CONTROL else "sent" for a in arm],
        "stratum": [lifecycle] * count,
        "sent_at": [None if a == CONTROL else sent for a in arm],
        "responded": responds.tolist(),
        "responded_at": [m if r else None for m, r in zip(moments, responds, strict=True)],
        # As if a file had told it: no order or deal of the sample stands behind a response, so none may be recounted.
        "response_by": ["file" if r else None for r in responds],
        "came_by": [str(b) if r else None for b, r in zip(by, responds, strict=True)],
        "converted": buys.tolist(),
        "revenue_minor": [int(w) if b else 0 for w, b in zip(worth, buys, strict=True)],
        "currency": ["EUR"] * count,
    }


def campaign_of(world: World, rng: np.random.Generator, days: Ints, chosen: Any) -> list[int | None]:
    """For each chosen row the campaign that ran on its day or shortly before; None where there was none."""
    start = world.campaigns["start"]
    at = np.searchsorted(start, days, side="right") - 1
    # Of what came by another way some names a campaign too: people answer and then call.
    chosen = chosen | (rng.random(len(days)) < 0.12)
    fits = (at >= 0) & (days - start[np.maximum(at, 0)] <= WINDOW) & (rng.random(len(days)) < 0.9)
    return [int(a) + 1 if c and f else None for a, c, f in zip(at, chosen, fits, strict=True)]


def _answers(world: World) -> Columns:
    """What people asked by the first form; each became a lead that came by the web."""
    asked = world.campaigns["web_leads"]
    count = len(asked["id"])
    names = ("name", "email", "company", "message")
    return {
        "form_id": 1,
        "key": [f"sample-{at}" for at in range(count)],
        "at": asked["at"],
        "answers": [
            dict(
                zip(
                    names,
                    (who, email, firm, QUESTIONS[at % len(QUESTIONS)].format(n=10 + at % 60)),
                    strict=True,
                )
            )
            for at, (who, email, firm) in enumerate(
                zip(asked["name"], asked["email"], asked["company"], strict=True)
            )
        ],
        "lead_id": asked["id"],
    }


def _forms(world: World) -> Columns:
    running = next((c + 1 for c, s in enumerate(world.campaigns["status"]) if s == "running"), None)
    return {
        "name": ["Ask for an offer", "Something is broken"],
        "slug": ["offer", "service"],
        "kind": ["lead", "service"],
        "title": ["Better coffee at work?", "We help"],
        "intro": [
            "Tell us a little about your place; somebody calls you within a working day.",
            "Tell us what happens. With the serial number we know at once whether the repair is covered.",
        ],
        "thanks": [
            "Thank you. We call you within a working day.",
            "Thank you. Your case is with our service now.",
        ],
        "fields": [[f.as_stored() for f in starting_fields(kind)] for kind in ("lead", "service")],
        "purposes": [["offers", "newsletter"], []],
        "campaign_id": [running, None],
        "queue_id": [None, world.queue_ids[0]],
        "is_active": True,
        **of_the_marketer(world),
    }
