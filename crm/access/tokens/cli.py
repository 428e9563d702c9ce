"""``python -m crm token …``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from crm.access.actors import user_id_by_email
from crm.access.tokens.tokens import MOST_DAYS, USUAL_DAYS, YEAR, list_tokens, make_token, revoke_token
from crm.cli_frame import AsJson, commanded, show
from crm.clock import here
from crm.errors import NotFound
from crm.i18n import _
from crm.work import SYSTEM, reading, unit_of_work
from db.scope import ScopedSession

token = typer.Typer(help="Tokens with which programs call the API.", no_args_is_help=True)


def _id_of(session: ScopedSession, email: str) -> int:
    user_id = user_id_by_email(session, email)
    if user_id is None:
        raise NotFound(_("Nobody who may sign in has the address {email}.").format(email=email))
    return user_id


@token.command("make")
def make_command(
    email: Annotated[str, typer.Option("--email", help="Whose rights the token has, at most.")],
    name: Annotated[str, typer.Option("--name", help="What it is for.")],
    write: Annotated[
        bool, typer.Option("--write", help="Write too; without it the token only reads.")
    ] = False,
    only: Annotated[
        str, typer.Option("--only", help="Kinds of record, separated by commas; all when left out.")
    ] = "",
    days: Annotated[
        int, typer.Option("--days", help=f"How long it lives, from 1 to {MOST_DAYS} days.")
    ] = USUAL_DAYS,
    longer: Annotated[
        bool, typer.Option("--longer-than-a-year", help=f"Say that more than {YEAR} days are meant.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print a new token. It is shown this once and stored nowhere."""
    names = [one.strip() for one in only.split(",") if one.strip()]
    with commanded(), unit_of_work(SYSTEM, cause="command line") as work:
        made, text = make_token(
            work, name=name, may_write=write, entities=names or None, days=days, longer_than_a_year=longer,
            user_id=_id_of(work.session, email),
        )  # fmt: skip
    if as_json:
        show({"id": made, "token": text})
    else:
        typer.echo(text)


@token.command("list")
def list_command(
    email: Annotated[str, typer.Option("--email", help="Only those of this person.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show tokens, newest first: whose, how they begin, how far they reach, when last used."""
    with commanded(), reading(SYSTEM) as session:
        rows = (
            list_tokens(session, user_id=_id_of(session, email))
            if email
            else list_tokens(session, everybody=True)
        )
    if as_json:
        show([asdict(row) for row in rows])
        return
    for row in rows:
        reach = f"{'write' if row.may_write else 'read'} {','.join(row.entities or ('all',))}"
        used = f"{here(row.used_at):%Y-%m-%d %H:%M}" if row.used_at else "–"
        typer.echo(
            f"{row.id:>5}  {row.prefix}…  {row.state:8} {here(row.expires_at):%Y-%m-%d}  {used:16}  "
            f"{reach}  {row.name} ({row.who})"
        )


@token.command("revoke")
def revoke_command(token_id: Annotated[int, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """End a token; the next call with it is refused."""
    with commanded(), unit_of_work(SYSTEM, cause="command line") as work:
        name = revoke_token(work, token_id)
    if as_json:
        show({"id": token_id, "name": name, "state": "ended"})
    else:
        typer.echo(_("Token {id} is revoked: {name}").format(id=token_id, name=name))
