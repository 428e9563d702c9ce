"""How much the names of columns sound like fields: all columns of a file against all names that fields go by, at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from crm.exchange.files.headers import meant, more_names, shape_of
from crm.i18n import _
from crm.records.fields import Entity, Kind
from crm.records.matching import name_words

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
#: Beside the entity's own words these say nothing about whose name it is.
_EMPTY_WORDS = frozenset({"full", "display", "official", "legal", "trade", "complete", "the", "of"})
#: Who these name is another person than the row's: "Owner e-mail" is no address of a contact.
_OTHERS = frozenset(
    {"owner", "manager", "rep", "agent", "assignee", "assigned", "creator", "modified", "modifier", "by"}
)
#: "E-mail 2 - Value" is the second e-mail, "E-mail 1" the first.
_VALUE, _FIRST = re.compile(r"( \d) value$"), re.compile(r" 1$")
_MEASURES = frozenset({"status", "time", "type", "date", "score", "count", "rate"})
_PREFIX, _MOST_ALIKE = re.compile(r"[^\W\d_][\w ]*? [-:/] "), 4
_SHORT = 6
_OF_SOMETHING = frozenset({"id", "name", "number", "no", "nr", "code", "key", "guid"})
_NUMBERED = frozenset({"id", "ids", "guid", "uuid"})


def _said(name: str, meant: Sequence[str]) -> tuple[str, ...]:
    """A name and what it means; the first of several, and the value beside a label, go by the bare name too."""
    bare = _FIRST.sub("", _VALUE.sub(r"\1", name))
    return (name, *meant, bare) if bare != name else (name, *meant)


def _without_prefix(columns: Sequence[str]) -> list[str]:
    """The columns without a word that stands before most of them ("Activity - Subject", "Activity - Due date")."""
    begun = Counter(hit[0] for c in columns if (hit := _PREFIX.match(c)))
    prefix, count = begun.most_common(1)[0] if begun else ("", 0)
    if count < _MOST_ALIKE or count * 2 < len(columns):
        return list(columns)
    return [c.removeprefix(prefix) or c for c in columns]


class Headers:
    """The columns of a file as words, in their own language and in English."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        shape = shape_of(self.columns)
        self.asked = [
            shape.get(c.casefold()) or _said(name_words(_CAMEL.sub(" ", c)), meant(c))
            for c in _without_prefix(self.columns)
        ]

    def likeness(self, entity: Entity) -> NDArray[np.float64]:
        """0 to 1 for each column and importable field."""
        names, owners, weights, parts = _names_of(entity)
        fields = [field for field in entity.fields if field.importable and not field.own]
        itself = {name_words(name) for name in (entity.label, entity.plural, entity.name, *entity.aliases)}
        own = {word for name in (entity.label, entity.plural) for word in name_words(name).split()}
        bare = re.compile(rf"\b({name_words(entity.label)}|{name_words(entity.plural)})\b")
        texts: list[str] = []
        origin: list[tuple[int, float, bool]] = []
        for at, asked in enumerate(self.asked):
            for text in asked:
                texts.append(text)
                origin.append((at, 1.0, True))
                without = bare.sub("", text).strip()
                if without and without != text:
                    texts.append(without)
                    origin.append((at, 0.97, False))
        made = np.zeros((len(self.columns), len(fields)))
        if not texts or not names:
            return made
        score = _likeness(texts, names)
        numbers = {
            at for at, field in enumerate(fields) if field.name in entity.keys and field.name != "name"
        }
        worded = {at for at, field in enumerate(fields) if field.kind in (Kind.TEXT, Kind.LONGTEXT)}
        place = {field.name: at for at, field in enumerate(fields)}
        titles = place.get(entity.title_field, -1) if entity.title_field != "number" else -1
        for row, text in enumerate(texts):
            words = text.split()
            spans = {" ".join(words[a:b]) for a in range(len(words)) for b in range(a + 1, len(words) + 1)}
            for hit in spans & parts.keys():
                # "Deal" alone names a deal, but in "Deal type" it only says whose type.
                if len(hit) < 3 or (hit in itself and origin[row][2]):
                    continue
                rest = set(words) - set(hit.split())
                for column in parts[hit]:
                    # A name of something else ("Middle name") is not the record's name.
                    if owners[column] == titles and not rest <= own | _EMPTY_WORDS:
                        continue
                    # A status or time of something ("Resolution time") is no text about it.
                    if owners[column] in worded and rest & _MEASURES:
                        continue
                    # "Number of items" numbers no record.
                    if owners[column] in numbers and not text.endswith(hit):
                        continue
                    score[row, column] = max(score[row, column], 0.72)
        score *= weights
        for row, (at, weight, _whole) in enumerate(origin):
            np.maximum.at(made[at], owners, weight * score[row])
        return made

    def of_others(self, at: int, known: set[str]) -> bool:
        """Whether a column is about another person than the row's, as far as none of these words says so too."""
        return any(set(text.split()) & (_OTHERS - known) for text in self.asked[at][:1])

    def is_id(self, at: int) -> bool:
        """Whether the column calls itself the number of something."""
        return any(text.split()[-1:] and text.split()[-1] in _NUMBERED for text in self.asked[at][:1])

    def stem(self, at: int) -> frozenset[str]:
        """What the column is about, whether it holds its number or its name."""
        return frozenset(self.asked[at][0].split()) - _OF_SOMETHING


def field_words(entity: Entity, name: str) -> set[str]:
    """All words that a field goes by."""
    field = entity[name]
    known = (field.label, *field.aliases, *more_names().get(entity.name, {}).get(name, ()))
    return {word for text in known for word in name_words(text).split()}


@cache
def _names_of(
    entity: Entity,
) -> tuple[tuple[str, ...], NDArray[np.intp], NDArray[np.float64], dict[str, list[int]]]:
    """Every name of every field as words, the field's place, its weight, and where each name stands."""
    names: list[str] = []
    owners: list[int] = []
    weights: list[float] = []
    for place, field in enumerate(f for f in entity.fields if f.importable and not f.own):
        known = [
            field.label,
            _(field.label),
            re.sub(r"_(id|minor)$", "", field.name),  # as an export calls it
            re.sub(r"_(id|minor|on|at)$", "", field.name).replace("_", " "),
            *field.aliases,
            *more_names().get(entity.name, {}).get(field.name, ()),
        ]
        for at, name in enumerate(known):
            names.append(name_words(name.replace("_", " ")))
            owners.append(place)
            # The own label says more than one alias among many, and an early one more than a late one.
            weights.append(1.0 if at < 3 else 0.98 - 0.001 * min(at, 20))
    parts: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        parts.setdefault(name, []).append(at)
    return tuple(names), np.array(owners, dtype=np.intp), np.array(weights), parts


def _likeness(texts: Sequence[str], names: Sequence[str]) -> NDArray[np.float64]:
    ratio = np.asarray(process.cdist(texts, names, scorer=fuzz.ratio), dtype=float) / 100
    ordered = np.asarray(process.cdist(texts, names, scorer=fuzz.token_sort_ratio), dtype=float) * 0.0097
    score = np.maximum(np.where(ratio > 0.87, ratio, ratio * 0.7), np.where(ordered > 0.87, ordered, 0.0))
    # One letter more makes another word of a short one ("mode", "model").
    score[:, [len(name) < _SHORT for name in names]] *= 0.7
    joined = np.array([name.replace(" ", "") for name in names], dtype=object)
    for row, text in enumerate(texts):
        score[row, joined == text.replace(" ", "")] = 1.0
    return score


def alike(one: str, other: str) -> float:
    """How much two names sound alike, 0 to 1."""
    part = 0.72 if len(other) > 2 and f" {other} " in f" {one} " else 0.0
    return max(part, float(_likeness([one], [other])[0, 0]))
