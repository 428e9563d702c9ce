"""``python -m crm …``: everything that scripts and administrators do without a screen."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from typing import Any

import structlog
import typer

import crm.areas  # noqa: F401 - hands in the commands
from crm.cli_frame import ready
from crm.config import database_url_of_secrets
from crm.register import Register
from db.session import close, configure, engine

COMMANDS: Register[typer.Typer | Callable[..., Any]] = Register("command")

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Rapport from the command line.")


@app.command()
def upgrade() -> None:
    """Create the database or bring it to this program's version."""
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


for name, command in COMMANDS.items():
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name=name)(command)


def main() -> None:
    """Entry of ``python -m crm``."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    # What a command prints is its answer, which a script reads; what happened meanwhile goes beside it.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    if "CRM_DATABASE_URL" not in os.environ and (url := database_url_of_secrets()):
        configure(url)
    atexit.register(close)
    app()
