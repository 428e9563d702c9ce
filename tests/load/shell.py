"""What the measured server runs: Rapport's own screens, watched.

Each run leaves one line in the file named by ``BENCH_LOG``: its mark, how many SQL statements, the slowest of them,
and the seconds in the script.
"""

import json
import os
import time

import streamlit as st

from crm.ui.main import main
from tests.load import watching

watched = watching.Watched()
token = watching.run.set(watched)
# Read now: a page may put its own filters in place of what the address said.
mark = st.query_params.get("mark", "")
begun = time.perf_counter()
try:
    main()
finally:
    seconds = time.perf_counter() - begun
    watching.run.reset(token)
    slowest, statement = max(watched.statements, default=(0.0, ""))
    line = {
        "mark": mark,
        "seconds": seconds,
        "statements": len(watched.statements),
        "in_sql": sum(taken for taken, _ in watched.statements),
        "slowest": slowest,
        "statement": " ".join(statement.split())[:600],
    }
    with open(os.environ["BENCH_LOG"], "a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
