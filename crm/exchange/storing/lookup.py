"""From the names of parents to their records: exact, by normalised name, near, made, or not found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from crm.exchange.storing.plan import CREATE, EMPTY, Lookup
from crm.exchange.storing.spelled import (
    Tree,
    by_outcome,
    first_stage,
    meant_by,
    numbered,
    other_length,
    path_of,
    tree_link,
    without_brackets,
)
from crm.exchange.storing.store import make_rows
from crm.exchange.values.texts import is_address, is_id
from crm.i18n import _
from crm.records import registry
from crm.records.fields import Kind
from crm.records.matching import name_key, near_matches
from crm.records.writing.bulk import among, known
from crm.work import Work
from db.scope import criterion

_AT_ONCE = 20_000
_NEAR = 90.0
_GAP = 3.0
_MOST_UNKNOWN = 300
_MOST_CANDIDATES = 20_000
_MOST_LISTED = 20


@dataclass
class Found:
    """Ids by text; reasons for texts that name none or several; what was made and what was taken for what."""

    ids: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)
    made: set[int] = field(default_factory=set)
    near: dict[str, str] = field(default_factory=dict)
    numbered: dict[str, tuple[str, str]] = field(default_factory=dict)


def find_parents(
    work: Work, entity: str, texts: Iterable[str], lookup: Lookup, *, import_id: int | None, action: str = ""
) -> Found:
    """Look every different text up once.

    Parameters
    ----------
    entity : str
        The linked entity or small table.
    action : str
        A right the actor needs on the parent beside seeing it; lines change their parent, for example.
    """
    found = Found()
    open_texts = [text for text in dict.fromkeys(texts) if text]
    for name in _fields(entity, lookup):
        open_texts = match(work, entity, name, open_texts, found, action)
    open_texts = _otherwise(work, entity, open_texts, lookup, found, action)
    if entity == "stage":
        for text, (record, name) in by_outcome(work.session, open_texts).items():
            found.ids[text], found.near[text] = record, name
        open_texts = [text for text in open_texts if text not in found.ids]
    open_texts = _by_path(work, entity, open_texts, lookup, found, import_id)
    meant = meant_by(work.session, entity, open_texts)
    found.ids.update({text: record for text, record in meant.items() if record is not None})
    open_texts = [text for text in open_texts if text not in found.ids]
    if open_texts and (lookup.near or len(open_texts) <= _MOST_UNKNOWN):
        open_texts = _near(work, entity, open_texts, lookup, found)
    if not open_texts:
        return found
    label = _(_label(entity)).lower()
    if lookup.missing == EMPTY:
        found.empty.update(open_texts)
    elif lookup.missing == CREATE:
        _make(work, entity, open_texts, lookup, found, import_id)
    else:
        known = _listed(work, entity)
        for text in open_texts:
            told = _("There is no {label} “{value}”, but a lead. Convert it first.") if text in meant else ""
            reason = (told or _("There is no {label} “{value}”.")).format(label=label, value=text[:80])
            hint = found.near.pop(text, "")
            advice = _("Is “{near}” meant?").format(near=hint) if hint else known
            found.reasons[text] = f"{reason} {advice}".strip()
    return found


def _otherwise(
    work: Work, entity: str, texts: list[str], lookup: Lookup, found: Found, action: str
) -> list[str]:
    """What stands there under another spelling of the same: a name before its number, an id in its other length."""
    pairs = found.numbered = numbered(texts)
    tried: dict[str, list[str]] = {}
    for text in texts:
        if entity == "stage":
            other = without_brackets(text)
        elif text in pairs:
            other = pairs[text][1]
        else:
            other = other_length(text)
        if other and other != text:
            tried.setdefault(other, []).append(text)
    if not tried:
        return texts
    again, title = Found(), registry.title_field(entity)
    for name in _fields(entity, lookup):
        if entity == "stage" or name != title:
            match(work, entity, name, [t for t in tried if t not in again.ids], again, action)
    if pairs:
        spelled = known(work.session, registry.model(entity), again.ids.values(), title)
        for other, record in list(again.ids.items()):
            # In another house the number may be that of another record.
            if name_key(str(spelled[record][title])) != name_key(pairs[tried[other][0]][0]):
                del again.ids[other]
        once = Counter(name_key(name) for name, _number in pairs.values())
        bare = {
            pairs[t][0]: t for t in texts if pairs[t][1] not in again.ids and once[name_key(pairs[t][0])] == 1
        }
        alone = Found()
        match(work, entity, title, list(bare), alone, action)
        found.ids.update({bare[name]: record for name, record in alone.ids.items()})
        found.reasons.update({bare[name]: why for name, why in alone.reasons.items()})
    found.ids.update({text: record for other, record in again.ids.items() for text in tried[other]})
    return [text for text in texts if text not in found.ids and text not in found.reasons]


def _by_path(
    work: Work, entity: str, texts: list[str], lookup: Lookup, found: Found, import_id: int | None
) -> list[str]:
    """Names with those above them; what is missing of a path is made where the plan makes what is missing."""
    paths = {text: path for text in texts if (path := path_of(entity, text))}
    if not paths:
        return texts
    tree, title, link = Tree(work.session, entity), registry.title_field(entity), tree_link(entity)
    for text, path in paths.items():
        at, depth = tree.walk(path)
        while depth < len(path) and lookup.missing == CREATE:
            [(made, why)] = make_rows(work, entity, [{title: path[depth][:200], link: at}], import_id)
            if made is None:
                found.reasons[text] = why
                break
            tree.add(made, path[depth], at)
            found.made.add(made)
            at, depth = made, depth + 1
        if depth == len(path) and at is not None:
            found.ids[text] = at
    return [text for text in texts if text not in found.ids and text not in found.reasons]


def _listed(work: Work, entity: str) -> str:
    """All names of a small table, so that whoever reads the complaint can choose."""
    if entity in registry.names():
        return ""
    cls = registry.model(entity)
    names = work.session.scalars(select(getattr(cls, registry.title_field(entity))).order_by(cls.id)).all()
    listed = ", ".join(dict.fromkeys(map(str, names)))
    return _("There are: {names}.").format(names=listed) if listed and len(names) <= _MOST_LISTED else ""


def _label(entity: str) -> str:
    return str(registry.model(entity).__about__.get("label", entity.replace("_", " ")))


def _fields(entity: str, lookup: Lookup) -> tuple[str, ...]:
    if lookup.by:
        return (lookup.by,)
    keys = registry.entity(entity).keys if entity in registry.names() else ()
    return tuple(dict.fromkeys((*keys, registry.title_field(entity))))


def match(work: Work, entity: str, name: str, texts: list[str], found: Found, action: str) -> list[str]:
    """Note in ``found`` the records that a field calls so; gives the texts that name none."""
    cls = registry.model(entity)
    named = name == registry.title_field(entity)
    keyed = named and hasattr(cls, "name_key")
    keys: dict[str, list[str]] = {}
    for text in texts:
        keys.setdefault(_key(text, named=named, field_name=name), []).append(text)
    hits: dict[str, list[tuple[bool, int, str]]] = {}
    archived = getattr(cls, "archived_at", None)
    named_column = getattr(cls, name)
    columns = [cls.id, cls.name_key if keyed else named_column, named_column.label("spelled")]
    if archived is not None:
        columns.append(archived)
    limit = criterion(work.actor, cls, action) if action else None
    for wanted in _parts(list(keys), whole=named and not keyed):
        statement = select(*columns)
        if wanted is not None:
            statement = statement.where(among(work.session, columns[1], wanted))
        if limit is not None:
            statement = statement.where(limit)
        for row in work.session.execute(statement):
            key = row[1] if keyed else _key(str(row[1] or ""), named=named, field_name=name)
            if key in keys:
                hits.setdefault(key, []).append((archived is not None and row[3] is not None, row[0], row[2]))
    if not hits:
        return texts
    missing = []
    for key, asked in keys.items():
        found_here = hits.get(key)
        if found_here is None:
            missing.extend(asked)
            continue
        if len(found_here) == 1:
            for text in asked:
                found.ids[text] = found_here[0][1]
            continue
        # A record in use goes before archived ones of the same name.
        active = [hit for hit in found_here if not hit[0]] or found_here
        for text in asked:
            ids = [record for _gone, record, _title in active]
            if len(ids) > 1:
                for alike in (lambda name: name, str.casefold):
                    spelled = [record for _gone, record, title in active if alike(str(title)) == alike(text)]
                    ids = spelled if len(ids) > 1 and spelled else ids
            if len(ids) > 1 and entity == "stage":
                ids = [first_stage(work.session, ids)]
            if len(ids) == 1:
                found.ids[text] = ids[0]
            else:
                found.reasons[text] = _("There are {n} records called “{value}”.").format(
                    n=len(ids), value=text[:80]
                )
    return missing


def _key(text: str, *, named: bool, field_name: str) -> str:
    if named:
        return name_key(text)
    if field_name == "email":
        local, at, domain = text.strip().rpartition("@")
        return f"{local}{at}{domain.lower()}"
    return text.strip()


def _parts(keys: list[str], *, whole: bool) -> Iterable[list[str] | None]:
    if whole:
        return [None]
    return [keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE)]


def _near(work: Work, entity: str, texts: list[str], lookup: Lookup, found: Found) -> list[str]:
    """Take the nearest name where the plan allows it; else remember it for the complaint."""
    cls = registry.model(entity)
    title = getattr(cls, registry.title_field(entity))
    candidates: dict[str, int] = {}
    for record, name in work.session.execute(select(cls.id, title).order_by(cls.id).limit(_MOST_CANDIDATES)):
        candidates.setdefault(str(name or ""), int(record))
    best: dict[str, list[tuple[str, float]]] = {}
    for match in near_matches(texts, candidates):
        best.setdefault(match.value, []).append((match.candidate, match.score))
    missing = []
    for text in texts:
        hits = best.get(text, [])
        alone = len(hits) == 1 or (len(hits) > 1 and hits[0][1] - hits[1][1] >= _GAP)
        if lookup.near and hits and hits[0][1] >= _NEAR and alone:
            found.ids[text] = candidates[hits[0][0]]
            found.near[text] = hits[0][0]
        else:
            if hits and lookup.missing not in (CREATE, EMPTY):
                found.near[text] = hits[0][0]
            missing.append(text)
    return missing


def _make(
    work: Work, entity: str, texts: list[str], lookup: Lookup, found: Found, import_id: int | None
) -> None:
    label = _(_label(entity)).lower()
    title = registry.title_field(entity)
    about = registry.entity(entity) if entity in registry.names() else None
    needed = (
        []
        if about is None
        else [f.name for f in about.fields if f.required and f.name not in (title, *lookup.create)]
    )
    if about is None or any(registry.model(entity).__table__.c[name].default is None for name in needed):
        reason = _("A {label} cannot be made from its name alone.").format(label=label)
        found.reasons.update(dict.fromkeys(texts, reason))
        return
    number = (
        next((name for name in about.keys if name not in (title, "email")), "") if title != "number" else ""
    )
    # Two spellings of one name are one new record.
    by_key: dict[str, list[str]] = {}
    for text in texts:
        by_key.setdefault(name_key(text), []).append(text)
    pairs = found.numbered
    rows: list[dict[str, Any]] = []
    for spellings in by_key.values():
        values: dict[str, Any] = {title: spellings[0][:200], **_created(about, lookup.create)}
        if spellings[0] in pairs:
            values[title] = pairs[spellings[0]][0][:200]
            if number:
                values[number] = pairs[spellings[0]][1]
        elif number and is_id(spellings[0]):
            # A number names nobody: it stays the number by which a later file finds the record and names it.
            values |= {title: f"{_(about.label)} {spellings[0]}"[:200], number: spellings[0]}
        if "email" in about.by_name and is_address(spellings[0]):
            values["email"] = spellings[0]
        if lookup.by and lookup.by != title and about[lookup.by].kind is not Kind.LINK:
            values[lookup.by] = spellings[0]
        rows.append(values)
    made = make_rows(work, entity, rows, import_id)
    for (record, why), spellings in zip(made, by_key.values(), strict=True):
        if record is None:
            found.reasons.update(dict.fromkeys(spellings, why))
        else:
            found.made.add(record)
            found.ids.update(dict.fromkeys(spellings, record))


def _created(about: Any, create: Mapping[str, Any]) -> dict[str, Any]:
    from crm.records.checks import check_value

    return {name: check_value(about[name], value) for name, value in create.items() if name in about.by_name}
