"""The inputs of one condition: about what, which field, how compared, with which value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st

from crm.campaigns.segments.conditions import SPANS, UNITS, operators
from crm.campaigns.segments.segments import segment_fields
from crm.i18n import _
from crm.records.fields import Field, Kind
from crm.ui.kit.inputs import choose, choose_some, input_for, known_values, link_options, read_input
from crm.ui.segments.draft import Node
from crm.work import Actor

LISTS = ("one_of", "none_of")
#: Kinds whose inputs of forms serve here, too.
_AS_IN_FORMS = (Kind.INTEGER, Kind.NUMBER, Kind.PERCENT, Kind.MONEY)


def field_choice(node: Node, *, key: str, kinds: tuple[Kind, ...] = ()) -> Field | None:
    """The field of a condition, by label; another one empties what was compared."""
    fields = segment_fields()[node["of"]]
    names = {name: _(f.label) for name, f in fields.items() if not kinds or f.kind in kinds}

    def changed() -> None:
        node.update({"field": st.session_state[key] or "", "value": None, "start": None})
        if "is" in node:
            node["is"] = ""

    choose(
        _("Field"),
        names,
        node["field"],
        placeholder=_("Field"),
        label_visibility="collapsed",
        key=key,
        on_change=changed,
        width=160,
    )
    return fields.get(node["field"])


def operator_choice(node: Node, field: Field, *, key: str) -> str:
    """How the field is compared; the first way stands at once."""
    words = {name: _(word) for name, word in operators(field.kind).items()}
    if node["is"] not in words:
        node["is"] = next(iter(words))

    def changed() -> None:
        node.update({"is": st.session_state[key], "value": None, "start": None})

    choose(
        _("Comparison"),
        words,
        node["is"],
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
    return choose(
        label, names, start, label_visibility="collapsed", placeholder=_("Choose"), key=key, width=140
    )


def _text(start: Any, key: str) -> str | None:
    return (
        st.text_input(
            _("Text"), str(start or ""), max_chars=500, key=key, label_visibility="collapsed", width=190
        ).strip()
        or None
    )


def _known(actor: Actor, of: str, field: Field) -> list[Any]:
    """Values that occur, for choosing among them; only of fields that lists filter by, as others differ in each row."""
    return known_values(actor, of, field.name) if field.filterable else []


def _several(actor: Actor, of: str, field: Field, start: list[Any], key: str) -> list[Any]:
    names: dict[Any, str] = {}
    if field.kind is Kind.CHOICE:
        names = dict(field.names())
    elif field.kind is Kind.LINK:
        for record_id in (None, *start):
            names |= link_options(actor, field.link, current=record_id, everybody=True)
    else:
        names = {value: str(value) for value in (*start, *_known(actor, of, field))}
    return choose_some(
        _("Values"),
        names,
        default=[v for v in start if v in names],
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
        return _one_of(_("Value"), field.names(), start, key)
    if field.kind is Kind.LINK:
        return _one_of(_("Value"), link_options(actor, field.link, current=start, everybody=True), start, key)
    if field.kind in _AS_IN_FORMS:
        with st.container(width=170):
            asked = replace(field, label=_("Value"), required=False, help="", minimum=None, maximum=None)
            entered = input_for(asked, key=key, value=start, actor=actor, currency=currency)
        return read_input(asked, entered, actor=actor, currency=currency)[0]
    if known := _known(actor, of, field):
        return choose(
            _("Value"),
            {value: str(value) for value in ([start] if start else []) + known},
            start,
            accept_new_options=True,
            placeholder=_("Choose or type"),
            label_visibility="collapsed",
            key=key,
            width=170,
        )
    return _text(start, key)
