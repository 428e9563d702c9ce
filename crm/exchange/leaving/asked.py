"""What lists are asked by programs: conditions as JSON or as words, each value checked as one of its field."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from crm.errors import Bad, NotFound, Problem, Refused
from crm.i18n import _
from crm.records import registry
from crm.records.checks import check_value
from crm.records.fields import Field, Kind
from crm.records.lists import BLANK, further_filters
from db.scope import ScopedSession

#: A link's kind checks ids: whole numbers that a database can count to.
_ID = Field("id", "id", Kind.LINK)
#: One condition cannot name more values.
MOST_VALUES = 1_000
_COUNTED = (Kind.INTEGER, Kind.NUMBER, Kind.MONEY, Kind.PERCENT, Kind.LINK, Kind.BOOLEAN)
_SPANS = (*_COUNTED[:4], Kind.DATE, Kind.DATETIME)


def filters(entity: str, text: str) -> dict[str, Any]:
    """The conditions of a list as ``list_rows`` takes them.

    Raises
    ------
    Refused
        No JSON, no object, or a value that is none of its field; names that are no fields are refused by the list itself.
    """
    wanted = _parsed(text)
    fields = {**dict.fromkeys(further_filters(entity), _ID), **registry.entity(entity).by_name, "id": _ID}
    found = {}
    for name, value in wanted.items():
        if name not in fields:
            text = _("{entity} cannot be filtered by “{name}”.")
            raise Refused(text.format(entity=_(registry.entity(entity).plural), name=name[:80]))
        try:
            found[name] = _condition(fields[name], value)
        except Bad as bad:
            why = _("“filters” cannot be used. {why}").format(why=bad)
            raise Refused(why, problems=[Problem(name, str(bad))]) from bad
    return found


def _parsed(text: str) -> Any:
    try:
        wanted = json.loads(text, parse_constant=_no_number) if text else {}
    except (ValueError, RecursionError) as error:
        raise Refused(_("“filters” is not valid JSON.")) from error
    if not isinstance(wanted, dict):
        raise Refused(_("“filters” is an object of field names and values."))
    return wanted


def _no_number(name: str) -> None:
    raise ValueError(name)


def _condition(field: Field, wanted: Any) -> Any:
    one = replace(field, required=False)
    if field.kind is Kind.TAGS:
        listed = wanted if isinstance(wanted, list) else [wanted]
        if len(listed) > MOST_VALUES or not all(isinstance(tag, str) and tag.strip() for tag in listed):
            raise Bad(_("Tags are looked for by a word or a list of words."))
        # A tag holds no comma, so each is one word or phrase.
        return [BLANK if tag == BLANK else _one_tag(one, tag) for tag in listed]
    if isinstance(wanted, dict):
        if not wanted or wanted.keys() - {"from", "to"} or field is _ID:
            raise Bad(_("An interval has “from”, “to” or both."))
        return tuple(check_value(one, wanted.get(end)) for end in ("from", "to"))
    if isinstance(wanted, list):
        if len(wanted) > MOST_VALUES:
            raise Bad(_("At most {n} values can be named at once.").format(n=MOST_VALUES))
        # A blank among the values is "nothing entered".
        checked = (value if value == BLANK else check_value(one, value) for value in wanted)
        return [BLANK if value is None else value for value in checked]
    return wanted if wanted == BLANK else check_value(one, wanted)


def _one_tag(field: Field, text: str) -> str:
    found = check_value(field, text)
    if len(found) != 1:
        raise Bad(_("Tags are looked for by a word or a list of words."))
    return str(found[0])


def in_words(session: ScopedSession, entity: str, words: Sequence[str]) -> dict[str, Any]:
    """The conditions of ``FIELD=VALUE`` texts: a name given twice means one of, ``from..to`` an interval, a link is a
    record's name or id; one JSON object is taken as the API takes it.

    Raises
    ------
    Refused, NotFound
        No condition, a field or value that is not there.
    """
    further = {name: one.field for name, one in further_filters(entity).items()}
    known = {**further, **registry.entity(entity).by_name, "id": _ID}
    found: dict[str, Any] = {}
    for text in words:
        if text.lstrip().startswith("{"):
            found |= _parsed(text)
            continue
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals:
            raise Refused(_("“{text}” is no condition. Write FIELD=VALUE.").format(text=text))
        field = known.get(name)
        low, interval, high = value.partition("..")
        if interval and field is not None and field.kind in _SPANS:
            found[name] = {
                end: _read(session, field, one) for end, one in (("from", low), ("to", high)) if one
            }
            continue
        read = value if field is None else _read(session, field, value)
        found.setdefault(name, [])
        if not isinstance(found[name], list):
            raise Refused(_("“{name}” is asked for twice in two ways.").format(name=name))
        found[name].append(read)
    return filters(entity, json.dumps(found))


def _read(session: ScopedSession, field: Field, text: str) -> Any:
    if text == BLANK:
        return text
    if field.kind is Kind.LINK and not text.strip().isdecimal():
        cls = registry.model(field.link)
        title = getattr(cls, registry.title_field(field.link))
        ids = session.scalars(select(cls.id).where(func.lower(title) == text.strip().lower()).limit(2)).all()
        if len(ids) != 1:
            said = _("There are several called “{name}”: give the id.") if ids else _("There is no “{name}”.")
            raise NotFound(said.format(name=text))
        return ids[0]
    if field.kind in _COUNTED:
        try:
            return json.loads(text.lower(), parse_constant=_no_number)
        except ValueError:
            return text
    return text
