"""An import from beginning to end: authorise, journal, chunk by chunk, report; dry run, cancel, resume."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from crm import clock
from crm.config import settings
from crm.errors import CrmError, NotAllowed, Refused
from crm.exchange import entities
from crm.exchange.files.reading import ReadOptions, SourceTable, read_table
from crm.exchange.storing import plan as plans
from crm.exchange.storing.journal import (
    Cursor,
    end,
    fingerprint,
    mark,
    open_journal,
    seen_before,
    take_up,
)
from crm.exchange.storing.plan import Plan, Step
from crm.exchange.storing.prepared import Prepared, prepare
from crm.exchange.storing.report import ColumnReport, ImportReport, StepReport
from crm.exchange.storing.stepping import Came, StepRun
from crm.firm.defaults import ensure_defaults
from crm.firm.firm import firm
from crm.i18n import _, ngettext
from crm.records import registry
from crm.work import SYSTEM, Actor, Work, reading, unit_of_work
from db.scope import CREATE, IMPORT, UPDATE
from db.session import refresh_statistics

CHUNK = 20_000
#: After so many rows at once the database's idea of what its tables hold is worth being made anew.
MANY = 1_000
Progress = Callable[[int, int, str], None]
Sources = Mapping[str, Path | bytes]


class _DryRunEnds(Exception):
    """Leaves the transaction of a dry run, so that nothing of it stays."""


def authorise(actor: Actor, plan: Plan) -> None:
    """Refuse before anything is read when the actor lacks a right that the plan needs.

    Raises
    ------
    NotAllowed
        The message names every right that is missing.
    """
    lacking = []
    for step in plan.steps:
        name = registry.rights_name(step.entity)
        actions = [
            IMPORT,
            *((CREATE,) if step.mode != plans.UPDATE else ()),
            *((UPDATE,) if step.mode != plans.CREATE else ()),
        ]
        lacking += [(name, action) for action in actions if not actor.may(name, action)]
        about = registry.entity(step.entity)
        for field, lookup in step.lookups.items():
            if lookup.missing == plans.CREATE and not actor.may(
                registry.rights_name(about[field].link), CREATE
            ):
                lacking.append((registry.rights_name(about[field].link), CREATE))
    if lacking:
        named = ", ".join(f"{action} {name}" for name, action in dict.fromkeys(lacking))
        raise NotAllowed(_("Your role lacks rights that this import needs: {rights}.").format(rights=named))


def run_import(
    actor: Actor,
    plan: Plan,
    sources: Sources,
    *,
    dry_run: bool = False,
    resume: int | None = None,
    progress: Progress | None = None,
    chunk: int = CHUNK,
    token: str = "",
    ending: Callable[[Work, ImportReport], None] | None = None,
) -> ImportReport:
    """Bring the files in.

    Parameters
    ----------
    actor : Actor
        Everything happens with this person's rights.
    sources : mapping of file name in the plan to its path or bytes
    dry_run : bool
        Do everything and keep nothing; the report says what would happen.
    resume : int, optional
        An import that was cancelled or broken off: rows already stored are passed over.
    progress : function of rows done, rows in all, a sentence
        Called after each chunk; whatever it raises stops the import with what is stored so far, to be resumed or
        undone.

    token : str
        Marks the import, so that a job that is started again finds the one it began.
    ending : function of the work and the report
        Called in the transaction that notes the import as done.

    Returns
    -------
    ImportReport

    Raises
    ------
    Refused
        A file or a column is missing, or a file cannot be read. Nothing was stored.
    NotAllowed
        The actor lacks a right.
    """
    began = time.monotonic()
    authorise(actor, plan)
    with _collector_at_rest():
        with reading(actor) as session:
            currency = firm(session).currency
        prepared = prepare_all(plan, sources, currency=currency)
        report = ImportReport(plan.name, dry_run=dry_run)
        report.steps = [step_report(made) for made in prepared]
        report.files = {
            name: fingerprint(sources[name]) for name in dict.fromkeys(s.file for s in plan.steps)
        }
        if resume is None:
            report.seen = {name: entry.id for name, entry in seen_before(actor, report.files).items()}
        with unit_of_work(SYSTEM, cause="setup") as work:
            # A deal needs stages, also in a database that nobody has opened yet.
            ensure_defaults(work, {step.entity for step in plan.steps})
        if dry_run:
            _tried(actor, plan, prepared, report, progress, chunk)
        else:
            _stored(actor, plan, prepared, report, resume, progress, chunk, token, ending)
            if report.rows >= MANY:
                _tell_planner()
    report.seconds = round(time.monotonic() - began, 3)
    return report


def _tell_planner() -> None:
    """Left alone, PostgreSQL plans the first minute's reports for the tables as they were: a hundred times slower."""
    with suppress(CrmError, SQLAlchemyError), unit_of_work(SYSTEM, cause="setup") as work:
        refresh_statistics(work.session.connection())


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Millions of small objects are made and none of them in a circle: looking for circles costs a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def prepare_all(plan: Plan, sources: Sources, *, currency: str) -> list[Prepared]:
    """Read each file once and apply every step to it; ``currency`` is that of amounts where nothing names one."""
    tables: dict[tuple[Any, ...], SourceTable] = {}
    prepared = []
    for number, step in enumerate(plan.steps, start=1):
        if step.file not in sources:
            raise Refused(_("The file {name} of step {n} is missing.").format(name=step.file, n=number))
        reading = (step.file, step.sheet, step.encoding, step.separator, step.header_line, step.short_lines)
        if reading not in tables:
            tables[reading] = read_table(sources[step.file], name=step.file, options=read_options(step))
        keyed = with_key(step)
        made = prepare(
            keyed,
            plan,
            tables[reading],
            entities.entity(step.entity),
            currency=plan.currency or currency,
            region=plan.region or clock.country(),
        )
        prepared.append(made)
    return prepared


def read_options(step: Step) -> ReadOptions:
    """How the step wants its file read, within the limits of the installation."""
    return ReadOptions(
        encoding=step.encoding,
        separator=step.separator,
        header_line=step.header_line,
        sheet=step.sheet,
        short_lines=step.short_lines,
        max_bytes=settings().upload_max_mb * 1_000_000,
        max_rows=settings().upload_max_rows,
    )


def with_key(step: Step) -> Step:
    """The step with the key it will use: its own, the first of the entity's keys that has a column, or together
    the columns that may stand only once together in its table.
    """
    if step.key:
        return replace(step, key=_whole_key(step, step.key))
    # What is the same in every row tells no row from another.
    fed = {**step.columns, **step.templates, **step.formulas}
    first = next((name for name in registry.entity(step.entity).keys if name in fed), None)
    if first:
        return replace(step, key=_whole_key(step, (first,)))
    for names in registry.unique_together(step.entity):
        if all(name in fed or name in step.constants for name in names) and any(n in fed for n in names):
            # First what differs between the rows: by it those already stored are looked up.
            return replace(step, key=tuple(sorted(names, key=lambda name: name not in fed)))
    return step


def _whole_key(step: Step, key: tuple[str, ...]) -> tuple[str, ...]:
    """Lines are numbered beneath what they belong to: where the file says that, both together tell them apart."""
    within = registry.number_within(step.entity)
    fed = {**step.columns, **step.templates, **step.constants}
    return (*key, within) if key == ("number",) and within in fed else key


def step_report(made: Prepared) -> StepReport:
    """The report of a step before it begins: rows, columns, how they were read."""
    columns = []
    for name, column in made.sources.items():
        cells = made.links[name] != "" if name in made.links else None
        filled = int(cells.sum()) if cells is not None else sum(v is not None for v in made.values[name])
        source = column or name
        unread = sum(problem.column == source for problem in made.problems)
        columns.append(
            ColumnReport(
                source,
                name,
                filled + unread,
                found=made.found.get(source, ""),
                ambiguous=source in made.ambiguous,
                rounded=made.rounded.get(source, 0),
            )
        )
    layout = made.table.layout
    return StepReport(
        made.step.file, made.step.entity, rows=len(made), columns=columns, encoding=layout.encoding,
        doubtful=list(layout.doubtful), told=_formulas(layout.bare_formulas),
    )  # fmt: skip


def _formulas(bare: int) -> list[str]:
    if not bare:
        return []
    told = ngettext(
        "{n:,} cell holds a formula without a result.", "{n:,} cells hold a formula without a result.", bare
    )
    return [told.format(n=bare)]


def _tried(
    actor: Actor,
    plan: Plan,
    prepared: list[Prepared],
    report: ImportReport,
    progress: Progress | None,
    chunk: int,
) -> None:
    """All steps in one transaction that is rolled back."""
    # Not from inside: on SQLite whoever notes the progress would wait for this very transaction.
    if progress:
        progress(0, report.rows, "")
    try:
        with unit_of_work(actor, cause="dry run") as work:
            import_id, came, runs = open_journal(work, plan), _came(plan), []
            for number, made in enumerate(prepared):
                run = StepRun(made, plan, number, report.steps[number], came, telling=True)
                runs.append(run)
                run.begin(work, import_id, count=True)
                for start in range(0, len(made), chunk):
                    run.store(work, import_id, start, min(start + chunk, len(made)))
                run.finish(work, import_id)
            raise _DryRunEnds
    except _DryRunEnds:
        report.id, report.state = None, "dry run"
    if progress:
        progress(report.rows, report.rows, "")


def _came(plan: Plan) -> Came:
    """Room for where records went, of every kind that a later row may tell by the id it had."""
    about = [(registry.entity(step.entity), step.lookups) for step in plan.steps]
    return {e[name].link: {} for e, lookups in about for name, lookup in lookups.items() if lookup.beside}


def _stored(
    actor: Actor,
    plan: Plan,
    prepared: list[Prepared],
    report: ImportReport,
    resume: int | None,
    progress: Progress | None,
    chunk: int,
    token: str,
    ending: Callable[[Work, ImportReport], None] | None,
) -> None:
    """Chunk by chunk, each in a transaction of its own together with the mark of how far it is."""
    if resume is None:
        with unit_of_work(actor, cause="import") as work:
            import_id, cursor = open_journal(work, plan, token, report.files), Cursor()
    else:
        import_id, cursor = take_up(actor, plan, resume, report)
    report.id = import_id
    cause = f"import {import_id}"
    total, came, runs = report.rows, _came(plan), []
    done = sum(len(made) for made in prepared[: cursor.step]) + cursor.row
    try:
        for number in range(cursor.step, len(prepared)):
            made = prepared[number]
            run = StepRun(made, plan, number, report.steps[number], came)
            runs.append(run)
            first = cursor.row if number == cursor.step else 0
            with unit_of_work(actor, cause=cause) as work:
                run.begin(work, import_id, count=first == 0)
                mark(work, report, number, first)
            for start in range(first, len(made), chunk):
                stop = min(start + chunk, len(made))
                with unit_of_work(actor, cause=cause) as work:
                    run.store(work, import_id, start, stop)
                    mark(work, report, number, stop)
                done += stop - start
                if progress:
                    progress(done, total, made.step.file)
            with unit_of_work(actor, cause=cause) as work:
                run.finish(work, import_id)
                mark(work, report, number + 1, 0)
        with unit_of_work(actor, cause=cause) as work:
            for run in runs:
                run.end(work)
    except BaseException as error:
        # The journal must say that the import is unfinished, whatever stopped it: Ctrl+C, a worker's stop, a bug.
        state = (
            "failed" if isinstance(error, Exception) and type(error).__name__ != "Stopped" else "cancelled"
        )
        end(actor, import_id, state, report)
        raise
    end(actor, import_id, "done", report, ending)
