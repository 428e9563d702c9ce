"""Rows of records as a grid in a component of ours: rows are links, heads sort the whole list, keys walk and open.

What the browser wishes comes as component *state* with a word of its own (nonce), because a trigger can be lost when two
runs are merged. What is ticked is kept by id, so it holds over sort and pages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from crm.i18n import _
from crm.links import local
from crm.ui.kit.words import face

_STATIC = Path(__file__).parents[3] / "static"
#: More than a page: beyond it a list is narrowed, not ticked.
MOST_TICKED = 1_000


@cache
def _version() -> str:
    digest = hashlib.sha256()
    for name in ("list.js", "list.css"):
        digest.update((_STATIC / name).read_bytes())
    return digest.hexdigest()[:12]


# The code itself would travel again with each changed page; so it is loaded once, from our static files.
_mount = st.components.v2.component(
    "rapport-list",
    html='<div class="list">\n</div>',
    js="""
function dressed(root, address) {
  if (root.querySelector("link")) return Promise.resolve()
  const link = document.createElement("link")
  link.rel = "stylesheet"
  link.href = address
  const done = new Promise(ready => { link.onload = link.onerror = ready })
  root.prepend(link)
  return done
}
export default function (given) {
  const { code, style } = given.data
  Promise.all([import(new URL(code, location.origin).href), dressed(given.parentElement, style)]).then(([m]) => m.take(given))
}
""",
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``width`` in px is what it has beside the others when all have room."""

    name: str
    label: str
    kind: Literal["text", "number", "chips", "check", "email", "phone"] = "text"
    width: int = 140
    sort: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its title stands in the first column as a link to ``href``, or opens by a word to the server.

    ``cells`` has a value per column: text, a truth, or pairs of text and tone for chips; the first is not drawn. ``still``
    is a row that leads nowhere.
    """

    id: int
    version: int
    title: str
    cells: tuple[Any, ...]
    href: str = ""
    fresh: bool = False
    face: bool = False
    call: str = ""
    mail: str = ""
    still: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person did: the record to open now, and the ticked ones with the version that was seen."""

    opened: int | None = None
    picked: dict[int, int] = field(default_factory=dict)


def grid(
    key: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    label: str,
    total: int,
    capped: bool = False,
    first: int = 1,
    sort: tuple[str, bool] = ("", False),
    on_sort: Callable[[str, bool], None] | None = None,
    pick: bool = False,
    part: object = "",
) -> Answer:
    """Draw a page of records.

    Parameters
    ----------
    key : str
        Names the list within the session, and in what the browser keeps of it (widths, the row one stood on).
    label : str
        What a screen reader says of the grid.
    total, capped, first
        How many records there are, whether more than that, and the number of the first one here, from 1.
    sort : (str, bool)
        Column and whether the largest come first.
    on_sort : callable, optional
        Called before the run, so that it may set the inputs that hold the order.
    pick : bool
        Whether records can be ticked.
    part : object
        What was asked for: another search or filter begins with nothing ticked.
    """
    kept = st.session_state.setdefault(f"{key}_grid", {"turn": 0, "picked": {}, "sent": [], "part": part})
    state = st.session_state.get(key) or {}
    if kept["part"] != part:
        kept["part"] = part
        forget_ticks(key)
    _take_ticks(kept, state.get("picked"))
    if not state:
        # The browser begins anew, on a first visit or back from a record. What it is told of ticks stays the same from
        # here on, because it knows better; a page that changes with each tick would travel with each tick.
        kept["sent"] = [list(pair) for pair in kept["picked"].items()]
    version = _version()
    answer = _mount(
        key=key,
        data={
            "code": local(f"/app/static/list.js?v={version}"),
            "style": local(f"/app/static/list.css?v={version}"),
            "name": key,
            "label": label,
            "total": total,
            "capped": capped,
            "first": first,
            "page": [first, repr(part), list(sort)],
            "sort": {"name": sort[0], "down": sort[1]},
            "pick": pick,
            "turn": kept["turn"],
            "picked": kept["sent"],
            "columns": [
                {"name": c.name, "label": c.label, "kind": c.kind, "width": c.width, "sort": c.sort}
                for c in columns
            ],
            "rows": [_row(row) for row in rows],
            "words": _words(),
        },
        on_ask_change=partial(_sorted, key, {c.name for c in columns if c.sort}, on_sort),
        on_picked_change=_nothing,
        on_open_change=_nothing,
    )
    wish = answer.get("open")
    opened = None
    if isinstance(wish, Mapping) and wish.get("nonce") != kept.get("opened"):
        kept["opened"] = wish.get("nonce")
        opened = next((row.id for row in rows if row.id == wish.get("id")), None)
    return Answer(opened, dict(kept["picked"]))


def forget_ticks(key: str) -> None:
    """Untick everything, after it was done."""
    kept = st.session_state.get(f"{key}_grid")
    if kept:
        kept["picked"], kept["sent"] = {}, []
        kept["turn"] += 1


def _take_ticks(kept: dict[str, Any], told: Any) -> None:
    if (
        not isinstance(told, Mapping)
        or told.get("turn") != kept["turn"]
        or not isinstance(told.get("ids"), list)
    ):
        return
    pairs = [pair for pair in told["ids"] if isinstance(pair, list) and len(pair) == 2]
    kept["picked"] = {i: v for i, v in pairs[:MOST_TICKED] if type(i) is int and type(v) is int}


def _sorted(key: str, sortable: set[str], on_sort: Callable[[str, bool], None] | None) -> None:
    wish = (st.session_state.get(key) or {}).get("ask")
    kept = st.session_state.get(f"{key}_grid")
    if (
        on_sort is None
        or kept is None
        or not isinstance(wish, Mapping)
        or wish.get("nonce") == kept.get("asked")
    ):
        return
    kept["asked"] = wish.get("nonce")
    if wish.get("name") in sortable:
        on_sort(str(wish["name"]), wish.get("down") is True)


def _row(row: Row) -> dict[str, Any]:
    said = {
        "id": row.id,
        "version": row.version,
        "title": row.title,
        "cells": list(row.cells),
        "href": row.href,
        "fresh": row.fresh,
        "face": list(face(row.title)) if row.face else None,
        "call": row.call,
        "mail": row.mail,
        "still": row.still,
    }
    # What says nothing is left out, because the whole page travels again with each change.
    return {name: value for name, value in said.items() if value not in ("", None, False)}


def _words() -> dict[str, str]:
    """The words in the language in force; those in braces are filled in by the browser."""
    return {
        "all": _("Select all on this page"),
        "pick": _("Select {title}"),
        "picked": _("{n} selected"),
        "sort": _("Sort the whole list by this column"),
        "fresh": _("News"),
        "yes": _("Yes"),
        "no": _("No"),
        "call": _("Call"),
        "mail": _("Email"),
    }


def _nothing() -> None:
    """Streamlit keeps only state that has a callback; ticks and openings are read while the list is drawn."""
