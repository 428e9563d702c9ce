"""What is known about a record, as labels and values."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from crm.i18n import _
from crm.records import registry
from crm.records.fields import Field, Kind
from crm.records.view import RecordView
from crm.ui.kit import look
from crm.ui.kit.formats import money, value_text


def fact(view: RecordView, field: Field) -> str:
    """A field of the record as text or link; empty when nothing is entered."""
    value = view.values.get(field.name)
    if value is None or value in ("", []):
        return ""
    match field.kind:
        case Kind.LINK:
            return view.titles.get(field.name, "")
        case Kind.EMAIL:
            return look.link(value, f"mailto:{value}")
        case Kind.PHONE:
            return look.link(value, f"tel:{value}")
        case Kind.URL:
            return look.link(value.removeprefix("https://").removeprefix("http://").rstrip("/"), value)
        case Kind.TAGS:
            return look.Marked(" ".join(look.tag(t) for t in value))
        case Kind.MONEY:
            return money(value, view.currency)
        case Kind.INTEGER if field.name == "founded":
            return str(value)
        case _:
            return value_text(field, value, view.currency)


def facts_of(view: RecordView, names: Sequence[str]) -> dict[str, str]:
    """Labels and values of some fields, those without a value left out."""
    about = registry.entity(view.entity)
    return {_(about[n].label): text for n in names if (text := fact(view, about[n]))}


def about_card(view: RecordView, names: Sequence[str] | None = None) -> None:
    """The facts that matter daily; all others stand under Details."""
    with look.card(_("About"), key="record_about"):
        shown = facts_of(view, names or registry.card(view.entity).names("facts"))
        if shown:
            look.facts(shown, alt=_("Facts about {name}").format(name=view.title))
        else:
            st.caption(_("Nothing entered yet. Edit adds it."))
        if notes := view.values.get("notes"):
            st.caption(look.as_typed(str(notes), 12))


def text_card(view: RecordView, name: str) -> None:
    """A long text of a record in a card of its own; nothing where it is blank."""
    if text := view.values.get(name):
        with look.card(_(registry.entity(view.entity)[name].label)):
            st.markdown(look.as_typed(str(text)))


def details(view: RecordView) -> None:
    """Every field that has a value, in the order of the form."""
    about = registry.entity(view.entity)
    names = [f.name for f in about.fields if f.kind is not Kind.LONGTEXT]
    look.facts(facts_of(view, names), alt=_("All fields of {name}").format(name=view.title))
    for field in about.fields:
        if field.kind is Kind.LONGTEXT and view.values.get(field.name):
            look.section(_(field.label))
            st.caption(look.as_typed(str(view.values[field.name])))
