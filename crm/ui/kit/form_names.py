"""Names in a form that stand already or nowhere yet: told once, made where they are new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from sqlalchemy import func, select

from crm.errors import Problem, Refused
from crm.i18n import _
from crm.links import local
from crm.records import records, registry
from crm.records.fields import Entity, Kind
from crm.records.matching import name_key
from crm.ui.kit.inputs import NewName
from crm.ui.kit.words import Marked, link, plain
from crm.work import Actor, Work, reading


def _told(key: str) -> dict[str, str]:
    """What was asked about in this form: whoever saves again means it."""
    told: dict[str, str] = st.session_state.setdefault(f"{key}_told", {})
    return told


def near_names(about: Entity, key: str, read: Mapping[str, tuple[Any, Any]]) -> dict[str, str]:
    """New names that come near to one that stands, each told once."""
    told = _told(key)
    near = {n: v for n, (v, _p) in read.items() if isinstance(v, NewName) and v.like and told.get(n) != v}
    told |= {name: str(value) for name, value in near.items()}
    message = _(
        "No {label} is called “{name}”, but {like}. Choose one from the list, or save again to make “{name}”."
    )
    return {
        name: message.format(
            label=_(about[name].label).lower(),
            name=value,
            like=", ".join(f"“{title}”" for title in value.like),
        )
        for name, value in near.items()
    }


def made_of_names(work: Work, about: Entity, wanted: Mapping[str, Any]) -> dict[str, int]:
    """The records of names that nobody bears yet, made with what names them: all of it is stored, or nothing.

    Raises
    ------
    Refused
        One of them cannot be; told at the field in which the name stands.
    """
    made: dict[tuple[str, str], int] = {}
    ids = {}
    for name, value in wanted.items():
        if isinstance(value, NewName):
            target = about[name].link
            if (target, value) not in made:
                try:
                    new = records.create_record(work, target, {registry.title_field(target): str(value)})
                except Refused as refused:
                    told = " ".join(p.message for p in refused.problems) or refused.message
                    raise Refused(refused.message, problems=[Problem(name, told)]) from refused
                made[target, value] = int(new["id"])
            ids[name] = made[target, value]
    return ids


def doubles(actor: Actor, about: Entity, key: str, wanted: Mapping[str, Any]) -> dict[str, str]:
    """Where a new record says what identifies one that stands, as far as the actor sees it: each told once, with the way there.

    What may stand only once is the rules' business; an address or a name may be two people's.
    """
    shared = (n for n in about.keys if n == about.title_field or about[n].kind is Kind.EMAIL)
    said = {name: wanted.get(name) for name in shared}
    if said.get(about.title_field) is None and {"first_name", "last_name"} <= about.by_name.keys():
        parts = (wanted.get("first_name"), wanted.get("last_name"))
        said[about.title_field] = " ".join(part for part in parts if part)
    cls, told = registry.model(about.name), _told(key)
    title = getattr(cls, about.title_field)
    alive = [cls.archived_at.is_(None)] if hasattr(cls, "archived_at") else []
    found: dict[str, str] = {}
    for name, value in said.items():
        if not isinstance(value, str) or not value.strip() or told.get(f"double {name}") == value:
            continue
        if name == about.title_field and hasattr(cls, "name_key"):
            same = cls.name_key == name_key(value)
        else:
            same = func.lower(getattr(cls, name)) == value.strip().lower()
        with reading(actor) as session:
            row = session.execute(select(cls.id, title).where(same, *alive).limit(1)).first()
        if row is not None:
            told[f"double {name}"] = value
            # A name that is made of two inputs is told at the first of them.
            at = name if name in wanted else "first_name"
            found[at] = _way_to(about, row.id, str(row[1]), name)
    return found


def _way_to(about: Entity, row_id: int, title: str, name: str) -> Marked:
    text = _("stands already with this {label}. Open it, or save again if this is another one.")
    there = link(title, local(f"/{about.page}?id={row_id}")) if about.page else plain(f"“{title}”")
    return Marked(f"{there} {plain(text.format(label=_(about[name].label).lower()))}")
