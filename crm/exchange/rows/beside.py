"""From what our own export writes beside a link to the record that is meant, among others of its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import literal, select

from crm.exchange.leaving.cells import moment_text
from crm.exchange.leaving.own import telling_keys
from crm.exchange.storing.lookup import Found, match
from crm.records import registry
from crm.records.matching import name_key
from crm.records.writing.bulk import among, known
from crm.work import Work
from db.scope import criterion

_TOLD = re.compile(r"#(\d{1,18})(?: (.+))?")


def find_beside(
    work: Work,
    entity: str,
    texts: Sequence[str],
    beside: Sequence[str],
    *,
    action: str = "",
    came: Mapping[int, int] | None = None,
) -> list[int | None]:
    """Records by their name and what our own export writes beside it; None where nothing stands there or fits.

    In another house the number may be that of another record: the name has to be the same as well. ``came`` says where
    records went, by the ids that they had elsewhere.
    """
    found, keys = Found(), list(dict.fromkeys(filter(None, beside)))
    for name in telling_keys(entity) if keys else ():
        keys = match(work, entity, name, keys, found, action)
    title = registry.title_field(entity)
    named = known(work.session, registry.model(entity), found.ids.values(), title)
    spelled = {record: name_key(str(row[title] or "")) for record, row in named.items()}
    records = [found.ids.get(key) for key in beside] or [None] * len(texts)
    records = [
        record if record is not None and spelled.get(record) == name_key(text) else None
        for record, text in zip(records, texts, strict=True)
    ]
    if not any(key.startswith("#") for key in beside):
        return records
    by_id = _told_by_id(work, entity, set(zip(texts, beside, strict=True)), came or {}, action)
    return [
        one if one is not None else by_id.get(two)
        for one, two in zip(records, zip(texts, beside, strict=True), strict=True)
    ]


def _told_by_id(
    work: Work, entity: str, wanted: Iterable[tuple[str, str]], came: Mapping[int, int], action: str
) -> dict[tuple[str, str], int]:
    """Records by name and what ``told_by_id`` says: of those of the name the one made then, or that has the id here."""
    found: dict[tuple[str, str], int] = {}
    left: dict[tuple[str, str], tuple[int, str]] = {}
    for text, key in wanted:
        if (hit := _TOLD.fullmatch(key)) is None:
            continue
        if (record := came.get(int(hit[1]))) is not None:
            found[text, key] = record
        else:
            left[text, key] = int(hit[1]), hit[2] or ""
    if not left:
        return found
    cls = registry.model(entity)
    title = getattr(cls, registry.title_field(entity))
    made = getattr(cls, "created_at", literal(None))
    asked = select(title, cls.id, made).where(
        among(work.session, title, sorted({text for text, _key in left}))
    )
    if action and (limit := criterion(work.actor, cls, action)) is not None:
        asked = asked.where(limit)
    named: dict[str, dict[int, str]] = {}
    for name, record, moment in work.session.execute(asked):
        named.setdefault(name, {})[record] = "" if moment is None else moment_text(moment)
    for (text, key), (record, moment) in left.items():
        then = [one for one, told in named.get(text, {}).items() if told == moment]
        if len(then) == 1 or record in then:
            found[text, key] = record if record in then else then[0]
    return found
