"""The board of cards in columns, for mouse, pen, finger and keyboard; no move is lost on a busy server.

The browser keeps every move in an outbox (component *state*, which survives merged reruns, unlike a trigger)
until the server's answer names it as done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, NoReturn, cast

import streamlit as st
from streamlit.errors import StreamlitAPIException

from crm.i18n import _
from crm.ui.kit.board_moves import Acks, Move, new_acks, settle


def _asset(name: str) -> str:
    # The code travels again with each changed board, so indentation and comment lines stay at home.
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return "\n".join(line.strip() for line in lines if line.strip() and not line.strip().startswith("//"))


_mount = st.components.v2.component(
    "rapport-board",
    html='<div class="board">\n</div>',
    css=_asset("board.css"),
    js=_asset("board_hand.js") + "\n" + _asset("board.js"),
)


@dataclass(frozen=True, slots=True)
class BoardCard:
    """One card; amounts in minor units, ``weighted_minor`` in the board's currency, ``due`` ready to show, ``beside`` what
    the amount leaves out."""

    id: int
    title: str
    subtitle: str
    amount_minor: int | None
    currency: str
    weighted_minor: int
    due: str
    initials: str
    owner: str
    version: int
    flag: str = ""
    flag_tone: str = ""
    movable: bool = True
    beside: str = ""


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """One column; count and sums cover all its cards, ``cards`` holds those that are shown."""

    id: str
    title: str
    count: int
    total_minor: int
    weighted_minor: int
    probability: float | None
    kind: str
    cards: tuple[BoardCard, ...]


def default_labels() -> dict[str, str]:
    """The board's words in the language in force; words in braces are filled in by the browser."""
    return {
        "board": _("Board"),
        "menu": _("Move or open"),
        "open": _("Open"),
        "move_to": _("Move to"),
        "more": _("Show {n} more"),
        "empty": _("Drop a card here"),
        "chance": _("{percent} chance"),
        "weighted": _("{money} weighted"),
        "column": _("{column}, {n} cards"),
        "moved": _("{title} moved to {column}."),
        "lifted": _("{title} lifted. Escape puts it back."),
        "cancelled": _("{title} is back in its place."),
        "not_moved": _("{title} was not moved. {message}"),
        "fixed": _("{title} cannot be moved."),
        "dismiss": _("Hide this message"),
        "keys": _("Arrow keys walk, Shift and an arrow key move the card, Enter opens it."),
    }


def payload(
    columns: Sequence[BoardColumn],
    *,
    acks: Acks,
    currency: str,
    locale: str,
    labels: Mapping[str, str],
    reorder: bool,
    can_open: bool,
    can_more: bool,
) -> dict[str, Any]:
    """What travels to the browser; equal boards give equal payloads, so that the message cache holds."""
    return {
        "session": acks["session"],
        "done": list(acks["done"]),
        "refused": dict(acks["refused"]),
        "currency": currency,
        "locale": locale.replace("_", "-"),
        "labels": dict(labels),
        "reorder": reorder,
        "open": can_open,
        "more": can_more,
        "columns": [_column(column) for column in columns],
    }


#: What the browser calls otherwise than the classes above; the words are short because they travel for each card.
_SHORT = {
    "amount_minor": "amount",
    "weighted_minor": "weighted",
    "total_minor": "total",
    "flag_tone": "tone",
}


def _named(item: BoardCard | BoardColumn) -> dict[str, Any]:
    return {_SHORT.get(part.name, part.name): getattr(item, part.name) for part in fields(item)}


def _column(column: BoardColumn) -> dict[str, Any]:
    return _named(column) | {"cards": [_card(card) for card in column.cards]}


def _card(card: BoardCard) -> dict[str, Any]:
    made = _named(card) | {"tone": card.flag and (card.flag_tone or "gray")}
    made["fixed"] = not made.pop("movable") or None
    # What says nothing is left out, because the whole board travels again with each change.
    return {name: value for name, value in made.items() if value not in ("", None)}


def board(
    *,
    key: str,
    columns: Sequence[BoardColumn],
    currency: str,
    locale: str,
    on_moves: Callable[[Move], None],
    on_open: Callable[[int], None] | None = None,
    on_more: Callable[[str], None] | None = None,
    labels: Mapping[str, str] | None = None,
    reorder: bool = False,
) -> None:
    """Show the board; call it from an ``st.fragment`` that reads the columns anew, so a move reruns only it.

    Parameters
    ----------
    key : str
        Names the board within the browser session.
    columns : sequence of BoardColumn
        In the order shown. Sums come from the database; the browser adds only what is not confirmed yet.
    currency, locale : str
        Of the sums, as ISO 4217, and of the number format, as a language tag.
    on_moves : callable
        Saves one move, before the columns are read; a `CrmError` sends the card back with its message.
        It must raise the card's version with each saved move, treat a repeat of a move that took place as
        done (a lost connection can cause one) and draw nothing, because drawing may break off the run.
    on_open : callable, optional
        Called once per opening, after the board is drawn, so that it may switch the page or open a dialog.
    on_more : callable, optional
        Called with a column's id, before the columns are read; without it the number left is shown as text.
    labels : mapping, optional
        Replaces words of `default_labels`.
    reorder : bool
        Whether a card's place within its column means something; if not, moves within a column are not sent.
    """
    store = cast("MutableMapping[str, Any]", st.session_state)
    memory = f"{key}-acks"
    if memory not in store:
        store[f"{key}-lock"] = Lock()
        store[memory] = new_acks()  # last, because each touch of session_state may break off this run
    acks: Acks = store[memory]

    # A run that broke off between two moves, or a callback that was skipped, is made good here; the columns
    # were read too early then.
    if _settle_alone(key, on_moves):
        _again()

    result = _mount(
        key=key,
        data=payload(
            columns,
            acks=acks,
            currency=currency,
            locale=locale,
            labels={**default_labels(), **(labels or {})},
            reorder=reorder,
            can_open=on_open is not None,
            can_more=on_more is not None,
        ),
        on_outbox_change=partial(_moves_changed, key, on_moves),
        on_more_change=partial(_more_changed, key, on_more),
        on_open_change=_nothing,
    )

    opened = result.get("open")
    if on_open and isinstance(opened, Mapping) and opened.get("session") == acks["session"]:
        card, nonce = opened.get("id"), str(opened.get("nonce"))
        if type(card) is int and nonce != acks["opened"]:
            acks["opened"] = nonce
            on_open(card)


def _state(key: str) -> Mapping[str, Any]:
    state = st.session_state.get(key)
    return state if isinstance(state, Mapping) else {}


def _moves_changed(key: str, on_moves: Callable[[Move], None]) -> None:
    _settle_alone(key, on_moves)


def _settle_alone(key: str, on_moves: Callable[[Move], None]) -> bool:
    """Do what is open; tell whether this run or one at work beside it changed the board meanwhile."""
    # Nothing is done before the last touch of session_state.
    acks: Acks = st.session_state[f"{key}-acks"]
    lock: Lock = st.session_state[f"{key}-lock"]
    outbox = _state(key).get("outbox")
    # A click elsewhere starts a second run while the first one is still inside its callback.
    waited = not lock.acquire(blocking=False)
    if waited:
        lock.acquire()
    try:
        return settle(acks, outbox, on_moves) or waited
    finally:
        lock.release()


def _more_changed(key: str, on_more: Callable[[str], None] | None) -> None:
    acks: Acks = st.session_state[f"{key}-acks"]
    asked = _state(key).get("more")
    if not (on_more and isinstance(asked, Mapping) and asked.get("session") == acks["session"]):
        return
    column = asked.get("column")
    if isinstance(column, str):
        on_more(column)


def _nothing() -> None:
    """Streamlit keeps only state that has a callback; openings are read after the board is drawn."""


def _again() -> NoReturn:
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:
        st.rerun()
