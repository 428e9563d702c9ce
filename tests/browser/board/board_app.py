"""A small company for the board's browser tests; each ``?world=`` is a company of its own, kept in memory."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import streamlit as st

from crm.errors import Conflict, Refused
from crm.ui.kit.board import BoardCard, BoardColumn, Move, board

STAGES = [
    ("qualify", "Qualify", 0.1, "open"),
    ("discover", "Discover", 0.25, "open"),
    ("propose", "Propose", 0.45, "open"),
    ("negotiate", "Negotiate", 0.7, "open"),
    ("won", "Won", 1.0, "won"),
    ("lost", "Lost", 0.0, "lost"),
]
DEALS = [
    ("Port Authority Mess", "Replace 8 machines", 96_000, "14 Mar", "Jana Lind", "", "", "qualify"),
    ("Nordlicht Klinik", "Ward kiosks", 66_000, "27 Feb", "Maren Solberg", "", "", "qualify"),
    ("Kaffi & Korn", "Two new shops", 34_000, "7 Feb", "Ana Vidal", "New", "blue", "qualify"),
    ("Hotel Marenburg", "Breakfast line", 84_000, "23 Jan", "Maren Solberg", "", "", "discover"),
    ("Orla Coworking", "Nine pantry bars", 57_000, "2 Feb", "Tom Perk", "", "", "discover"),
    ("Tessel Roasters", "Resale agreement", 38_000, "17 Feb", "Jana Lind", "Stalled", "orange", "discover"),
    ("Brightwell Trust", "Six-site deal", 143_000, "11 Jan", "Jana Lind", "No next step", "red", "propose"),
    ("Grand Alder Hotel", "Lobby bar, 4 Volta 3", 61_000, "18 Dec", "Maren Solberg", "", "", "propose"),
    ("Casa Olivares", "12 machines", 118_000, "30 Nov", "Maren Solberg", "Expires", "orange", "negotiate"),
    (
        "<img src=x onerror=\"document.title='owned'\">",
        "<b>bold</b>",
        9_800,
        "9 Dec",
        "A B",
        "Paid",
        "green",
        "negotiate",
    ),
    ("Locked Ltd", "Another team's deal", 18_000, "3 Dec", "Ana Vidal", "", "", "negotiate"),
]
CROWD = 53


@st.cache_resource
def worlds() -> dict[str, dict[str, Any]]:
    return {}


def new_world(crowded: bool) -> dict[str, Any]:
    crowd = [(f"Crowd {n}", "", 1_000, "1 Dec", "C D", "", "", "propose") for n in range(CROWD * crowded)]
    deals = {n: {"row": row, "stage": row[7], "version": 1} for n, row in enumerate(DEALS + crowd, 1)}
    return {"deals": deals, "log": []}


query = st.query_params
st.set_page_config(layout="wide")
name = query.get("world", "default")
slow, crowded, reorder = float(query.get("slow", "0")), "crowded" in query, "reorder" in query
world = worlds().setdefault(name, new_world(crowded))
st.markdown("## Pipeline")
st.button("Elsewhere")


def tell(**event: object) -> None:
    world["log"].append(event)
    truth = {"stages": {n: deal["stage"] for n, deal in world["deals"].items()}, "log": world["log"]}
    path = Path(os.environ["BOARD_TRUTH"]) / f"{name}.json"
    path.with_suffix(".new").write_text(json.dumps(truth), encoding="utf-8")
    path.with_suffix(".new").replace(path)


def move(wish: Move) -> None:
    time.sleep(slow)
    deal = world["deals"][wish.card_id]
    if wish.to_column == "lost":
        raise Refused("Say why it was lost first.")
    if deal["version"] != wish.version or deal["stage"] != wish.from_column:
        tell(what="conflict", card=wish.card_id)
        raise Conflict("Someone else moved it meanwhile.")
    deal["stage"] = wish.to_column
    deal["version"] += 1
    if wish.from_column == wish.to_column:
        tell(what="order", card=wish.card_id, before=wish.before)
    else:
        tell(what="move", card=wish.card_id, to=wish.to_column, version=wish.version)


def columns() -> list[BoardColumn]:
    made = []
    for stage, title, chance, kind in STAGES:
        cards, count, total, weighted = [], 0, 0, 0
        for number, deal in world["deals"].items():
            if deal["stage"] != stage:
                continue
            company, text, value, due, owner, flag, tone, _ = deal["row"]
            count, total, weighted = count + 1, total + value * 100, weighted + round(value * 100 * chance)
            cards.append(
                BoardCard(
                    id=number,
                    title=company,
                    subtitle=text,
                    amount_minor=value * 100,
                    currency="EUR",
                    due=due,
                    weighted_minor=round(value * 100 * chance),
                    owner=owner,
                    flag=flag,
                    flag_tone=tone,
                    initials="".join(word[0] for word in owner.split()),
                    version=deal["version"],
                    movable=company != "Locked Ltd",
                )
            )
        made.append(BoardColumn(stage, title, count, total, weighted, chance, kind, tuple(cards[:50])))
    return made


@st.fragment
def show() -> None:
    board(
        key="board",
        columns=columns(),
        currency="EUR",
        locale="en",
        on_moves=move,
        reorder=reorder,
        on_open=lambda card: tell(what="open", card=card),
        on_more=lambda column: tell(what="more", column=column),
    )


if not st.toggle("Table"):
    show()
