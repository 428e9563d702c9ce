"""Imports and undos as jobs: with progress, cancel and resume, with the rights of whoever asked for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from crm.exchange.storing.engine import run_import
from crm.exchange.storing.journal import unfinished
from crm.exchange.storing.plan import Plan
from crm.exchange.undoing.undo import undo_import
from crm.work import Actor

Step = Callable[[int, int, str], None]


def run(actor: Actor, args: dict[str, Any], step: Step) -> dict[str, Any]:
    """Import the files of a plan; a job that was broken off goes on with the import it began.

    ``args`` holds ``plan``, ``files`` (name to path) and ``dry_run``; the queue adds ``job_id``.
    """
    plan = Plan.from_json(args["plan"])
    files = {name: Path(path) for name, path in args["files"].items()}
    dry_run = bool(args.get("dry_run", False))
    token = f"job {args['job_id']}" if "job_id" in args else ""
    begun = unfinished(actor, token) if token and not dry_run else None
    report = run_import(actor, plan, files, dry_run=dry_run, resume=begun, progress=step, token=token)
    return {"import_id": report.id, **report.as_json()}


def run_undo(actor: Actor, args: dict[str, Any], step: Step) -> dict[str, Any]:
    """Undo the import ``args["import_id"]``."""
    return undo_import(actor, int(args["import_id"]), progress=step).as_json()
