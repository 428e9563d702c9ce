"""One input per kind of field: what the registry says a field is decides how it is entered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import streamlit as st

from crm.clock import zone
from crm.errors import Problem
from crm.i18n import _
from crm.money import codes, exponent, to_major, to_minor
from crm.records import lists, registry
from crm.records.fields import Field, Kind
from crm.records.matching import name_key
from crm.ui.kit.kept import Kept
from crm.ui.kit.words import Marked, distinct, plain
from crm.work import Actor, reading
from db.scope import CREATE

#: A choice of more rows than this is searched by typing the name.
OPTIONS = 200
T = TypeVar("T")
_ICONS = {Kind.EMAIL: ":material/mail:", Kind.PHONE: ":material/call:", Kind.URL: ":material/public:"}
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
#: Behind the label of what tells something about a person.
PERSONAL = ":gray[:material/shield_person:]"


_options = Kept(lists.link_options, ttl="1m", most=300)
_values = Kept(lists.distinct_values, ttl="5m", most=200)


def link_options(
    actor: Actor, entity: str, *, current: int | None = None, everybody: bool = False
) -> dict[int, str]:
    """The first rows of an entity by title, the current one among them; ``everybody``: also people who left."""
    options = dict(_options(actor, entity, limit=OPTIONS, everybody=everybody))
    if current is not None and current not in options:
        with reading(actor) as session:
            row = session.get(registry.model(entity), current)
            if row is not None:
                options[current] = str(getattr(row, registry.title_field(entity)))
    return options


def known_values(actor: Actor, entity: str, field: str) -> list[Any]:
    """The first values of a column; at most five minutes old."""
    return _values(actor, entity, field, limit=100)


def choose(label: str, names: Mapping[T, str], value: T | None = None, **more: Any) -> T | None:
    """One of what is named, ``value`` at first; where that is none of them nothing is chosen yet."""
    values: list[T | None] = [*names]
    names = distinct(names)
    chosen: T | None = st.selectbox(
        label,
        values,
        index=values.index(value) if value in values else None,
        format_func=lambda v: names.get(v, str(v)),
        **more,
    )
    return chosen


def choose_some(label: str, names: Mapping[T, str], **more: Any) -> list[T]:
    """Any of what is named."""
    names = distinct(names)
    return st.multiselect(label, list(names), format_func=lambda v: names.get(v, str(v)), **more)


def search_input(placeholder: str, *, key: str, width: int = 200) -> str:
    """What is searched for, word by word as it is typed, kept in the address."""
    typed = st.text_input(
        _("Search"),
        key=key,
        type="search",
        live="300ms",
        bind="query-params",
        width=width,
        label_visibility="collapsed",
        placeholder=placeholder,
    )
    return typed or ""


def input_for(
    field: Field,
    *,
    key: str,
    value: Any,
    actor: Actor,
    currency: str = "",
    options: Mapping[int, str] | None = None,
    making: bool = False,
) -> Any:
    """Draw the input of a field with a stored value in it; gives what is entered, still unchecked.

    ``read_input`` turns it into what is stored. With ``making`` a name that is nobody's yet may be typed into a link.
    """
    label = plain(_(field.label) + (f" ({field.unit})" if field.unit else ""))
    label = Marked(label + (" \\*" if field.required else "") + (f" {PERSONAL}" if field.personal else ""))
    told = [_(field.help)] if field.help else []
    if field.personal:
        told.append(_("Personal data: enter only what is needed to work with this person."))
    common: dict[str, Any] = {"key": key, "help": plain(" ".join(told)) if told else None}
    match field.kind:
        case Kind.LONGTEXT:
            return st.text_area(label, value or "", max_chars=field.max_length, height=100, **common)
        case Kind.INTEGER:
            return st.number_input(
                label,
                value=value,
                step=1,
                min_value=_whole(field.minimum),
                max_value=_whole(field.maximum),
                **common,
            )
        case Kind.NUMBER:
            return st.number_input(
                label,
                value=None if value is None else float(value),
                min_value=field.minimum,
                max_value=field.maximum,
                **common,
            )
        case Kind.PERCENT:
            return st.number_input(
                f"{label} (%)",
                value=None if value is None else value * 100,
                min_value=0.0,
                max_value=100.0,
                step=1.0,
                **common,
            )
        case Kind.MONEY:
            shown = None if value is None else float(to_major(value, currency))
            return st.number_input(
                f"{label} ({currency})",
                value=shown,
                step=10.0 ** -min(exponent(currency), 0),
                format=f"%.{exponent(currency)}f",
                **common,
            )
        case Kind.CURRENCY:
            return choose(label, {c: c for c in codes()}, value, placeholder=_("Choose"), **common)
        case Kind.DATE:
            return st.date_input(
                label, value=value, format="YYYY-MM-DD", min_value=FIRST_DAY, max_value=LAST_DAY, **common
            )
        case Kind.DATETIME:
            here = value.astimezone(zone()) if value else None
            shown = here.replace(tzinfo=None) if here else None
            return st.datetime_input(label, value=shown, format="YYYY-MM-DD", **common)
        case Kind.BOOLEAN:
            return st.checkbox(label, value=bool(value), **common)
        case Kind.CHOICE:
            return choose(label, field.names(), value, placeholder=_("Choose"), **common)
        case Kind.LINK:
            names = options if options is not None else link_options(actor, field.link, current=value)
            more = options is None and (len(names) >= OPTIONS or (making and may_make(actor, field.link)))
            told_how = _("Choose or type a name")
            return choose(label, names, value, placeholder=told_how, accept_new_options=more, **common)
        case Kind.TAGS if field.choices:
            known = [v for v in value or [] if v in field.names()]
            return choose_some(label, field.names(), default=known, placeholder=_("Choose"), **common)
        case Kind.TAGS:
            return st.multiselect(
                label,
                value or [],
                default=value or [],
                accept_new_options=True,
                placeholder=_("Type and press Enter"),
                **common,
            )
        case Kind.EMAIL | Kind.PHONE | Kind.URL:
            # Not the browser's own kinds of input: those hold a wrong value back without a word, so that neither the
            # remedy nor anything else typed would get to the form.
            return st.text_input(
                label,
                value or "",
                max_chars=field.max_length,
                icon=_ICONS[field.kind],
                autocomplete="off",
                **common,
            )
        case _:
            return st.text_input(label, value or "", max_chars=field.max_length, **common)


def _whole(limit: float | None) -> int | None:
    return None if limit is None else int(limit)


class NewName(str):
    """A name typed into a link that no record bears; ``like`` are those that come near."""

    like: tuple[str, ...] = ()


def may_make(actor: Actor, entity: str) -> bool:
    """Whether a record of this kind can be made of its name alone, and by this person."""
    return registry.card(entity).named and actor.may(registry.rights_name(entity), CREATE)


def read_input(
    field: Field, entered: Any, *, actor: Actor, currency: str = "", making: bool = False
) -> tuple[Any, Problem | None]:
    """What was entered as it is stored: money in minor units, times with their zone, typed names as ids.

    With ``making`` a name that is nobody's yet comes back as a :class:`NewName`, for the caller to make its record.
    """
    if entered is None or entered == "":
        return None, None
    match field.kind:
        case Kind.MONEY:
            return to_minor(Decimal(str(entered)), currency), None
        case Kind.PERCENT:
            return float(entered) / 100, None
        case Kind.DATETIME:
            assert isinstance(entered, datetime)
            return entered.replace(tzinfo=zone()), None
        case Kind.LINK if isinstance(entered, str):
            return _by_name(field, entered, actor, making=making and may_make(actor, field.link))
        case _:
            return entered, None


def _words(name: str) -> set[str]:
    return {name_key(word) for word in name.split()}


def _by_name(field: Field, typed: str, actor: Actor, *, making: bool) -> tuple[Any, Problem | None]:
    """The one row with this name, however it is spelt in capitals, blanks, accents and signs."""
    with reading(actor) as session:
        found = lists.link_options(session, field.link, search=typed.strip(), limit=20)
    exact = [i for i, title in found.items() if name_key(title) == name_key(typed)]
    # The beginning of a word is how one looks for a name; a whole word may be another's whole name.
    whole = len(found) != 1 or _words(typed) <= _words(next(iter(found.values())))
    if making and not exact and whole:
        made = NewName(" ".join(typed.split()))
        made.like = tuple(found.values())[:3]
        return made, None
    hits = exact or list(found)
    if len(hits) == 1:
        return hits[0], None
    message = (
        _("No {label} is called “{name}”. Create it first, or choose another.")
        if not hits
        else _("“{name}” fits several. Type more of the name, or choose one from the list.")
    )
    return None, Problem(field.name, message.format(label=_(field.label).lower(), name=typed))
