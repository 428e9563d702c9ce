"""``python -m crm backup`` and ``python -m crm restore``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from crm.cli_frame import AsJson, show, spoken

File = Annotated[
    str, typer.Argument(help="The file of the backup, or s3://bucket/name in the storage of the settings.")
]


def backup(
    file: File,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of this name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the whole database into a file or a storage, while everybody works."""
    from crm.keeping.keeping import back_up

    with spoken():
        label = back_up(file, overwrite=overwrite)
    if as_json:
        show(asdict(label))
    else:
        typer.echo(f"{file}: {label.total:,} rows of {len(label.rows)} tables.")


def backups(as_json: AsJson = False) -> None:
    """List the backups of the clock in the place of the settings (CRM_BACKUP_FOLDER), oldest first."""
    from crm.keeping.keeping import chosen_place, list_backups

    with spoken():
        where = chosen_place()
        found = list_backups(where)
    if as_json:
        show([{"address": where.address(one.name), "size": one.size} for one in found])
        return
    for one in found:
        typer.echo(f"{where.address(one.name)}  {one.size / 1e6:,.1f} MB")


def restore(
    file: File,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace all that the database holds now.")
    ] = False,
    send_waiting: Annotated[
        bool,
        typer.Option(
            "--send-waiting", help="Go on with what waited, sessions too: for a database that moves."
        ),
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only look whether the backup is sound.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of the database, of either kind; sign in anew afterwards."""
    from crm.keeping import keeping
    from db.migrate import NewerDatabase

    with spoken():
        try:
            if check:
                label, held = keeping.look_into(file), 0
            else:
                label, held = keeping.restore(file, overwrite=overwrite, send_waiting=send_waiting)
        except NewerDatabase as problem:
            typer.echo(str(problem), err=True)
            raise typer.Exit(1) from problem
    if as_json:
        show(asdict(label) | {"messages_held": held})
    else:
        done = "The backup is sound" if check else "Restored"
        typer.echo(
            f"{done}: {label.total:,} rows of {len(label.rows)} tables from {label.made_at} ({label.origin})."
        )
        if held:
            typer.echo(
                f"{held:,} messages that waited are held, because they may have gone out since the backup."
            )
