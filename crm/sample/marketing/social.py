"""Accounts and posts of the sample company, and how many people they reached."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from crm import clock
from crm.sample.marketing.marketing import of_the_marketer
from crm.sample.marketing.words import ACCOUNTS, POSTS
from crm.sample.world import Columns, World, named

_AHEAD = 6
_KIND_PULL = {"photo": 1.3, "video": 1.7, "link": 0.8, "text": 0.9, "status": 0.6}


def social_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Posts up to today with what they reached, and the next ones of the calendar."""
    rng, count = world.rng(29), world.scale.posts
    mine = of_the_marketer(world)
    yield (
        "social_accounts",
        {
            **named([name for name, _network, _url in ACCOUNTS]),
            "network": [network for _name, network, _url in ACCOUNTS],
            "url": [url for _name, _network, url in ACCOUNTS],
            **mine,
        },
    )
    day = np.sort(-rng.integers(1, 720, count))
    day[-_AHEAD:] = np.arange(1, _AHEAD + 1) * 2
    at = world.moments(day, rng)
    said = rng.integers(len(POSTS), size=count)
    paid = rng.random(count) < 0.25
    zone = clock.zone()
    local = [moment.astimezone(zone) for moment in at]
    pull = np.array([_KIND_PULL[POSTS[s][0]] for s in said])
    # Early afternoon and the middle of the week reach a little more.
    pull *= np.array([1.15 if 11 <= t.hour <= 14 else 1.0 for t in local])
    pull *= np.array([1.1 if t.weekday() in (1, 2) else 1.0 for t in local]) * np.where(paid, 1.6, 1.0)
    reach = np.rint(np.exp(rng.normal(7.0, 0.7, count)) * pull).astype(int)
    likes = np.rint(reach * rng.beta(2.0, 60.0, count)).astype(int)
    comments, shares = likes // 9, likes // 6
    ahead = day > 0
    out = ~ahead
    yield (
        "social_posts",
        {
            "title": [POSTS[s][1] for s in said],
            "number": [f"post-{i + 1}" for i in range(count)],
            "account_id": np.arange(count) % len(ACCOUNTS) + 1,
            "kind": [POSTS[s][0] for s in said],
            "status": np.where(out, "published", "planned"),
            "is_paid": paid,
            "body": [POSTS[s][2] for s in said],
            "planned_at": at,
            "published_at": [t if o else None for t, o in zip(at, out, strict=True)],
            "weekday": [t.isoweekday() for t in local],
            "hour": [t.hour for t in local],
            "cost_minor": [int(r * 3) if p and o else None for r, p, o in zip(reach, paid, out, strict=True)],
            "currency": "EUR",
            **{
                name: [int(v) if o else None for v, o in zip(values, out, strict=True)]
                for name, values in {
                    "reach": reach,
                    "impressions": np.rint(reach * 1.6),
                    "engaged": likes + comments * 2,
                    "clicks": np.rint(reach * 0.02),
                    "likes": likes,
                    "comments": comments,
                    "shares": shares,
                    "interactions": likes + comments + shares,
                }.items()
            },
            **mine,
        },
    )
