"""Who makes a call: a program by its token, or a browser by its session."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from crm.access.sessions import actor_of_session, hash_of
from crm.access.sign_in import TooManyTries, note_try
from crm.access.tokens.tokens import caller_of, is_live
from crm.errors import CrmError
from crm.http.guarding import address_of
from crm.http.problems import problem, told
from crm.i18n import _
from crm.links import below
from crm.work import Actor

COOKIE = "rapport_session"
#: What a token opens; screens and their socket are for people.
CALLED = ("/api/", "/files/", "/messages/")


class NotSignedIn(CrmError):
    """No live session and no live token behind the request."""

    status = 401


def bearer_of(connection: HTTPConnection) -> str | None:
    """The token that a call carries where tokens count; None where it carries none."""
    if connection.scope["type"] != "http" or not below(connection.scope["path"]).startswith(CALLED):
        return None
    scheme, _blank, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def refusal_of(connection: HTTPConnection, token: str) -> Response | None:
    """Why a call with this token may not pass, as an answer; None when it may.

    Wrong ones are counted by address and by token as failed sign-ins are. A right one passes all the same, as a known
    browser does: it cannot be guessed, and whoever tries keeps nobody out.
    """
    try:
        if is_live(hash_of(token)):
            return None
        note_try(f"token {token}", f"API {address_of(connection)}")
    except TooManyTries as many:
        answer = told(many)
        answer.headers["Retry-After"] = str(many.retry_after)
        return answer
    text = _("This token is not known, was revoked or has expired. Make another one under your name.")
    return unknown(text, wrong=True)


def unknown(detail: str, *, wrong: bool = False) -> Response:
    """401, with how one would be let in (RFC 6750)."""
    answer = problem(401, "NotSignedIn", detail)
    answer.headers["WWW-Authenticate"] = 'Bearer realm="Rapport"' + (
        ', error="invalid_token"' if wrong else ""
    )
    return answer


def who_asks(scope: Scope) -> Actor:
    """Who asks, with the rights of this moment; of a token also under which name its writes stand in the log.

    Raises
    ------
    NotSignedIn
        The session or token ended since it passed the edge.
    """
    if (token_hash := scope.get("rapport_token")) is not None:
        caller = caller_of(token_hash)
        actor = None if caller is None else caller.actor
        if caller is not None:
            scope["rapport_caller"] = (f"token {caller.token_id}", f"API: {caller.name}"[:60])
    else:
        session_hash = scope.get("rapport_session")
        actor = actor_of_session(session_hash) if isinstance(session_hash, str) else None
    if actor is None:
        raise NotSignedIn(_("You are not signed in, or your session has ended."))
    return actor
