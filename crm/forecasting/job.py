"""The job that computes one forecast; the worker calls it by its kind, ``forecast``."""

from __future__ import annotations

from typing import Any

from crm.forecasting.chosen import MONTHS, SeriesChoice
from crm.forecasting.service import STEPS, Step, compute
from crm.i18n import _, set_language
from crm.work import Actor


def run(actor: Actor, args: dict[str, Any], step: Step) -> dict[str, Any]:
    """Compute and store the forecast of ``args["series"]``; the result names the stored run.

    Runs in a thread of the server, so the fit itself happens in a process of its own. A cancelled job ends that
    process and stores nothing.
    """
    set_language(actor.language)
    run_id = compute(
        actor,
        SeriesChoice(**args["series"]),
        step=step,
        horizon=int(args.get("horizon", MONTHS)),
        seed=int(args.get("seed", 1)),
    )
    step(STEPS, STEPS, _("Done"))
    return {"run_id": run_id}
