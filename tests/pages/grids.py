"""What the grids of a screen show, and what a hand does in them."""

import json
from itertools import count
from typing import Any

import pandas as pd
from streamlit.testing.v1 import AppTest

_NONCE = count(1)


def grids(page: AppTest) -> list[dict[str, Any]]:
    """What each list on the screen was told, in order."""
    found = [e.proto for e in page.get("bidi_component")]
    return [json.loads(p.json) for p in found if p.component_name == "rapport-list"]


def listed(page: AppTest) -> list[pd.DataFrame]:
    """The rows of each list, a column per field and the index by id; the title stands in the first."""
    return [
        pd.DataFrame(
            [[row["title"], *row["cells"][1:]] for row in told["rows"]],
            columns=[column["name"] for column in told["columns"]],
            index=[row["id"] for row in told["rows"]],
        )
        for told in grids(page)
    ]


def does(page: AppTest, place: int = 0, **wishes: Any) -> AppTest:
    """The run after what somebody does in a list: ``open=5``, ``ask=("name", True)``, ``picked=[5, 6]``."""
    component = [e for e in page.get("bidi_component") if e.proto.component_name == "rapport-list"][place]
    told = json.loads(component.proto.json)
    state: dict[str, Any] = {}
    if "open" in wishes:
        state["open"] = {"id": wishes["open"], "nonce": str(next(_NONCE))}
    if "ask" in wishes:
        state["ask"] = {"name": wishes["ask"][0], "down": wishes["ask"][1], "nonce": str(next(_NONCE))}
    if "picked" in wishes:
        versions = {row["id"]: row.get("version", 0) for row in told["rows"]}
        state["picked"] = {"turn": told["turn"], "ids": [[i, versions.get(i, 1)] for i in wishes["picked"]]}
    if "raw" in wishes:
        state["picked"] = wishes["raw"]
    states = page._tree.get_widget_states()
    states.widgets.add(id=component.proto.id, json_value=json.dumps(state))
    return page._run(states)
