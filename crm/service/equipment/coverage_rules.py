"""Is a unit covered on a day, by what, and how is that said? Plain values in, a sentence out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from crm.i18n import N_, _
from crm.service.words import day_words

State = Literal["warranty", "contract", "none"]
#: What can be covered, in the order in which it is said.
COVERS = ("parts", "labour", "travel")
#: What people write for them.
SPELLINGS = {
    "part": "parts", "spare parts": "parts", "spares": "parts", "material": "parts", "labor": "labour", "work": "labour",
    "hours": "labour", "travelling": "travel", "traveling": "travel", "journey": "travel",
}  # fmt: skip
COVER_WORDS = {"parts": N_("parts"), "labour": N_("labour"), "travel": N_("travel")}


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What decides about the warranty of a unit."""

    installed_on: date | None = None
    warranty_until: date | None = None
    warranty_covers: tuple[str, ...] = ()
    retired: bool = False
    retired_on: date | None = None


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """A contract for the unit itself (``for_unit``) or for all units of its organisation."""

    id: int
    name: str
    starts_on: date
    ends_on: date | None = None
    covers: tuple[str, ...] = ()
    for_unit: bool = True
    number: str = ""

    def runs(self, on: date) -> bool:
        """True when the contract is in force on this day; its first and last day count."""
        return self.starts_on <= on and (self.ends_on is None or on <= self.ends_on)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a unit's warranty and contracts come to on a day.

    ``state`` names what pays first: the warranty before a contract. ``covers`` is everything that is paid for by either,
    ``until`` the last day of ``state``, None where it has no end. ``contract_id`` and ``contract_name`` name the contract in
    force, also beside a warranty. ``reason`` is one sentence for people.
    """

    state: State
    covers: tuple[str, ...]
    until: date | None
    reason: str
    contract_id: int | None = None
    contract_name: str = ""

    @property
    def is_covered(self) -> bool:
        """True when something is paid for."""
        return self.state != "none"


def coverage_on(on: date, unit: UnitFacts, contracts: Sequence[ContractFacts] = ()) -> Coverage:
    """The coverage of a unit on a day.

    The warranty counts through its last day, and from the day of installation where that is known; it covers parts, labour
    and travel when nothing else was agreed. Of several contracts in force, one for the unit goes before one for the whole
    organisation, then the one that began last. A retired unit is not covered from the day it was retired.
    """
    if (unit.retired and unit.retired_on is None) or (unit.retired_on is not None and unit.retired_on <= on):
        return Coverage("none", (), None, _retired(unit))
    warranty = _warranty_covers(on, unit)
    running = sorted((c for c in contracts if c.runs(on)), key=lambda c: (c.for_unit, c.starts_on, c.id))
    contract = running[-1] if running else None
    if not warranty and contract is None:
        return Coverage("none", (), None, _nothing(on, unit, contracts))
    agreed = _all_when_empty(contract.covers) if contract else ()
    both = tuple(c for c in COVERS if c in warranty or c in agreed)
    said = [_said_warranty(unit, warranty)] if warranty else []
    if contract:
        said.append(_said_contract(contract, agreed if not warranty else _beyond(agreed, warranty)))
    return Coverage(
        "warranty" if warranty else "contract",
        both,
        unit.warranty_until if warranty else contract.ends_on if contract else None,
        _sentence(said),
        contract.id if contract else None,
        contract.name if contract else "",
    )


def spelled(words: Sequence[str] | None) -> list[str]:
    """The covered things as they are stored, in one order; words that mean none of them stay behind, to be complained of."""
    said = {SPELLINGS.get(word := str(given).strip().lower(), word): str(given) for given in words or ()}
    return [c for c in COVERS if c in said] + [text for word, text in said.items() if word not in COVERS]


def uncovered(words: Sequence[str]) -> list[str]:
    """A complaint for each word that names nothing that can be covered."""
    text = _("“{word}” cannot be covered. Choose from parts, labour and travel.")
    return [text.format(word=word) for word in words if word not in COVERS]


def _warranty_covers(on: date, unit: UnitFacts) -> tuple[str, ...]:
    if unit.warranty_until is None or on > unit.warranty_until:
        return ()
    if unit.installed_on is not None and on < unit.installed_on:
        return ()
    return _all_when_empty(unit.warranty_covers)


def _all_when_empty(covers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(c for c in COVERS if c in covers) or COVERS


def _beyond(agreed: tuple[str, ...], warranty: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(c for c in agreed if c not in warranty)


def covers_words(covers: Sequence[str]) -> str:
    """The covered things as people say them: parts, labour and travel."""
    words = [_(COVER_WORDS[c]) for c in COVERS if c in covers]
    if len(words) < 2:
        return "".join(words)
    return _("{some} and {last}").format(some=", ".join(words[:-1]), last=words[-1])


def _said_warranty(unit: UnitFacts, covers: tuple[str, ...]) -> str:
    assert unit.warranty_until is not None
    return _("warranty until {day} covers {what}").format(
        day=day_words(unit.warranty_until), what=covers_words(covers)
    )


def _said_contract(contract: ContractFacts, covers: tuple[str, ...]) -> str:
    name = contract.name if contract.for_unit else _("{name} of the organisation").format(name=contract.name)
    if contract.ends_on is None:
        known = _("contract {name}, without an end,").format(name=name)
    else:
        known = _("contract {name} until {day}").format(name=name, day=day_words(contract.ends_on))
    if not covers:
        return _("{contract} adds nothing to it").format(contract=known)
    return _("{contract} covers {what}").format(contract=known, what=covers_words(covers))


def _retired(unit: UnitFacts) -> str:
    if unit.retired_on is None:
        return _("The unit is retired; retired units are not covered.")
    return _("The unit was retired on {day}; retired units are not covered.").format(
        day=day_words(unit.retired_on)
    )


def _nothing(on: date, unit: UnitFacts, contracts: Sequence[ContractFacts]) -> str:
    """Why nothing is covered: what ended when, or what has not begun yet."""
    said = []
    if unit.warranty_until is not None and on > unit.warranty_until:
        said.append(_("warranty ended on {day}").format(day=day_words(unit.warranty_until)))
    elif unit.warranty_until is not None and unit.installed_on is not None:
        said.append(
            _("warranty begins with the installation on {day}").format(day=day_words(unit.installed_on))
        )
    past = [c for c in contracts if c.ends_on is not None and c.ends_on < on]
    ahead = [c for c in contracts if c.starts_on > on]
    if past:
        last = max(past, key=lambda c: (c.ends_on or on, c.id))
        assert last.ends_on is not None
        said.append(_("contract {name} ended on {day}").format(name=last.name, day=day_words(last.ends_on)))
    if ahead:
        first = min(ahead, key=lambda c: (c.starts_on, c.id))
        said.append(
            _("contract {name} begins on {day}").format(name=first.name, day=day_words(first.starts_on))
        )
    return _sentence(said) if said else _("No warranty and no contract are recorded.")


def _sentence(parts: Sequence[str]) -> str:
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."
