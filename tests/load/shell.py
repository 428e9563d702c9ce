"""What the measured server runs: Rapport's own screens, or a bare title without menu and sign-in.

Each run leaves one line in the file named by ``BENCH_LOG``: the page, its SQL statements and the seconds in the script.
"""

import json
import os
import threading
import time

import streamlit as st
from sqlalchemy import Engine, event

from crm.ui.frame import main

here = threading.get_ident()
statements: list[str] = []


def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
    """Keep what this run alone executed; other people's runs go on in other threads."""
    if threading.get_ident() == here and not statement.startswith(("BEGIN", "PRAGMA")):
        statements.append(statement)


event.listen(Engine, "before_cursor_execute", note)
begun = time.perf_counter()
try:
    if "bare" in st.query_params:
        st.title("Nothing else")
    else:
        main()
finally:
    event.remove(Engine, "before_cursor_execute", note)
    line = {
        "mark": st.query_params.get("mark", ""),
        "statements": len(statements),
        "seconds": time.perf_counter() - begun,
    }
    if os.environ.get("BENCH_STATEMENTS"):
        line["sql"] = statements
    with open(os.environ["BENCH_LOG"], "a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
