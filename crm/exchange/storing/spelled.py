"""How other programs write whom a row belongs to: a name with its number behind, a path, an id in two lengths."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from crm.records import registry
from crm.records.matching import name_key
from crm.register import Register

_NUMBERED = re.compile(r"(?P<name>[^;]*\S) ?\((?P<number>\d{1,20})\)(?:\s*;.*)?", re.DOTALL)
_YEAR = re.compile(r"(?:19|20)\d\d")
_BEHIND = re.compile(r"(?<!\s)\s*\([^()]*\)\Z")
_PATH = re.compile(r"(?<!\s)\s++[/>]\s+")
_SHORT, _LONG = 15, 18
_OUTCOMES = {
    "won": frozenset(
        {"won", "closedwon", "dealwon", "wonclosed", "gewonnen", "vundet", "vyhrano", "dobljeno"}
    ),
    "lost": frozenset(
        {"lost", "closedlost", "deallost", "lostclosed", "verloren", "tabt", "prohrano", "izgubljeno"}
    ),
}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def numbered(texts: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Name and number of texts such as "Brandt GmbH (8801)"; of several in one cell the first.

    Only where all texts are written so and each name has one number, and none is a year: "Fair (2025)" and "Fair (2026)"
    are two names.
    """
    found: dict[str, tuple[str, str]] = {}
    for text in texts:
        hit = _NUMBERED.fullmatch(text)
        if hit is None:
            return {}
        found[text] = (hit["name"].strip(), hit["number"])
    owners: dict[str, set[str]] = defaultdict(set)
    for name, number in found.values():
        owners[number].add(name_key(name))
    years = all(_YEAR.fullmatch(number) for _name, number in found.values())
    return {} if years or any(len(names) > 1 for names in owners.values()) else found


def without_brackets(text: str) -> str:
    """A stage without the pipeline that stands behind it ("Closed Won (Sales)")."""
    return _BEHIND.sub("", text) or text


def other_length(text: str) -> str:
    """The same Salesforce id in its other length, with or without the three letters that repeat its case; "" for none."""
    if not text.isascii() or not text.isalnum() or len(text) not in (_SHORT, _LONG):
        return ""
    ups = [sum(sign.isupper() << at for at, sign in enumerate(text[b : b + 5])) for b in (0, 5, 10)]
    whole = text[:_SHORT] + "".join(_LETTERS[up] for up in ups)
    if len(text) == _SHORT:
        return whole
    return text[:_SHORT] if whole == text else ""


def path_of(entity: str, text: str) -> list[str]:
    """The names of a path ("All / Machines / Grinders") in an entity that stands in a tree; [] for none."""
    if entity not in registry.names() or not tree_link(entity):
        return []
    parts = [part for part in _PATH.split(text) if part]
    return parts if len(parts) > 1 else []


def tree_link(entity: str) -> str:
    """The link by which an entity's records stand beneath one another."""
    links = (f.name for f in registry.entity(entity).fields if f.link == entity)
    return next((name for name in links if name == "parent_id"), "")


class Tree:
    """Records beneath one another, found and made by name, level by level."""

    def __init__(self, session: Any, entity: str) -> None:
        cls = registry.model(entity)
        title, link = getattr(cls, registry.title_field(entity)), getattr(cls, tree_link(entity))
        self.below: dict[tuple[int | None, str], int] = {}
        self.named: dict[str, list[int]] = defaultdict(list)
        for record, name, parent in session.execute(select(cls.id, title, link).order_by(cls.id)):
            self.add(int(record), str(name), parent)

    def add(self, record: int, name: str, parent: int | None) -> None:
        """Know one more."""
        self.below.setdefault((parent, name_key(name)), record)
        self.named[name_key(name)].append(record)

    def walk(self, path: Sequence[str]) -> tuple[int | None, int]:
        """The record down to which the path is there, and how many of its names that are."""
        key = name_key(path[0])
        alone = self.named[key][0] if len(self.named.get(key, ())) == 1 else None
        at = self.below.get((None, key), alone)
        depth = int(at is not None)
        while (
            depth and depth < len(path) and (found := self.below.get((at, name_key(path[depth])))) is not None
        ):
            at, depth = found, depth + 1
        return at, depth


def by_outcome(session: Any, texts: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Every pipeline ends won or lost, and programs call these two stages much alike: id and name of the stage."""
    from db.models import Pipeline, Stage

    wanted = {
        text: kind
        for text in texts
        for kind, words in _OUTCOMES.items()
        if name_key(without_brackets(text)) in words
    }
    if not wanted:
        return {}
    statement = (
        select(Stage.kind, Stage.id, Stage.name).join(Pipeline, Stage.pipeline_id == Pipeline.id)
        .where(Stage.kind.in_(_OUTCOMES))
        .order_by(Pipeline.is_active.desc(), Pipeline.position, Pipeline.id, Stage.position)
    )  # fmt: skip
    first: dict[str, tuple[int, str]] = {}
    for kind, record, name in session.execute(statement):
        first.setdefault(kind, (int(record), str(name)))
    return {text: first[kind] for text, kind in wanted.items() if kind in first}


def first_stage(session: Any, ids: Sequence[int]) -> int:
    """Of stages of one name in several pipelines the one that comes first."""
    from db.models import Pipeline, Stage

    statement = (
        select(Stage.id).join(Pipeline, Stage.pipeline_id == Pipeline.id).where(Stage.id.in_(ids))
        .order_by(Pipeline.is_active.desc(), Pipeline.position, Pipeline.id)
    )  # fmt: skip
    return int(session.scalars(statement.limit(1)).one())


def meant_by(session: Any, entity: str, texts: Sequence[str]) -> Mapping[str, int | None]:
    """The records that others stand for, by the text that names these; None for one that is not there yet."""
    others = Register[Callable[[Any, Sequence[str]], Mapping[str, int | None]]]("standin")
    return others[entity](session, texts) if texts and entity in others else {}
