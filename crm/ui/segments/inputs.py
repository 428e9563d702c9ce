"""The inputs of one condition: about what, which field, how compared, with which value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st

from crm.campaigns.segments.conditions import SPANS, UNITS, operators
from crm.campaigns.segments.segments import segment_fields
from crm.i18n import _
from crm.records import lists
from crm.records.fields import Field, Kind
from crm.ui.kit.inputs import input_for, link_options, read_input
from crm.ui.segments.draft import Node
from crm.work import Actor, cache_key, reading

LISTS = ("one_of", "none_of")
#: Kinds whose inputs of forms serve here, too.
_AS_IN_FORMS = (Kind.INTEGER, Kind.NUMBER, Kind.PERCENT, Kind.MONEY)


def field_choice(node: Node, *, key: str, kinds: tuple[Kind, ...] = ()) -> Field | None:
    """The field of a condition, by label; another one empties what was compared."""
    fields = segment_fields()[node["of"]]
    names = [name for name, f in fields.items() if not kinds or f.kind in kinds]

    def changed() -> None:
        node.update({"field": st.session_state[key] or "", "is": "", "value": None, "start": None} if "is" in node else
                    {"field": st.session_state[key] or "", "value": None, "start": None})  # fmt: skip

    st.selectbox(
        _("Field"),
        names,
        index=names.index(node["field"]) if node["field"] in names else None,
        format_func=lambda name: _(fields[name].label),
        placeholder=_("Field"),
        label_visibility="collapsed",
        key=key,
        on_change=changed,
        width=160,
    )
    return fields.get(node["field"])


def operator_choice(node: Node, field: Field, *, key: str) -> str:
    """How the field is compared; the first way stands at once."""
    words = operators(field.kind)
    if node["is"] not in words:
        node["is"] = next(iter(words))

    def changed() -> None:
        node.update({"is": st.session_state[key], "value": None, "start": None})

    st.selectbox(
        _("Comparison"),
        list(words),
        index=list(words).index(node["is"]),
        format_func=lambda word: _(words[word]),
        label_visibility="collapsed",
        key=key,
        on_change=changed,
        width=135,
    )
    return str(node["is"])


def value_input(actor: Actor, node: Node, field: Field, wanted: str, *, key: str, currency: str) -> None:
    """The input of the value, which goes into the node as rules hold it; None while nothing is entered."""
    start = node["start"]
    if wanted in ("blank", "filled"):
        return
    if wanted in ("last", "next", "older"):
        node["value"] = _relative(start, key)
    elif wanted in ("this", "previous"):
        node["value"] = _one_of(_("Stretch"), {k: _(v) for k, v in SPANS.items()}, start or "month", key)
    elif wanted in LISTS:
        node["value"] = _several(actor, node["of"], field, start or [], key)
    elif wanted == "between":
        low, high = start or (None, None)
        first = _single(actor, node["of"], field, low, f"{key}_a", currency)
        st.markdown(_("and"), width="content")
        second = _single(actor, node["of"], field, high, f"{key}_b", currency)
        node["value"] = None if first is None or second is None else [first, second]
    elif field.kind is Kind.TAGS or wanted in ("contains", "lacks", "starts"):
        node["value"] = _text(start, key)
    else:
        node["value"] = _single(actor, node["of"], field, start, key, currency)


def _relative(start: Any, key: str) -> dict[str, Any]:
    begun: Mapping[str, Any] = start or {"n": 30, "unit": "day"}
    n = st.number_input(
        _("How many"),
        min_value=1,
        max_value=3660,
        value=begun["n"],
        step=1,
        key=f"{key}_n",
        label_visibility="collapsed",
        width=100,
    )
    unit = _one_of(_("Unit"), {k: _(v) for k, v in UNITS.items()}, begun["unit"], f"{key}_unit")
    return {"n": int(n), "unit": unit}


def _one_of(label: str, names: Mapping[Any, str], start: Any, key: str) -> Any:
    values = list(names)
    return st.selectbox(
        label,
        values,
        index=values.index(start) if start in values else None,
        format_func=lambda v: names.get(v, str(v)),
        label_visibility="collapsed",
        placeholder=_("Choose"),
        key=key,
        width=140,
    )


def _text(start: Any, key: str) -> str | None:
    return (
        st.text_input(
            _("Text"), str(start or ""), max_chars=500, key=key, label_visibility="collapsed", width=190
        ).strip()
        or None
    )


@st.cache_data(ttl="5m", max_entries=200, show_spinner=False)
def _values(scope_key: str, entity: str, field: str, _actor: Actor) -> list[Any]:
    with reading(_actor) as session:
        return lists.distinct_values(session, entity, field, limit=100)


def _known(actor: Actor, of: str, field: Field) -> list[Any]:
    """Values that occur, for choosing among them; only of fields that lists filter by, as others differ in each row."""
    return _values(cache_key(actor), of, field.name, actor) if field.filterable else []


def _several(actor: Actor, of: str, field: Field, start: list[Any], key: str) -> list[Any]:
    options: list[Any]
    written: Callable[[Any], str] = str
    if field.kind is Kind.CHOICE:
        names = {c.value: _(c.label) for c in field.choices}
        options, written = list(names), lambda v: names.get(v, str(v))
    elif field.kind is Kind.LINK:
        titles = link_options(actor, field.link)
        for record_id in start:
            titles |= link_options(actor, field.link, current=record_id)
        options, written = list(titles), lambda v: titles.get(v, str(v))
    else:
        options = list(dict.fromkeys([*start, *_known(actor, of, field)]))
    return st.multiselect(
        _("Values"),
        options,
        default=[v for v in start if v in options],
        format_func=written,
        accept_new_options=field.kind not in (Kind.CHOICE, Kind.LINK),
        placeholder=_("Choose"),
        label_visibility="collapsed",
        key=key,
        width=185,
    )


def _single(actor: Actor, of: str, field: Field, start: Any, key: str, currency: str) -> Any:
    if field.kind in (Kind.DATE, Kind.DATETIME):
        chosen = st.date_input(
            _("Day"),
            value=date.fromisoformat(start) if start else None,
            format="YYYY-MM-DD",
            min_value=date(1900, 1, 1),
            max_value=date(2200, 12, 31),
            key=key,
            label_visibility="collapsed",
            width=150,
        )
        return chosen.isoformat() if isinstance(chosen, date) else None
    if field.kind is Kind.BOOLEAN:
        return _one_of(_("Value"), {True: _("yes"), False: _("no")}, start, key)
    if field.kind is Kind.CHOICE:
        return _one_of(_("Value"), {c.value: _(c.label) for c in field.choices}, start, key)
    if field.kind is Kind.LINK:
        return _one_of(_("Value"), link_options(actor, field.link, current=start), start, key)
    if field.kind in _AS_IN_FORMS:
        with st.container(width=170):
            asked = replace(field, label=_("Value"), required=False, help="", minimum=None, maximum=None)
            entered = input_for(asked, key=key, value=start, actor=actor, currency=currency)
        return read_input(asked, entered, actor=actor, currency=currency)[0]
    if known := _known(actor, of, field):
        options = list(dict.fromkeys([*([start] if start else []), *known]))
        return st.selectbox(
            _("Value"),
            options,
            index=options.index(start) if start in options else None,
            accept_new_options=True,
            placeholder=_("Choose or type"),
            label_visibility="collapsed",
            key=key,
            width=170,
        )
    return _text(start, key)
