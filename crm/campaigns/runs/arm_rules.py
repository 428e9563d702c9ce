"""Who gets which arm: strata, seed and shares. No database."""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from crm.errors import Problem
from crm.i18n import _

#: Shares are entered in per cent with decimals; their sum may miss 1 by so little.
TOLERANCE = 1e-6


def share_problems(shares: Mapping[str, float], control: Sequence[str]) -> list[Problem]:
    """What is wrong with the arms of a campaign; ``control`` names those that get no message."""
    problems: list[Problem] = []
    if not set(shares) - set(control):
        problems.append(Problem("arms", _("Add at least one arm that gets a message.")))
    if len(control) > 1:
        problems.append(Problem("arms", _("Only one arm can be the control group.")))
    if any(not share > 0 for share in shares.values()):
        problems.append(Problem("share", _("Every arm needs a share above 0%.")))
    total = sum(shares.values())
    if shares and abs(total - 1) > TOLERANCE:
        problems.append(
            Problem("share", _("The shares add up to {total:.4g}%; make it 100%.").format(total=100 * total))
        )
    return problems


def allocate(
    members: Sequence[int], strata: Sequence[Hashable], shares: Mapping[str, float], *, seed: int
) -> list[str]:
    """The arm of each member: in every stratum the shares hold to less than one member, and so they do in all.

    Parameters
    ----------
    members : sequence of int
        Ids; the draw depends on them and not on their order.
    strata : sequence
        The stratum of each member.
    shares : mapping
        Share by arm; they add up to 1. Their order matters to the draw.

    Returns
    -------
    list of str
        Arms in the order of ``members``; equal for equal input and seed.

    Notes
    -----
    Each stratum is shuffled and cut by its shares, rounded down. Of what is left over, each arm gets at most one, those first
    that are most behind their share in all strata so far (largest remainder, carried on).
    """
    arms = list(shares)
    wanted = np.array([shares[arm] for arm in arms])
    groups: dict[str, list[int]] = {}
    for place in sorted(range(len(members)), key=lambda p: members[p]):
        groups.setdefault(str(strata[place]), []).append(place)
    behind = np.zeros(len(arms))
    found: list[str] = [""] * len(members)
    for name in sorted(groups):
        places = groups[name]
        quota = len(places) * wanted
        counts = np.floor(quota + TOLERANCE).astype(int)
        behind += quota - counts
        for arm in np.argsort(-behind, kind="stable")[: len(places) - int(counts.sum())]:
            counts[arm] += 1
            behind[arm] -= 1
        shuffled = np.random.default_rng([abs(seed), zlib.crc32(name.encode())]).permutation(len(places))
        for arm, order in zip(np.repeat(np.arange(len(arms)), counts), shuffled, strict=True):
            found[places[int(order)]] = arms[int(arm)]
    return found
