"""Which entity a file holds and which column is which field: names propose, contents decide."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from crm.exchange.asking.content import ENOUGH, GUARDED, Looks, people_among
from crm.exchange.asking.likeness import Headers, alike, field_words
from crm.exchange.entities import MARKS, beside
from crm.exchange.files.reading import SourceTable
from crm.exchange.leaving.own import is_own, own_names
from crm.records import registry
from crm.records.fields import Entity, Field, Kind
from crm.records.matching import name_words

SURE, LIKELY = 0.85, 0.6
_LEAST = 0.6
_NEARLY = 0.9
#: Below this nobody should rely on the guess: the person is asked what the file holds.
BELIEVABLE = 0.4
# A name follows from its parts.
_FOLLOWS = {
    "name": {"first_name", "last_name"},
    "title": {"product_id", "organisation_id", "number", "body", "published_at", "weekday", "hour"},
}
#: What the rules fill in where a file says nothing.
_FILLED_IN = frozenset({"stage_id", "pipeline_id", "currency"})
#: One of these is what makes a row such a record; without any it is more likely another.
_MADE_BY = {
    "order_line": {"product_id", "quantity"},
    "deal": {"title", "opened_on", "closed_on", "expected_close_on"},
    "campaign": {"number", "channel", "purpose", "goal", "segment_id", "budget_minor", "cost_minor"},
}
#: All of these are in no other kind of file, also where what the rows lie beneath explains more columns.
PROVEN = {
    "order_line": {"product_id", "quantity", "sold_on"},
    "task": {"title", "due_on", "completed"},
    "case_step": {"case_id", "at", "activity"},
}
_MANY = 6
_PARTIES = frozenset({"contact", "organisation"})
_TELLING = frozenset({Kind.EMAIL, Kind.URL})
#: Records of one kind differ in what identifies them; where these repeat, the rows are something else.
_DIFFERENT_ENOUGH = 0.7


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """A column, the field it may be ("" for none) and how sure that is, 0 to 1."""

    column: str
    field: str
    confidence: float
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntityGuess:
    """An entity, how well it fits the file (0 to 1), and the columns it explains."""

    entity: str
    score: float
    columns: tuple[ColumnGuess, ...]


@dataclass(frozen=True)
class Known:
    """What was found out about a file once and for all kinds of record."""

    table: SourceTable
    headers: Headers
    looks: Looks

    @cached_property
    def name_parts(self) -> tuple[str, str]:
        """The columns of first and last names, "" where there are none."""
        guesses = guess_columns(self.table, registry.entity("contact"), about=self)
        parts = {guess.field: guess.column for guess in guesses if guess.confidence > SURE}
        return parts.get("first_name", ""), parts.get("last_name", "")


def known(table: SourceTable) -> Known:
    """Headers and contents of a file, ready to be compared."""
    return Known(table, Headers(table.columns), Looks(table))


def guess_entity(table: SourceTable, entities: Iterable[Entity]) -> list[EntityGuess]:
    """All entities that may be meant, best first.

    Counts for an entity: the file's name, the columns it explains, its title found. Counts against it: needed fields
    that no column fills, and rows that repeat what should tell its records apart.
    """
    about = known(table)
    guesses = [_entity_guess(table, entity, about) for entity in entities]
    return sorted(guesses, key=lambda guess: -guess.score)


def _entity_guess(table: SourceTable, entity: Entity, about: Known) -> EntityGuess:
    columns = guess_columns(table, entity, about=about)
    used = {guess.field: guess for guess in columns if guess.field}
    # Squared, because ten half-sure columns say less than five sure ones.
    # Exports of large programs have many columns that nobody fills; those count less.
    looked_at = min(len(columns), _MANY + len(columns) // 4)
    explained = min(1.0, sum(guess.confidence**2 for guess in used.values()) / max(1, looked_at))
    used |= {name: ColumnGuess("", name, 1.0) for name in joined_name(entity, used, about)}
    required = [f.name for f in entity.fields if f.required and f.name not in _FILLED_IN]
    lacking = unfed(entity, used)
    needed = 1 - len(lacking) / max(1, len(required))
    named = _named(table, entity)
    score = 0.5 * explained + 0.2 * needed + 0.3 * named
    if is_own(table.columns, entity):
        whole = len(table.columns) / (1 + len(own_names(entity)))
        return EntityGuess(entity.name, round(0.8 + 0.1 * whole + 0.1 * named, 3), columns)
    score *= 0.6 if not used else 1 - 0.4 * len(lacking) / max(1, len(required))
    if not used.keys() & _MADE_BY.get(entity.name, used.keys()):
        score *= 0.75
    if used.keys() >= PROVEN.get(entity.name, {""}):
        score = max(score, 0.5) + 0.2
    keyed = [guess.column for name, guess in used.items() if name in entity.keys and guess.examples]
    if keyed and max(map(about.looks.different, keyed)) < _DIFFERENT_ENOUGH and len(table) > 5:
        score *= 0.4
    if entity.name in GUARDED and not named:
        score *= 0.5
    if all(about.name_parts) and entity.name in _PARTIES and "first_name" not in entity.by_name:
        # Who has a first name is no firm.
        score *= 0.8
    title = used.get(entity.title_field)
    if title is not None and entity.name in _PARTIES:
        people = people_among(about.looks.cells.get(title.column, []))
        score += 0.02 * (people if entity.name == "contact" else 1 - people)
    return EntityGuess(entity.name, round(score, 3), columns)


def unfed(entity: Entity, given: Iterable[str]) -> list[str]:
    """Needed fields that nothing feeds and nothing else fills in."""
    fed = set(given)
    columns = registry.model(entity.name).__table__.c
    return [
        field.name
        for field in entity.fields
        if field.required
        and field.name not in fed | _FILLED_IN
        and columns[field.name].default is None
        and not fed & _FOLLOWS.get(field.name, set())
    ]


def joined_name(entity: Entity, given: Iterable[str], about: Known) -> dict[str, str]:
    """The name from its two parts, as a template, where the record keeps it in one field and no column feeds it."""
    fed = set(given)
    if "name" not in entity.by_name or "first_name" in entity.by_name or "name" in fed:
        return {}
    first, last = about.name_parts
    return {"name": f"{{{first}}} {{{last}}}"} if first and last else {}


def guess_columns(
    table: SourceTable, entity: Entity, *, about: Known | None = None
) -> tuple[ColumnGuess, ...]:
    """One guess for each column; no field is given twice.

    The pairs with the largest total are taken (Hungarian method): a column that fits two fields leaves the
    one that another column needs.
    """
    from scipy.optimize import linear_sum_assignment

    about = about or known(table)
    ours, columns = is_own(table.columns, entity), table.columns
    fields = [field for field in entity.fields if field.importable and (ours or not field.own)]
    if not fields or not columns:
        return ()
    if ours:
        names = own_names(entity)
        places = {field.name: at for at, field in enumerate(fields)}
        chosen = {row: places[names[c]] for row, c in enumerate(columns) if c in names and names[c] in places}
        scores = np.ones((len(columns), len(fields)))
    else:
        scores = _scores(about, entity, fields)
        chosen = {}
        # A pair that is not believable must not push a believable one aside.
        rows, found = linear_sum_assignment(np.where(scores >= _LEAST, scores, 0.0), maximize=True)
        for row, place in zip(rows.tolist(), found.tolist(), strict=True):
            if scores[row, place] >= _LEAST:
                chosen[row] = place
        _one_each(about, fields, chosen)
        _last_names(about, fields, chosen, scores)
        _first_first(entity, fields, chosen, scores)
        _begun(fields, chosen, scores)
    return tuple(
        ColumnGuess(
            column,
            fields[chosen[row]].name if row in chosen else "",
            round(min(1.0, float(scores[row, chosen[row]])), 2) if row in chosen else 0.0,
            tuple(dict.fromkeys(about.looks.cells[column]))[:3],
        )
        for row, column in enumerate(columns)
    )


def _one_each(about: Known, fields: list[Field], chosen: dict[int, int]) -> None:
    """A number and a name of one thing ("Customer ID", "Customer Name") never feed links to two things."""
    linked = {row: place for row, place in chosen.items() if fields[place].kind is Kind.LINK}
    for row in linked:
        same = [
            other for other in linked if other != row and about.headers.stem(other) == about.headers.stem(row)
        ]
        if about.headers.is_id(row) and any(linked[other] != linked[row] for other in same):
            del chosen[row]


def _first_first(
    entity: Entity, fields: list[Field], chosen: dict[int, int], scores: NDArray[np.float64]
) -> None:
    """A second address without a first one is the first."""
    further = beside(entity.name)
    places = {field.name: at for at, field in enumerate(fields)}
    for main, chain in further.chains.items() if further else ():
        names = [main, *chain]
        rows = [row for name in names for row, place in chosen.items() if place == places.get(name)]
        for row, name in zip(rows, names, strict=False):
            if chosen[row] != places[name]:
                scores[row, places[name]] = scores[row, chosen[row]]
                chosen[row] = places[name]


def _begun(fields: list[Field], chosen: dict[int, int], scores: NDArray[np.float64]) -> None:
    """When a record was made elsewhere is when its course began, where a day of its own goes by that name too."""
    row = next((row for row, place in chosen.items() if fields[place].name == MARKS[0]), None)
    if row is None:
        return
    own = [
        place
        for place, field in enumerate(fields)
        if field.kind in (Kind.DATE, Kind.DATETIME) and field.name not in MARKS
        if place not in chosen.values() and scores[row, place] >= SURE
    ]
    if own:
        chosen[row] = max(own, key=lambda place: float(scores[row, place]))


def _last_names(
    about: Known, fields: list[Field], chosen: dict[int, int], scores: NDArray[np.float64]
) -> None:
    """Beside first names a column "Name" of single words holds last names, and beside last names first ones."""
    places = {field.name: at for at, field in enumerate(fields)}
    given = {place: row for row, place in chosen.items()}
    row, parts = (
        given.get(places.get("name", -1)),
        [places.get(part, -1) for part in ("first_name", "last_name")],
    )
    lacking = [part for part in parts if part not in given]
    if row is None or -1 in parts or len(lacking) != 1:
        return
    if about.looks.share(about.headers.columns[row], lambda cell: len(cell.split()) == 1, "one word") > 0.6:
        chosen[row], scores[row, lacking[0]] = lacking[0], scores[row, places["name"]]


def _scores(about: Known, entity: Entity, fields: list[Field]) -> NDArray[np.float64]:
    scores = about.headers.likeness(entity)
    parties = [place for place, field in enumerate(fields) if field.link in _PARTIES]
    # "Customer" may be a person or a firm; "Company" may not.
    either = [
        len(parties) > 1 and all(scores[row, p] >= _LEAST for p in parties) for row in range(len(scores))
    ]
    for place, field in enumerate(fields):
        words = field_words(entity, field.name)
        for row, column in enumerate(about.headers.columns):
            name = float(scores[row, place])
            if name < _LEAST and field.kind not in _TELLING:
                scores[row, place] = 0.0
                continue
            scores[row, place] = _score(about, row, column, name, field, entity, words)
            if place in parties and either[row]:
                scores[row, place] *= _meant(about, column, field)
    return scores


def _meant(about: Known, column: str, field: Field) -> float:
    """How far names are those of people, for a link to one, or of firms: 0 where they are clearly the others."""
    if about.looks.are_ids(column) or any("@" in cell for cell in about.looks.cells[column]):
        return 1.0
    people = people_among(about.looks.cells[column])
    fit = 0.4 + 0.6 * min(1.0, 1.5 * (people if field.link == "contact" else 1 - people))
    return fit if fit >= ENOUGH else 0.0


def _score(
    about: Known, row: int, column: str, name: float, field: Field, entity: Entity, words: set[str]
) -> float:
    itself = name > 0.96
    if field.link in GUARDED and field.link != "user" and name < 1.0:
        return 0.0
    if not itself and about.headers.of_others(row, words) and field.link != "user":
        return 0.0
    content = about.looks.fits(column, field, entity)
    if content is None:
        # An empty column under the field's own name, as an export has it, is not left to another column.
        return name if name == 1.0 else 0.9 * name if name > _NEARLY else 0.0
    if content < ENOUGH and field.kind is not Kind.CHOICE:
        return 0.0
    is_key = field.kind is Kind.LINK or (field.name in entity.keys and field.name != "name")
    if about.headers.is_id(row) and not is_key and not itself and about.looks.are_ids(column):
        return 0.0
    if field.link and about.looks.are_ids(column):
        # Beside a column of names the names say more.
        content *= 0.97
    if field.kind in _TELLING and content > 0.8:
        return max(0.6 + 0.4 * name, 0.65)
    return name * (0.35 + 0.65 * content)


def _named(table: SourceTable, entity: Entity) -> float:
    stem = name_words(re.sub(r"\.\w+$", "", table.name).replace("_", " "))
    if not stem:
        return 0.0
    names = (entity.name, entity.label, entity.plural, *entity.aliases)
    best = max(alike(stem, name_words(name.replace("_", " "))) for name in names)
    # "crm export contacts 2026": one word of the file's name says it, if less surely.
    words = set(stem.split())
    if best <= 0.6 and any(name_words(name) in words for name in (entity.label, entity.plural)):
        best = 0.7
    return best if best > 0.6 else 0.0
