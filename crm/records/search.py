"""Find records by any part of their words: trigram tables on SQLite, full text (and trigram, where it has it) on PostgreSQL."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    String,
    and_,
    cast,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from crm.records import registry
from crm.records.matching import name_words
from crm.register import Register
from db.scope import READ, ScopedSession, SearchRows

#: Columns that migrations index, in their order.
INDEXED: dict[str, tuple[str, ...]] = {
    "contacts": ("name", "email", "phone", "number", "city"),
    "organisations": ("name", "number", "email", "phone", "city"),
    "deals": ("title", "number"),
    "cases": ("subject", "number"),
    "equipment": ("name", "serial", "place"),
    "files": ("name",),
    "case_messages": ("body",),
    "interactions": ("subject", "body"),
    "incoming_messages": ("subject", "sender", "body"),
}
#: A trigram needs three letters; shorter words are looked up by their beginning.
TRIGRAM = 3
MOST_WORDS = 8
#: So much of a long text is searched on PostgreSQL, as migration 0024 says.
MOST_INDEXED = "200000"


@dataclass(frozen=True, slots=True)
class Hit:
    """One record found: entity name, id, what names it, one line that tells it apart."""

    entity: str
    id: int
    title: str
    detail: str


#: What is found beside records: given the query and how much at most.
FINDERS: Register[Callable[[ScopedSession, str, int], list[Hit]]] = Register("find")


def words(query: str) -> list[str]:
    """The words of a search, at most eight; a NUL cannot be part of any."""
    return query.replace("\x00", " ").split()[:MOST_WORDS]


def around(text: str, query: str) -> str:
    """The words of a text around the first one that was looked for."""
    at = max(0, text.lower().find(words(query)[0].lower()) - 30)
    part = " ".join(text[at : at + 90].split())
    return ("…" if at else "") + part + ("…" if at + 90 < len(text) else "")


def search_condition(session: ScopedSession, cls: type[Any], query: str) -> ColumnElement[bool] | None:
    """The condition that every word of the query occurs in a row; None for a blank query."""
    wanted = words(query)
    if not wanted:
        return None
    if indexed := INDEXED.get(cls.__tablename__):
        phone = as_phone(query) if "phone" in indexed else ""
        either = [_indexed(session, cls, one) for one in (wanted, [phone]) if one[0]]
        return or_(*either)
    fields = [getattr(cls, f.name) for f in registry.entity(_entity_name(cls)).fields if f.searchable]
    return (
        and_(*(or_(*(f.icontains(w, autoescape=True) for f in fields)) for w in wanted))
        if fields
        else false()
    )


def as_phone(query: str) -> str:
    """The digits by which a telephone number is found however it was typed; empty for what cannot be one.

    Numbers are stored as E.164, so what stands before the area code at home or abroad (0, 00, +) is left out.
    """
    text = query.replace("(0)", "").strip()
    if len(text) > MOST_PHONE or not _PHONE.fullmatch(text):
        return ""
    digits = "".join(sign for sign in text if sign.isdigit()).lstrip("0")
    return digits if len(digits) >= LEAST_DIGITS else ""


_PHONE = re.compile(r"[0-9+(][0-9 ()./\-]*")
LEAST_DIGITS = 6
MOST_PHONE = 40


def _indexed(session: ScopedSession, cls: type[Any], wanted: list[str]) -> ColumnElement[bool]:
    dialect = session.get_bind().dialect.name
    return _sqlite(cls, wanted) if dialect == "sqlite" else _postgresql(session, cls, wanted)


def _entity_name(cls: type[Any]) -> str:
    return next(card.name for card in registry.cards() if card.model is cls)


def _short(cls: type[Any], word: str) -> ColumnElement[bool]:
    title = getattr(cls, INDEXED[cls.__tablename__][0])
    return or_(title.istartswith(word, autoescape=True), title.icontains(f" {word}", autoescape=True))


def _sqlite(cls: type[Any], wanted: list[str]) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [_short(cls, w) for w in wanted if len(w) < TRIGRAM]
    if long := [w for w in wanted if len(w) >= TRIGRAM]:
        rows = SearchRows(cls)
        phrase = " AND ".join('"' + w.replace('"', '""') + '"' for w in long)
        parts.append(cls.id.in_(select(rows.c.rowid).where(rows.c[rows.name].op("MATCH")(phrase))))
    return and_(*parts)


def document(cls: type[Any]) -> Any:
    """The indexed text of a row on PostgreSQL."""
    # The expression must be the index's own, letter by letter, or the index is not used.
    whole: Any = literal_column("''")
    for position, name in enumerate(INDEXED[cls.__tablename__]):
        column = getattr(cls, name)
        if name == "body":
            column = func.left(column, literal_column(MOST_INDEXED))
        part = func.coalesce(column, literal_column("''"))
        whole = part if position == 0 else whole.op("||")(literal_column("' '")).op("||")(part)
    return whole


def _postgresql(session: ScopedSession, cls: type[Any], wanted: list[str]) -> ColumnElement[bool]:
    whole = document(cls)
    if has_trigram(session.get_bind()):
        return and_(
            *(whole.icontains(w, autoescape=True) if len(w) >= TRIGRAM else _short(cls, w) for w in wanted)
        )
    terms = [re.sub(r"[^\w@.+-]", "", w) for w in wanted]
    prefixes = " & ".join(f"'{t}':*" for t in terms if t)
    if not prefixes:
        return false()
    vector = func.to_tsvector(literal_column("'simple'"), whole)
    return vector.op("@@")(func.to_tsquery(literal_column("'simple'"), literal(prefixes)))


@cache
def has_trigram(engine: Engine) -> bool:
    with engine.connect() as connection:
        return (
            connection.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")).first()
            is not None
        )


def find_anything(session: ScopedSession, query: str, *, limit: int = 6) -> list[Hit]:
    """The first records of each kind whose card is in Find that hold every word; names that begin so first, and what areas find
    beside them.

    One statement for each kind, within the actor's scope. Archived records are left out.
    """
    wanted = words(query)
    if not wanted:
        return []
    hits: list[Hit] = []
    for card in registry.cards():
        if not card.find or not session.actor.may(card.rights, READ):
            continue
        cls, entity = card.model, card.name
        detail = [getattr(cls, name) for name in card.names("find")]
        title = getattr(cls, registry.title_field(entity))
        condition = search_condition(session, cls, query)
        assert condition is not None
        found = session.execute(
            select(cls.id, title, *detail)
            .where(condition, cls.archived_at.is_(None))
            .order_by(title.istartswith(wanted[0], autoescape=True).desc(), title, cls.id)
            .limit(limit)
        )
        hits += [Hit(entity, row[0], row[1], " · ".join(str(v) for v in row[2:] if v)) for row in found]
    return [*hits, *(hit for name in FINDERS for hit in FINDERS[name](session, query, limit))]


#: Likeness of two words, of 100: one wrong letter in five, one missing in four.
LEAST = 78.0
#: So many candidates of a kind are looked at, those with most trigrams in common first.
CANDIDATES = 200
#: Shorter words have too few trigrams to be recognised by those that an error leaves.
SHORTEST = 4
LONGEST = 40


def find_near(session: ScopedSession, query: str, *, limit: int = 6) -> list[Hit]:
    """Records of the kinds in Find whose title has, for every word of the query, one that is nearly the same; best first.

    Candidates share trigrams with the longest word; likeness is the normalised edit similarity of rapidfuzz. Without a
    trigram index (PostgreSQL without pg_trgm) nothing is found.
    """
    wanted = name_words(" ".join(words(query))).split()
    longest = max(wanted, key=len, default="")[:LONGEST]
    if len(longest) < SHORTEST:
        return []
    hits: list[tuple[float, Hit]] = []
    for card in registry.cards():
        cls = card.model
        if not card.find or cls.__tablename__ not in INDEXED or not session.actor.may(card.rights, READ):
            continue
        narrowed = _candidates(session, cls, longest)
        if narrowed is None:
            continue
        title = getattr(cls, registry.title_field(card.name))
        detail = [getattr(cls, name) for name in card.names("find")]
        found = session.execute(narrowed(select(cls.id, title, *detail).where(cls.archived_at.is_(None))))
        for row in found:
            score = _likeness(wanted, row[1])
            if score >= LEAST:
                told = " · ".join(str(v) for v in row[2:] if v)
                hits.append((score, Hit(card.name, row[0], row[1], told)))
    hits.sort(key=lambda one: (-one[0], one[1].title, one[1].id))
    return [hit for _score, hit in hits[:limit]]


def _likeness(wanted: list[str], title: str) -> float:
    named = name_words(title).split()
    return min(max((fuzz.ratio(word, other) for other in named), default=0.0) for word in wanted)


def _candidates(
    session: ScopedSession, cls: type[Any], word: str
) -> Callable[[Select[Any]], Select[Any]] | None:
    """What narrows a select to the rows that share most trigrams with a word."""
    parts = list(dict.fromkeys(word[i : i + TRIGRAM] for i in range(len(word) - TRIGRAM + 1)))
    bind = session.get_bind()
    if bind.dialect.name == "sqlite":
        rows = SearchRows(cls)
        phrase = " OR ".join(f'"{part}"' for part in parts)
        best = select(rows.c.rowid).where(rows.c[rows.name].op("MATCH")(phrase))
        among = cls.id.in_(best.order_by(rows.c.rank).limit(CANDIDATES))
        return lambda statement: statement.where(among)
    if not has_trigram(bind):
        return None
    whole = document(cls)
    shares = or_(*(whole.icontains(part, autoescape=True) for part in parts))
    alike = func.word_similarity(literal(word), whole).desc()
    return lambda statement: statement.where(shares).order_by(alike, cls.id).limit(CANDIDATES)


def holds_tag(session: ScopedSession, column: Any, tag: str) -> ColumnElement[bool]:
    """That a column of tags holds this one."""
    if session.get_bind().dialect.name == "sqlite":
        return func.instr(cast(column, String), json.dumps(tag)) > 0
    return type_coerce(column, JSONB).contains([tag])


def no_tag(column: Any) -> ColumnElement[bool]:
    """That a column of tags holds none."""
    return or_(column.is_(None), cast(column, String) == "[]")


def any_tag(session: ScopedSession, column: Any, wanted: Any, blank: str) -> ColumnElement[bool]:
    """That a column of tags holds one of these, or with ``blank`` among them none."""
    tags = wanted if isinstance(wanted, (list, set, frozenset)) else [wanted]
    return or_(
        false(),
        *(no_tag(column) if tag in (None, blank) else holds_tag(session, column, tag) for tag in tags),
    )
