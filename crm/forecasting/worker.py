"""The process behind ``forecast_many``: one request per line on standard input, one answer per line out."""

from __future__ import annotations

import json
import logging
import os
import sys
from dataclasses import replace
from typing import Any

import numpy as np

from crm.errors import CrmError
from crm.forecasting import engine
from crm.forecasting.series.frequency import parse
from crm.forecasting.series.series import History
from crm.i18n import _, set_language

log = logging.getLogger(__name__)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The forecast as a dict, or the reason why there is none."""
    set_language(request["language"])
    frequency = replace(parse(request["frequency"]), phase=request["phase"])
    values = np.array(request["values"], dtype=np.float64)
    history = History(values, request["first"], frequency, tuple(request["notes"]))
    try:
        told = engine.from_history(history, horizon=request["horizon"], seed=request["seed"])
    except CrmError as problem:
        return {"error": problem.message}
    except Exception:
        # One odd series must not end the run of thousands; the log has the details.
        log.exception("A series could not be forecast")
        return {"error": _("The forecast of this series failed; the log has the details.")}
    return {"forecast": told.to_dict()}


def main() -> None:
    """Answer until the input ends."""
    if len(sys.argv) > 1 and hasattr(os, "nice"):
        os.nice(int(sys.argv[1]))
    # Libraries that print must not disturb the answers, so these keep the real output for themselves.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        for line in sys.stdin:
            out.write(json.dumps(answer(json.loads(line))) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
