"""``python -m crm …``: everything that scripts and administrators do without a screen.

Heavy parts are imported inside the commands, so that ``--help`` and ``upgrade`` answer at once.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from crm.access.cli import session, user
from crm.config import database_url_of_secrets
from crm.errors import CrmError
from crm.exchange.cli import import_files, imports
from crm.forecasting.cli import forecast
from crm.mail.cli import mail
from crm.reporting.cli import report
from crm.sample.cli import sample
from crm.service.wear.cli import life_file
from db.session import configure

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Rapport from the command line.")


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


def show(data: Any) -> None:
    """Print data as JSON that people can read."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


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


@app.command(name="upgrade")
def upgrade_command() -> None:
    """Create the database or bring it to this program's version."""
    from db.session import engine

    ready()
    typer.echo(f"The database is ready: {engine().url.render_as_string(hide_password=True)}")


@app.command()
def worker() -> None:
    """Take jobs and send mail until stopped; run it on as many machines as wanted beside PostgreSQL."""
    from crm.jobs import Worker
    from crm.jobs.schedule import Schedule
    from crm.jobs.signals import heed_signals
    from crm.mail.sending.postman import Postman

    ready()
    heed_signals()
    one, others = Worker(), (Postman().start(), Schedule().start())
    typer.echo(f"Worker {one.owner} takes jobs. Stop it with Ctrl+C.")
    try:
        one.run()
    except KeyboardInterrupt:
        for other in (*others, one):
            other.stop()


@app.command(name="forecast-file")
def forecast_file_command(
    source: Annotated[Path, typer.Argument(help="CSV with unique_id, ds, y")],
    target: Annotated[
        Path, typer.Argument(help="CSV to write: unique_id, ds, yhat, lo80, hi80, lo95, hi95, model")
    ],
    freq: Annotated[str, typer.Option(help="Step between two dates: MS, W, D, QS, h")] = "MS",
    horizon: Annotated[int, typer.Option(min=1, help="How many steps ahead")] = 12,
    workers: Annotated[int | None, typer.Option(help="Processes; default all cores")] = None,
) -> None:
    """Forecast every series of a file with the engine of the forecast screen."""
    from crm.forecasting.files.forecast_file import forecast_file

    with spoken():
        report = forecast_file(source, target, freq=freq, horizon=horizon, workers=workers)
    typer.echo(report.summary(), err=True)


app.command()(report)
app.command()(forecast)
app.command()(sample)
app.command(name="life-file")(life_file)
app.command(name="import")(import_files)
app.add_typer(imports, name="imports")
app.add_typer(mail, name="mail")
app.add_typer(session, name="session")
app.add_typer(user, name="user")


def main() -> None:
    """Entry of ``python -m crm``."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    if "CRM_DATABASE_URL" not in os.environ and (url := database_url_of_secrets()):
        configure(url)
    app()
