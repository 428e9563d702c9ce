"""``python -m crm mail …``: send what waits, see how it stands, take in what came, send a test."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from crm.cli_frame import AsJson, commanded, show
from crm.errors import Unavailable
from crm.i18n import _, ngettext
from crm.work import SYSTEM, unit_of_work

mail = typer.Typer(help="E-mail: send what waits, take in what came, send a test.", no_args_is_help=True)


@mail.command("send")
def send_command(
    once: Annotated[
        bool, typer.Option("--once", help="Send what is due now and leave, instead of going on.")
    ] = False,
) -> None:
    """Send the outbox; safe to run beside others and to kill at any moment."""
    from crm.jobs.signals import heed_signals
    from crm.mail.sending.postman import Postman, send_all
    from crm.mail.sending.smtp import Trouble
    from crm.mail.sending.status import missing

    with commanded():
        if sentence := missing():
            raise Unavailable(sentence)
        postman = Postman()
        if not once:
            heed_signals()
            typer.echo(f"Postman {postman.owner} sends. Stop it with Ctrl+C.")
            try:
                postman.run()
            except KeyboardInterrupt:
                postman.hang_up()
            return
        try:
            count = send_all(postman)
        except Trouble as trouble:
            raise Unavailable(str(trouble)) from trouble
        typer.echo(
            ngettext("{n} message was dealt with.", "{n} messages were dealt with.", count).format(n=count)
        )


@mail.command("status")
def status_command() -> None:
    """How many messages wait, went out, failed, and why."""
    from crm.mail.sending.status import mail_status

    with commanded():
        stands = mail_status()
        for label, count in (
            (_("waiting"), stands.waiting),
            (_("being sent"), stands.sending),
            (_("sent"), stands.sent),
            (_("sent, not confirmed"), stands.unconfirmed),
            (_("failed"), stands.failed),
            (_("left out or cancelled"), stands.left_out),
        ):
            typer.echo(f"{count:>9,}  {label}")
        for reason, count in stands.problems:
            typer.echo(f"{count:>9,}  × {reason}")
        if stands.missing:
            typer.echo(stands.missing)


@mail.command("test")
def test_command(to: Annotated[str, typer.Option(help="Where the test goes.")]) -> None:
    """Send one message through the outbox and say what became of it."""
    from crm.mail.sending.outbox import queue_mail
    from crm.mail.sending.postman import Postman, send_all
    from crm.mail.sending.smtp import Trouble
    from crm.mail.sending.status import missing, outcome

    with commanded():
        if sentence := missing():
            raise Unavailable(sentence)
        key = f"test:{uuid4().hex}"
        with unit_of_work(SYSTEM, cause="command line") as work:
            text = _("This is a test. If you read it, the mail server takes our messages.")
            queue_mail(work, key=key, to=to, subject=_("Test from Rapport"), text=text)
        try:
            send_all(Postman())
        except Trouble as trouble:
            raise Unavailable(str(trouble)) from trouble
        until = time.monotonic() + 5
        while (said := outcome(key)).startswith("sending") and time.monotonic() < until:
            time.sleep(0.1)
        typer.echo(said)


@mail.command("read")
def read_command(
    place: Annotated[Path, typer.Argument(help="A .eml or .mbox file, or a folder of them.", exists=True)],
    as_json: AsJson = False,
) -> None:
    """Take in received messages from files; those that came before are known again."""
    from crm.mail.receiving.intake import read_place

    with commanded():
        rows = read_place(place)
        if as_json:
            show(rows)
            return
        for row in rows:
            typer.echo(
                row["problem"]
                if row["problem"] and not row["id"]
                else f"{row['kind']:<10} {row['from']:<32} {row['matched_to'] or '–'}  {row['subject']}"
            )


@mail.command("fetch")
def fetch_command() -> None:
    """Read the mailbox of the settings now; the worker does it every five minutes. Safe to kill at any moment."""
    from crm.config import settings
    from crm.mail.receiving.mailbox import run

    with commanded():
        if not settings().imap_host:
            raise Unavailable(
                _("No mailbox is set up. Set CRM_IMAP_HOST, CRM_IMAP_USER and CRM_IMAP_PASSWORD.")
            )
        for name, count in run(SYSTEM, {}, lambda *_step: None).items():
            typer.echo(f"{count:>9,}  {name}")


@mail.command("bounces")
def bounces_command(
    folder: Annotated[Path, typer.Argument(help="Folder with .eml and .mbox files.", exists=True)],
) -> None:
    """As ``read``, and say only how many messages came to what."""
    from crm.mail.receiving.intake import read_folder

    with commanded():
        for name, count in read_folder(folder).as_dict().items():
            typer.echo(f"{count:>9,}  {name}")
