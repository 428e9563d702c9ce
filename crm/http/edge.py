"""The edge: pure ASGI in front of everything. Without a live session nothing of the firm leaves the house.

A program comes in by its token, where the API stands. Pages redirect to sign-in, web sockets are refused before they open
and closed when their session ends, everything else answers 401. Behind the edge, Streamlit finds who is asking in a
signed header that no client can send.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm.access import setup
from crm.access.sessions import hash_of, is_live
from crm.access.signing import sign
from crm.config import settings
from crm.errors import CrmError
from crm.http.calls.who import CALLED, COOKIE, bearer_of, refusal_of, unknown
from crm.http.guarding import address_of, as_it_came, guarded, is_secure
from crm.http.html import content_security_policy, render_message
from crm.http.problems import problem, told
from crm.http.watching.pools import Threads
from crm.i18n import _
from crm.links import below, local

#: Signed by the edge; ``.streamlit/config.toml`` hands it to ``st.user["session"]``.
HEADER = b"x-crm-session"
#: What anybody may fetch: how to get in, whether the server lives, Streamlit's own files, fonts and mark, and what is
#: meant for strangers: web forms and the links in messages.
OPEN = (
    "/sign-in", "/setup", "/health", "/metrics", "/_stcore/health", "/static", "/app/static", "/auth/login", "/oauth2callback",
    "/forms", "/unsubscribe", "/preferences", "/go", "/rate",
)  # fmt: skip
#: The token in the address is the key here, no cookie is; mail programs post it from their own pages (RFC 8058).
FROM_ANYWHERE = ("/unsubscribe",)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SESSION_ENDED = 4401
__all__ = ["Edge", "House", "address_of", "cookie_name", "is_own_origin", "is_secure", "page", "token_of"]


#: Who is asking is found out beside all else that waits for the database.
_threads = Threads(12)


@dataclass
class House:
    """What the edge has to know about this process.

    Why nothing can be served, the cookie of OpenID Connect, the policy of the screens, and whether a file under ``/media``
    was made for a sign-in.
    """

    problem: str = ""
    oidc_cookie: str = ""
    policy: str = "default-src 'self'; frame-ancestors 'self'"
    may_fetch: Callable[[str, str], bool] = lambda _path, _session_hash: True


def page(text: str, *, status: int = 200, headers: dict[str, str] | None = None) -> HTMLResponse:
    """One of our own HTML pages, never cached, never framed by others, without any script."""
    own = {"Cache-Control": "no-store", "Content-Security-Policy": content_security_policy()}
    return HTMLResponse(text, status_code=status, headers=own | (headers or {}))


def cookie_name(connection: HTTPConnection) -> str:
    """Under HTTPS a name that the browser accepts only with Secure, and only from this host where we have all of it.

    Under a path of our own the name is another, so that what serves the root of the host does not stand in the way.
    """
    if not local(""):
        return f"__Host-{COOKIE}" if is_secure(connection) else COOKIE
    return f"__Secure-{COOKIE}_path" if is_secure(connection) else f"{COOKIE}_path"


def cookie_options(connection: HTTPConnection) -> dict[str, Any]:
    """To whom the browser sends our cookie: to this server alone, also when it shares its host."""
    return {"path": local("") or "/", "secure": is_secure(connection), "httponly": True, "samesite": "lax"}


def token_of(connection: HTTPConnection) -> str | None:
    """The session token a request carries."""
    return connection.cookies.get(cookie_name(connection))


def is_own_origin(connection: HTTPConnection) -> bool:
    """False when another site's page made the browser send this."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = connection.headers.get("origin")
    if not origin:
        return True  # No browser: browsers name the origin of what they send for others.
    hosts = {connection.headers.get("host", "")}
    if settings().trust_proxy:
        hosts.add(connection.headers.get("x-forwarded-host", ""))
    return urlsplit(origin).netloc in hosts - {""}


class Edge:
    """ASGI middleware; see the module."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app, self.house = app, house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        # The header is ours alone: whatever a client sends under its name is dropped.
        scope = as_it_came(scope)
        if below(scope["path"]) == scope["path"]:
            # Asked on the machine itself, or through a proxy that took our path away.
            scope = {**scope, "path": local(scope["path"])}
        scope = {**scope, "headers": [pair for pair in scope["headers"] if pair[0].lower() != HEADER]}
        connection = HTTPConnection(scope)
        if scope["type"] == "http":
            send = guarded(send, scope, secure=is_secure(connection), policy=self.house.policy)
        refusal = await self._refusal(scope, connection)
        if refusal is None:
            token, bearer = token_of(connection), bearer_of(connection)
            if bearer is not None:
                scope["rapport_token"] = hash_of(bearer)
            elif token and not _is_open(below(scope["path"])):
                session_hash = hash_of(token)
                scope["headers"].append((HEADER, sign(session_hash).encode()))
                scope["rapport_session"] = session_hash
                receive = (
                    _while_live(session_hash, receive, send) if scope["type"] == "websocket" else receive
                )
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": SESSION_ENDED})
        else:
            await refusal(scope, receive, send)

    async def _refusal(self, scope: Scope, connection: HTTPConnection) -> Response | None:
        """Why this may not pass, as an answer; None when it may."""
        if self.house.problem:
            return page(render_message(_("Rapport cannot start"), self.house.problem), status=503)
        path = below(scope["path"])
        unsafe = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if unsafe and not is_own_origin(connection) and not _is_among(FROM_ANYWHERE, path):
            return problem(403, "NotAllowed", _("Sent from another site."))
        # A web socket is never open: only Streamlit speaks through one, under whatever path.
        if scope["type"] == "http" and _is_open(path):
            return None
        token, bearer = token_of(connection), bearer_of(connection)
        try:
            if bearer is not None:
                return await _threads.run(refusal_of, connection, bearer)
            live = token is not None and await _threads.run(is_live, hash_of(token))
            if live and path.startswith("/media/") and not self.house.may_fetch(path, hash_of(token or "")):
                return problem(
                    404, "NotFound", _("This file was not made for you, or is gone. Make it again.")
                )
            if live:
                return None
            return await self._ask(scope, connection)
        except CrmError as error:
            return told(error)

    async def _ask(self, scope: Scope, connection: HTTPConnection) -> Response:
        path = below(scope["path"])
        wants_page = (
            scope["type"] == "http"
            and scope["method"] in ("GET", "HEAD")
            and "text/html" in connection.headers.get("accept", "")
            and not path.startswith("/api/")
        )
        if not wants_page:
            detail = _("You are not signed in, or your session has ended. Sign in and try again.")
            return unknown(detail) if path.startswith(CALLED) else problem(401, "NotSignedIn", detail)
        if self.house.oidc_cookie and self.house.oidc_cookie in connection.cookies:
            return _lead("/sign-in/oidc/done")
        if await _threads.run(setup.is_needed):
            return _lead("/setup")
        query = scope.get("query_string", b"").decode("latin-1")
        wanted = scope["path"] + (f"?{query}" if query else "")
        return _lead("/sign-in" if below(wanted) == "/" else f"/sign-in?next={quote(wanted, safe='/')}")


def _lead(path: str) -> Response:
    return RedirectResponse(local(path), status_code=307, headers={"Cache-Control": "no-store"})


def _is_open(path: str) -> bool:
    return _is_among(OPEN, path)


def _is_among(starts: tuple[str, ...], path: str) -> bool:
    return any(path == start or path.startswith(f"{start}/") for start in starts)


def _while_live(session_hash: str, receive: Receive, send: Send) -> Receive:
    """Hand on what the browser says while its session lives; then close, so that no open tab outlives a sign-out."""

    async def listen() -> Message:
        message: Message = await receive()
        if message["type"] == "websocket.receive" and not await _threads.run(_still_live, session_hash):
            await send({"type": "websocket.close", "code": SESSION_ENDED})
            closed: dict[str, Any] = {"type": "websocket.disconnect", "code": SESSION_ENDED}
            return closed
        return message

    return listen


def _still_live(session_hash: str) -> bool:
    try:
        return is_live(session_hash)
    except CrmError:
        # The database does not answer; the page says so itself, and shows nothing either.
        return True
