"""Which entity a file holds and which column is which field: guessed from names and contents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from rapidfuzz import fuzz

from crm.errors import Bad
from crm.exchange.files.column import EMPTY
from crm.exchange.files.headers import meanings, more_names
from crm.exchange.files.reading import SourceTable
from crm.exchange.values import dates, numbers, texts
from crm.i18n import _
from crm.records.fields import Entity, Field, Kind
from crm.records.matching import name_key, name_words

SURE, LIKELY = 0.85, 0.6
_LEAST = 0.6
_LOOKED_AT = 120
# A name follows from its parts.
_FOLLOWS: dict[str, set[str]] = {"name": {"first_name", "last_name"}}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TELLING = frozenset({Kind.EMAIL, Kind.URL})


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


def guess_entity(table: SourceTable, entities: Iterable[Entity]) -> list[EntityGuess]:
    """All entities that may be meant, best first.

    Counts for an entity: the file's name, the columns it explains, its title found. Counts against it:
    required fields that no column fills.
    """
    samples = _samples(table)
    guesses = []
    for entity in entities:
        columns = guess_columns(table, entity, samples=samples)
        used = {guess.field: guess.confidence for guess in columns if guess.field}
        # Squared, because ten half-sure columns say less than five sure ones.
        explained = sum(sure**2 for sure in used.values()) / max(1, len(columns))
        required = [f.name for f in entity.fields if f.required and f.kind is not Kind.LINK]
        needed = sum(name in used or bool(used.keys() & _FOLLOWS.get(name, set())) for name in required)
        named = _named(table, entity)
        guesses.append(
            EntityGuess(
                entity.name,
                round(0.5 * explained + 0.2 * needed / max(1, len(required)) + 0.3 * named, 3),
                columns,
            )
        )
    return sorted(guesses, key=lambda guess: -guess.score)


def guess_columns(
    table: SourceTable, entity: Entity, *, samples: dict[str, list[str]] | None = None
) -> tuple[ColumnGuess, ...]:
    """One guess for each column; no field is given twice.

    The pairs with the largest total are taken (Hungarian method): a column that fits two fields leaves the
    one that another column needs.
    """
    from scipy.optimize import linear_sum_assignment

    known = samples or _samples(table)
    fields = [field for field in entity.fields if field.importable]
    columns = table.columns
    if not fields or not columns:
        return ()
    scores = np.array(
        [[_score(column, known[column], field, entity) for field in fields] for column in columns]
    )
    chosen: dict[int, int] = {}
    # A pair that is not believable must not push a believable one aside.
    rows, places = linear_sum_assignment(np.where(scores >= _LEAST, scores, 0.0), maximize=True)
    for row, place in zip(rows.tolist(), places.tolist(), strict=True):
        if scores[row, place] >= _LEAST:
            chosen[row] = place
    return tuple(
        ColumnGuess(
            column,
            fields[chosen[row]].name if row in chosen else "",
            round(float(scores[row, chosen[row]]), 2) if row in chosen else 0.0,
            tuple(dict.fromkeys(known[column]))[:3],
        )
        for row, column in enumerate(columns)
    )


def name_likeness(column: str, field: Field, entity: Entity) -> float:
    """How much a column's name sounds like a field, 0 to 1."""
    key = name_key(column)
    asked = [name_words(_CAMEL.sub(" ", column)), *meanings().get(key, ())]
    known = [
        field.label,
        _(field.label),
        re.sub(r"_(id|minor)$", "", field.name),  # as an export calls it
        re.sub(r"_(id|minor|on|at)$", "", field.name).replace("_", " "),
        *field.aliases,
        *more_names().get(entity.name, {}).get(field.name, ()),
    ]
    itself = {name_words(name) for name in (entity.label, entity.plural, entity.name, *entity.aliases)}
    best = 0.0
    for text in asked:
        without_entity = re.sub(
            rf"\b({name_words(entity.label)}|{name_words(entity.plural)})\b", "", text
        ).strip()
        for place, name in enumerate(known):
            words = name_words(name.replace("_", " "))
            # "Deal" alone names a deal, but in "Deal type" it only says whose type.
            ratio = _likeness(text, words, within=words not in itself)
            if without_entity and without_entity != text:
                ratio = max(ratio, 0.97 * _likeness(without_entity, words))
            # The own label says more than one alias among many, and an early one more than a late one.
            best = max(best, ratio if place < 3 else (0.98 - 0.001 * min(place, 20)) * ratio)
    return best


def _likeness(one: str, other: str, *, within: bool = True) -> float:
    if one.replace(" ", "") == other.replace(" ", ""):
        return 1.0
    ratio = float(fuzz.ratio(one, other)) / 100
    sorted_ratio = 0.97 * float(fuzz.token_sort_ratio(one, other)) / 100
    both = set(one.split()) & set(other.split())
    part = 0.72 if within and both and (set(other.split()) <= set(one.split())) and len(other) > 2 else 0.0
    return max(ratio if ratio > 0.87 else ratio * 0.7, sorted_ratio if sorted_ratio > 0.87 else 0.0, part)


def _score(column: str, sample: list[str], field: Field, entity: Entity) -> float:
    name = name_likeness(column, field, entity)
    content = _content(sample, field)
    if content is None:
        # An empty column under the field's own name, as an export has it, is not left to another column.
        return name if name == 1.0 else 0.9 * name
    if field.kind in _TELLING and content > 0.8:
        return max(0.6 + 0.4 * name, 0.65)
    return name * (0.35 + 0.65 * content)


def _content(sample: list[str], field: Field) -> float | None:
    """Share of the cells that read as the field's kind; None where there is nothing to read."""
    if not sample:
        return None
    check = _CHECKS.get(field.kind)
    if field.kind is Kind.CHOICE:
        check = _reads(texts.choose(field.choices))
    if check is None:
        # Texts may be anything, but a column of addresses or numbers is seldom a name or a note.
        if field.kind is Kind.LINK or field.name in ("name", "title"):
            return 0.7 if all("@" in cell for cell in sample) else 1.0
        return 1.0
    return sum(map(check, sample)) / len(sample)


def _reads(function: Callable[[str], Any]) -> Callable[[str], bool]:
    def check(cell: str) -> bool:
        try:
            return function(cell) is not None
        except Bad:
            return False

    return check


def _is_date(cell: str) -> bool:
    parts = dates.take_apart(cell, serials=False)
    if isinstance(parts, dates.Numbers):
        return any(dates.in_order(parts, order) for order in dates.ORDERS)
    return parts is not None


def _is_number(cell: str) -> bool:
    return numbers.take_apart(cell) is not None


_CHECKS: dict[Kind, Callable[[str], bool]] = {
    Kind.EMAIL: _reads(texts.email),
    Kind.PHONE: lambda cell: bool(re.fullmatch(r"[+(]?[\d\s().\-/x]{6,25}", cell)),
    Kind.URL: _reads(texts.link),
    Kind.INTEGER: _is_number,
    Kind.NUMBER: _is_number,
    Kind.PERCENT: _is_number,
    Kind.MONEY: _is_number,
    Kind.DATE: _is_date,
    Kind.DATETIME: _is_date,
    Kind.BOOLEAN: _reads(texts.yes_or_no),
    Kind.CURRENCY: _reads(texts.currency),
}


def _samples(table: SourceTable) -> dict[str, list[str]]:
    size = len(table)
    # Spread over the file: the first rows of an export are often the oddest.
    places = np.unique(np.linspace(0, max(0, size - 1), min(size, _LOOKED_AT)).astype(int))
    part = table.texts.take(places.tolist())
    return {column: [cell for cell in part[column].tolist() if cell not in EMPTY] for column in table.columns}


def _named(table: SourceTable, entity: Entity) -> float:
    stem = name_words(re.sub(r"\.\w+$", "", table.name).replace("_", " "))
    if not stem:
        return 0.0
    names = (entity.name, entity.label, entity.plural, *entity.aliases)
    best = max(_likeness(stem, name_words(name.replace("_", " "))) for name in names)
    return best if best > 0.6 else 0.0
