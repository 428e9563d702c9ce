"""``python -m crm sample``: load the sample company from the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from crm.errors import CrmError
from crm.i18n import _
from crm.sample.load import load_sample
from crm.sample.world import SCALES
from db import migrate
from db.session import engine


def sample(
    *,
    scale: Annotated[str, typer.Option(help="small, or large: a million sales lines.")] = "small",
    seed: Annotated[int, typer.Option(help="The same seed gives the same company.")] = 1,
) -> None:
    """Fill an empty database with the sample company."""
    if scale not in SCALES:
        typer.echo(_("There is no scale “{scale}”. Use small or large.").format(scale=scale), err=True)
        raise typer.Exit(2)
    migrate.upgrade(engine())
    try:
        report = load_sample(engine(), scale=scale, seed=seed, progress=_tell)
    except CrmError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(1) from error
    typer.echo("", err=True)
    for table, count in report.rows.items():
        typer.echo(f"{table:16} {count:>10,}")
    typer.echo(_("Loaded in {seconds:.1f} s.").format(seconds=report.seconds))


def _tell(done: float, table: str) -> None:
    typer.echo(f"\r{done:4.0%}  {table:<16}", nl=False, err=True)
