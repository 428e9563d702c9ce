"""``python -m crm import`` and ``python -m crm imports …``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crm.access.actors import acting
from crm.cli_frame import As, AsJson, commanded, show
from crm.clock import here
from crm.exchange.asking.service import import_profile
from crm.exchange.export import Asked, write_export
from crm.exchange.leaving.asked import in_words
from crm.exchange.leaving.to_disk import kind_of_file, written
from crm.exchange.storing.journal import failed_csv, failed_files, list_imports
from crm.exchange.storing.report import ImportReport
from crm.exchange.undoing.undo import undo_import
from crm.i18n import _
from db.scope import ScopedSession

imports = typer.Typer(help="Imports made so far: list, undo, failed rows.", no_args_is_help=True)


def import_files(
    profile: Annotated[Path, typer.Argument(help="The profile (TOML).")],
    data: Annotated[Path, typer.Option(help="Folder of the files; default: that of the profile.")] = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything and keep nothing.")] = False,
    resume: Annotated[int | None, typer.Option(help="Take up this import again.")] = None,
    who: As = "",
    as_json: AsJson = False,
) -> None:
    """Bring in the files that a profile names, as one import that can be undone as one.

    Leaves with status 3 when some rows were not stored, with 1 when none was.
    """
    with commanded():
        _import(profile, data, dry_run, resume, who, as_json)


def _import(profile: Path, data: Path, dry_run: bool, resume: int | None, who: str, as_json: bool) -> None:
    folder = profile.parent if data == Path() else data
    progress = None if as_json or not sys.stderr.isatty() else _progress
    report = import_profile(
        acting(who), profile, data=folder, dry_run=dry_run, resume=resume, progress=progress
    )
    if as_json:
        show(report.as_json())
    else:
        typer.echo(as_text(report))
    if report.failed:
        raise typer.Exit(3 if any(s.created + s.updated + s.skipped for s in report.steps) else 1)


def export(
    entity: Annotated[str, typer.Argument(help="Kind of record, as contact, deal, order_line.")],
    file: Annotated[Path, typer.Argument(help="Where to: .csv, .xlsx or .json; - is the output, as CSV.")],
    where: Annotated[
        list[str] | None,
        typer.Option(
            help="FIELD=VALUE, FIELD=FROM..TO, or the API's JSON; a field given twice means one of, (blank) nothing."
        ),
    ] = None,
    search: Annotated[str, typer.Option(help="Words as in the list's search.")] = "",
    columns: Annotated[str, typer.Option(help="Fields, with commas between them; default: all.")] = "",
    archived: Annotated[bool, typer.Option("--archived", help="Those that were put away.")] = False,
    everything: Annotated[
        bool, typer.Option("--everything", help="Those in use and those put away, to bring them in again.")
    ] = False,
    who: As = "",
) -> None:
    """Write a list into a file, exact as the screen's export: CSV, XLSX or JSON."""
    with commanded():
        kind, names = kind_of_file(file), [name.strip() for name in columns.split(",") if name.strip()]

        def asked(session: ScopedSession) -> Asked:
            found = in_words(session, entity, where or ())
            return Asked(names or None, search, found, None if everything else archived)

        written(file, lambda out: write_export(acting(who), entity, kind, out, asked))


def _progress(done: int, total: int, note: str) -> None:
    typer.echo(f"\r{done:,} of {total:,} rows  {note}    ", nl=done >= total, err=True)


def as_text(report: ImportReport) -> str:
    """The report in lines."""
    head = _("Dry run of {name}") if report.dry_run else _("Import {id}: {name}")
    lines = [head.format(id=report.id, name=report.name) + f" ({report.state}, {report.seconds:.1f} s)"]
    lines.append(f"{'':16}{_('created'):>10}{_('updated'):>10}{_('skipped'):>10}{_('failed'):>10}")
    for entity, counted in report.totals().items():
        lines.append(
            f"{entity:16}"
            + "".join(f"{counted[name]:>10,}" for name in ("created", "updated", "skipped", "failed"))
        )
    lines += [
        _("{file} came in before, as import {id}.").format(file=name, id=before)
        for name, before in report.seen.items()
    ]
    for step in report.steps:
        if step.doubtful:
            told = _("{file} was read as {encoding}; look at {cells}.")
            lines.append(told.format(file=step.file, encoding=step.encoding, cells=", ".join(step.doubtful)))
        lines += [
            _("{file}: {n:,} cells of {column} were left empty.").format(file=step.file, n=n, column=name)
            for name, n in step.left_empty.items()
        ]
        for column in step.columns:
            if column.ambiguous:
                lines.append(
                    _("{file}, {column} can be read two ways; read as {found}.").format(
                        file=step.file, column=column.column, found=column.found
                    )
                )
        for text, near in step.taken_near.items():
            lines.append(
                _("{file}: “{text}” was taken for “{near}”.").format(file=step.file, text=text, near=near)
            )
        lines += [f"{step.file}: {told}" for told in step.told]
        lines += [
            _("{file}: {n:,} came in as history: {words}.").format(file=step.file, n=count, words=words)
            for words, count in step.history.items()
        ]
    return "\n".join(lines)


@imports.command("list")
def list_command(
    who: As = "", limit: Annotated[int, typer.Option(help="How many at most.")] = 20, as_json: AsJson = False
) -> None:
    """Show the imports made so far, newest first."""
    with commanded():
        entries = list_imports(acting(who), limit=limit)
        if as_json:
            show(
                [
                    {**e.report.as_json(), "who": e.who, "started_at": e.started_at, "undone_at": e.undone_at}
                    for e in entries
                ]
            )
            return
        for entry in entries:
            when = f"{entry.id:>5}  {here(entry.started_at):%Y-%m-%d %H:%M}  {entry.state:10}"
            typer.echo(f"{when} {entry.report.rows:>9,}  {entry.name} ({entry.who})")


@imports.command("undo")
def undo_command(
    import_id: Annotated[int, typer.Argument(metavar="ID")], who: As = "", as_json: AsJson = False
) -> None:
    """Take an import back: what it made goes, what it changed is restored, what was edited since stays."""
    with commanded():
        report = undo_import(acting(who), import_id)
        if as_json:
            show(report.as_json())
            return
        for entity, count in report.removed.items():
            typer.echo(_("{n:,} removed: {entity}").format(n=count, entity=entity))
        for entity, count in report.restored.items():
            typer.echo(_("{n:,} restored: {entity}").format(n=count, entity=entity))
        for kept in report.kept:
            typer.echo(
                _("Kept {entity} {id} “{name}”: {reason}").format(
                    entity=kept.entity, id=kept.id, name=kept.name, reason=kept.reason
                )
            )


@imports.command("failed")
def failed_command(
    import_id: Annotated[int, typer.Argument(metavar="ID")],
    who: As = "",
    out: Annotated[Path | None, typer.Option(help="Write one file for each file of the import here.")] = None,
) -> None:
    """Print the rows that were not stored, as CSV; with --out as files that can be corrected and imported again."""
    with commanded():
        if out is None:
            typer.echo(failed_csv(acting(who), import_id), nl=False)
            return
        for name, text in failed_files(acting(who), import_id).items():
            (out / name).write_text(text, encoding="utf-8-sig")
            typer.echo(str(out / name))
