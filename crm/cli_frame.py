"""What commands share: the database is ready, problems are told in a sentence.

Heavy parts are imported inside the commands, so that ``--help`` and ``upgrade`` answer at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from crm.errors import CrmError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON with all values instead of a table.")]
As = Annotated[
    str, typer.Option("--as", help="E-mail address of the person whose rights apply; default: all rights.")
]


@contextmanager
def spoken() -> Iterator[None]:
    """Say a problem in one sentence and leave with status 1; a bug keeps its trace."""
    try:
        yield
    except CrmError as problem:
        typer.echo(problem.message, err=True)
        for item in getattr(problem, "problems", ()):
            typer.echo(f"  {item.field}: {item.message}", err=True)
        raise typer.Exit(1) from problem


@contextmanager
def commanded() -> Iterator[None]:
    """A command's frame: the database is ready, problems are told in a sentence."""
    ready()
    with spoken():
        yield


def ready() -> None:
    """Bring the database to this program's version before a command uses it."""
    from crm.upgrade import bring_up
    from db.migrate import NewerDatabase
    from db.session import engine

    try:
        bring_up(engine())
    except NewerDatabase as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from problem


def show(data: Any) -> None:
    """Print data as JSON that people can read."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
