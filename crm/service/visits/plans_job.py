"""The daily job that makes the work orders of maintenance plans; the worker calls it by its kind, ``maintenance``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crm.clock import today
from crm.i18n import ngettext
from crm.service.visits.plans import make_due_orders
from crm.work import SYSTEM, Actor, unit_of_work


def run(_actor: Actor, _args: dict[str, Any], step: Callable[[int, int, str], None]) -> dict[str, Any]:
    """Make the orders of all teams; the result says how many.

    Runs as the program, whoever asked for it: plans of every team fall due on the same day.
    """
    with unit_of_work(SYSTEM, cause="maintenance plans") as work:
        made = make_due_orders(work, today=today())
    step(1, 1, ngettext("{n} work order made", "{n} work orders made", made).format(n=made))
    return {"made": made}
