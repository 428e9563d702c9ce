"""Imports and undos as jobs: with progress, cancel and resume, with the rights of whoever asked for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from crm.exchange.storing.engine import run_import
from crm.exchange.storing.journal import unfinished
from crm.exchange.storing.plan import Plan
from crm.exchange.storing.report import ImportReport
from crm.exchange.undoing.undo import undo_import
from crm.exchange.undoing.undo_base import UndoReport
from crm.jobs import end_with
from crm.work import Actor, Work

Step = Callable[[int, int, str], None]
T = TypeVar("T")


def run(actor: Actor, args: dict[str, Any], step: Step) -> dict[str, Any]:
    """Import the files of a plan; a job that was broken off goes on with the import it began.

    ``args`` holds ``plan``, ``files`` (name to path) and ``dry_run``; the queue adds ``job_id``.
    """
    plan = Plan.from_json(args["plan"])
    files = {name: Path(path) for name, path in args["files"].items()}
    dry_run = bool(args.get("dry_run", False))
    token = f"job {args['job_id']}" if "job_id" in args else ""
    begun = unfinished(actor, token) if token and not dry_run else None
    report = run_import(
        actor,
        plan,
        files,
        dry_run=dry_run,
        resume=begun,
        progress=step,
        token=token,
        ending=_ending(args, _result),
    )
    return _result(report)


def _result(report: ImportReport) -> dict[str, Any]:
    return {"import_id": report.id, **report.as_json()}


def _ending(args: dict[str, Any], result: Callable[[T], dict[str, Any]]) -> Callable[[Work, T], None] | None:
    """What ends the job in the transaction that ends what it does."""
    if "job_id" not in args:
        return None
    return lambda work, report: end_with(work, args["job_id"], result(report))


def run_undo(actor: Actor, args: dict[str, Any], step: Step) -> dict[str, Any]:
    """Undo the import ``args["import_id"]``."""
    ending = _ending(args, UndoReport.as_json)
    return undo_import(actor, int(args["import_id"]), progress=step, ending=ending).as_json()
