"""The rule book: what follows from a record's values and what does not go together, once for every road into the house.

Form, API, file, web form, mail and conversion all make drafts and have them settled by ``crm.records.settling``; an
entity says in one class of its own, below its area, what is particular about it. Rules speak of batches: a form is a
batch of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from crm.clock import here
from crm.errors import Problem
from crm.money import to_major, to_minor
from crm.register import Register
from crm.work import Work
from db.scope import CREATE

if TYPE_CHECKING:
    from crm.records.writing.writer import Writer


#: A clock that runs a little ahead of ours is no error.
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Road:
    """How rows come in: in which unit of work, from a file or not, and in which currency they count unless they say it.

    A file may bring history, which nobody can enter by hand: a rule asks ``is_file`` and says so with ``Draft.tell``.
    ``comes`` names the entities whose rows our own exports bring along: no rule makes them anew.
    """

    work: Work
    currency: str
    import_id: int | None = None
    comes: frozenset[str] = frozenset()

    @property
    def is_file(self) -> bool:
        """Whether the rows are those of an import."""
        return self.import_id is not None

    @property
    def today(self) -> date:
        """This day on the firm's clocks."""
        return here(self.work.now).date()

    def is_to_come(self, moment: datetime | None) -> bool:
        """Whether a moment lies ahead."""
        return moment is not None and moment > self.work.now + _AHEAD


@dataclass(slots=True)
class Draft:
    """One row on its way into its table.

    Attributes
    ----------
    row : dict of column to value
        Every column, as it will be stored; ``id`` only when it is stored already.
    before : mapping or None
        Every column as it is stored now; None for a new row.
    given : set of str
        New row: what somebody gave a value. Stored row: what somebody gave another value.
    problems : list of Problem
        Why it cannot be stored.
    history : list of str
        What of it only a file may bring, in words for the report.
    """

    row: dict[str, Any]
    before: Mapping[str, Any] | None = None
    given: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    history: list[str] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        """Whether the row is not stored yet."""
        return self.before is None

    def has(self, *names: str) -> bool:
        """Whether somebody gave a (new or other) value to one of these."""
        return not self.given.isdisjoint(names)

    def old(self, name: str) -> Any:
        """The stored value, None for a new row."""
        return None if self.before is None else self.before[name]

    def moved(self, name: str) -> bool:
        """Whether the value will be another one than is stored; for a new row, whether it will have one."""
        return bool(self.row[name] != self.old(name))

    def is_wrong(self, *names: str) -> bool:
        """Whether a complaint about one of these stands already: what follows from it is no complaint of its own."""
        return any(problem.field in names for problem in self.problems)

    def refuse(self, name: str, message: str) -> None:
        """Keep the row out, for this field and reason."""
        self.problems.append(Problem(name, message))

    def tell(self, words: str) -> None:
        """Let the row in as history and have the import's report say so."""
        if words not in self.history:
            self.history.append(words)


@dataclass(slots=True)
class Facts:
    """What rules looked up, once for all drafts of a batch. An entity's own facts derive from it."""

    road: Road


class Rules:
    """What is particular about the rows of one entity. The base knows nothing particular.

    A draft passes ``complete``, then the general checks (needed fields, values that stand once), then ``problems``, so
    that everything is told at once, and ``together`` when nothing was wrong; ``after`` follows once the rows are stored,
    within the same transaction.
    """

    #: Bringing an archived row back is checked like a change: it may clash with what was stored meanwhile.
    checks_restored = False

    def facts(self, road: Road, drafts: Sequence[Draft]) -> Any:
        """Everything to look up: a number of statements that does not grow with the drafts."""
        return Facts(road)

    def complete(self, draft: Draft, facts: Any) -> None:
        """Fill in, in place, what follows from the row's values. Needed values may still be missing."""

    def problems(self, draft: Draft, facts: Any) -> None:
        """Refuse, by ``draft.refuse``, what does not go together. Needed values may be missing.

        A second complaint about a field is dropped: what is missing or cannot be read breaks other rules by that alone.
        """

    def together(self, drafts: Sequence[Draft], facts: Any) -> Iterable[tuple[Draft, Problem]]:
        """Drafts that cannot stand beside stored rows or beside earlier drafts of the batch."""
        return ()

    def after(self, writer: Writer, drafts: Sequence[Draft], facts: Any) -> None:
        """What follows elsewhere from rows that are stored now: history, channels, totals of the parent."""

    def finish(self, writer: Writer, parents: Mapping[str, set[int]]) -> Iterable[str]:
        """What follows from all rows of a file, or from the one of a form; ``parents``: by link field whom they belong to.

        Gives sentences for the report of the file.
        """
        return ()


def take_owner(draft: Draft, parent: Mapping[str, Any], rights: str, road: Road) -> None:
    """A new row that was given to nobody lies with the owner of what it belongs to, if its maker may make it there."""
    if draft.has("owner_id", "team_id"):
        return
    owner, team = parent["owner_id"], parent["team_id"]
    if road.work.actor.holds(rights, CREATE, owner_id=owner, team_id=team):
        draft.row["owner_id"], draft.row["team_id"] = owner, team


def take_currency(draft: Draft, currency: str | None, road: Road, *amounts: str) -> None:
    """A row counts in the currency of what it belongs to; the figures that a file gives are amounts in it."""
    row = draft.row
    read, row["currency"] = row["currency"] or road.currency, currency or road.currency
    if road.is_file and read != row["currency"]:
        for name in amounts:
            if draft.has(name) and row[name] is not None:
                row[name] = to_minor(to_major(row[name], read), row["currency"])


_PLAIN = Rules()
_HANDED_IN: Register[type[Rules]] = Register("rules")


@cache
def rules_of(entity: str) -> Rules:
    """The rules of an entity; those that know nothing particular where its area handed none in.

    Raises
    ------
    RuntimeError
        No area handed its rules in: ``crm.areas`` was not loaded, and rows must not come in unchecked.
    """
    return _HANDED_IN[entity]() if entity in _HANDED_IN else _PLAIN
