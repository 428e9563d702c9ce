"""Moves of the board's cards and the memory of their answers, apart from Streamlit.

The browser keeps each move in an outbox until the answer names it as done, and sends it again when in doubt;
the memory kept here makes a repeat harmless.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import TypedDict

from crm.errors import CrmError
from crm.i18n import _

REMEMBERED = 50

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Move:
    """A wish of the browser: not checked against scope or version, which is the service's work."""

    op: str
    card_id: int
    from_column: str
    to_column: str
    before: int | None
    version: int


class Acks(TypedDict):
    """What one browser session was answered: plain values, because they outlive a hot reload."""

    session: str
    done: list[str]
    refused: dict[str, str]
    opened: str


def new_acks() -> Acks:
    """An empty memory with a fresh name, by which the browser sees that a restarted server forgot."""
    return {"session": secrets.token_hex(6), "done": [], "refused": {}, "opened": ""}


def parse_move(raw: object, *, session: str) -> Move | None:
    """The move in one entry of the outbox; nothing when it is malformed or meant for an earlier session."""
    if not isinstance(raw, Mapping) or raw.get("session") != session:
        return None
    op, before = raw.get("op"), raw.get("before")
    texts = (op, raw.get("from"), raw.get("to"))
    card, version = raw.get("id"), raw.get("version")
    # JSON's true is an int to Python, hence type() instead of isinstance().
    if type(card) is not int or type(version) is not int or type(before) not in (int, NoneType):
        return None
    if not all(isinstance(text, str) and 0 < len(text) <= 64 for text in texts):
        return None
    return Move(str(op), card, str(raw["from"]), str(raw["to"]), before, version)


def settle(acks: Acks, outbox: object, on_moves: Callable[[Move], None]) -> bool:
    """Do the outbox's moves that were not done yet, in order, and remember the answers in ``acks``.

    Parameters
    ----------
    acks : Acks
        Changed in place, after each single move, so that an interruption between two moves loses nothing.
    outbox : object
        What the browser sent; anything but a list counts as empty.
    on_moves : callable
        Does one move; a `CrmError` refuses it. Any other error is logged and refuses it in general words,
        because a card that is neither done nor refused would be tried again for ever. Streamlit's control
        flow exceptions pass through and leave the move open, to be repeated.

    Returns
    -------
    bool
        Whether any move was tried.
    """
    entries = outbox if isinstance(outbox, list) else []
    tried = False
    for raw in entries:
        move = parse_move(raw, session=acks["session"])
        if move is None or move.op in acks["done"]:
            continue
        tried = True
        try:
            on_moves(move)
        except CrmError as problem:
            acks["refused"][move.op] = problem.message
        except Exception:
            _log.exception("board move of card %s failed", move.card_id)
            acks["refused"][move.op] = _("Something went wrong here, not with you. Try again in a minute.")
        acks["done"].append(move.op)
    # An operation that still stands in the outbox must not be forgotten, however many there are.
    del acks["done"][: -max(REMEMBERED, len(entries))]
    for op in acks["refused"].keys() - set(acks["done"]):
        del acks["refused"][op]
    return tried
