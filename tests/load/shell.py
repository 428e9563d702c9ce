"""What the measured server runs: Rapport's own screens, watched.

Each run leaves one line in the file named by ``BENCH_LOG``: its mark, how many SQL statements, the slowest of them,
and the seconds in the script.
"""

import json
import os
import threading
import time

import streamlit as st
from sqlalchemy import Engine, event

from crm.ui.frame import main

here = threading.get_ident()
statements: list[tuple[float, str]] = []
started = [0.0]


def before(_connection: object, _cursor: object, _statement: str, *_: object) -> None:
    """Note the time; other people's runs go on in other threads and are not counted."""
    if threading.get_ident() == here:
        started[0] = time.perf_counter()


def after(_connection: object, _cursor: object, statement: str, *_: object) -> None:
    """Keep what this run executed and how long the database took to begin to answer."""
    if threading.get_ident() == here and not statement.startswith(("BEGIN", "PRAGMA")):
        statements.append((time.perf_counter() - started[0], statement))


event.listen(Engine, "before_cursor_execute", before)
event.listen(Engine, "after_cursor_execute", after)
# Read now: a page may put its own filters in place of what the address said.
mark = st.query_params.get("mark", "")
begun = time.perf_counter()
try:
    main()
finally:
    seconds = time.perf_counter() - begun
    event.remove(Engine, "before_cursor_execute", before)
    event.remove(Engine, "after_cursor_execute", after)
    slowest, statement = max(statements, default=(0.0, ""))
    line = {
        "mark": mark,
        "seconds": seconds,
        "statements": len(statements),
        "in_sql": sum(taken for taken, _ in statements),
        "slowest": slowest,
        "statement": " ".join(statement.split())[:600],
    }
    with open(os.environ["BENCH_LOG"], "a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
