"""``python -m crm session …`` and ``python -m crm user …``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from crm.access.actors import actor_of, user_id_by_email
from crm.access.sessions import hash_of, sign_out, start_session
from crm.access.users import add_user
from crm.cli_frame import commanded
from crm.errors import NotFound
from crm.i18n import _
from crm.work import SYSTEM, unit_of_work

session = typer.Typer(help="Sessions of signed-in people.", no_args_is_help=True)
user = typer.Typer(help="People who may sign in.", no_args_is_help=True)

Email = Annotated[str, typer.Option("--email", help="The person's e-mail address.")]


def issue_session(email: str) -> str:
    """A cookie value that is signed in as this person.

    Raises
    ------
    NotFound
        Nobody who may sign in has this address.
    """
    with unit_of_work(SYSTEM, cause="command line") as work:
        user_id = user_id_by_email(work.session, email)
        if user_id is None or actor_of(work.session, user_id) is None:
            raise NotFound(_("Nobody who may sign in has the address {email}.").format(email=email))
        return start_session(work, user_id=user_id, how="cli")


@session.command("issue")
def issue(email: Email) -> None:
    """Print a session cookie value for scripts and tests."""
    with commanded():
        print(issue_session(email))


@session.command("end")
def end(token: Annotated[str, typer.Argument(help="The cookie value that was printed.")]) -> None:
    """End a session that was issued."""
    sign_out(hash_of(token))


@user.command("add")
def add(
    email: Email,
    name: Annotated[str, typer.Option("--name", help="The person's name; the address when left out.")] = "",
    role: Annotated[
        str, typer.Option("--role", help="administrator, manager, staff, viewer or a role of your own.")
    ] = "staff",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Add a person, or give a known one another role and password."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else ""
    with commanded(), unit_of_work(SYSTEM, cause="command line") as work:
        user_id = add_user(work, email=email, name=name or email, role=role, password=password)
    print(user_id)
