"""What every answer says to the browser, and what of a request is believed: one place for headers in both directions."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import Message, Scope, Send

from crm.config import settings
from crm.links import below

#: Where a request keeps that somebody passed it on, when the headers that say so are not believed.
PASSED_ON = "rapport_passed_on"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: What is no page: data, files that somebody made, pictures. Opened by itself it may do nothing at all.
_NO_PAGE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
#: A year; only told where the browser came by HTTPS.
_HSTS = "max-age=31536000"
#: Streamlit's own files have their contents in their names; all else is somebody's data.
_CACHED = ("/static/", "/app/static/", "/_stcore/bidi-components/", "/component/")


def app_policy(script_hashes: Iterable[str]) -> str:
    """The policy of the screens: nothing from elsewhere and no script that Streamlit did not bring.

    Streamlit writes styles into the page, and makes modules of the small scripts of our own (``blob:``).
    """
    scripts = " ".join(["'self'", "blob:", "'wasm-unsafe-eval'", *(f"'{one}'" for one in script_hashes)])
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; media-src 'self' data: blob:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
        "frame-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    )


def guarded(send: Send, scope: Scope, *, secure: bool, policy: str) -> Send:
    """The way back, on which every answer gets the headers that it does not bring itself."""
    path = below(scope["path"])

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            kind = headers.get("content-type", "")
            for name, value in _ALWAYS.items():
                headers.setdefault(name, value)
            is_page = kind.startswith("text/html") and not path.startswith(("/media/", "/api/"))
            # "Not modified" names no kind, and its headers replace those of what the browser has kept: the policy stays.
            if message["status"] != 304:
                headers.setdefault("Content-Security-Policy", policy if is_page else _NO_PAGE)
            if secure:
                headers.setdefault("Strict-Transport-Security", _HSTS)
            if path.startswith(("/media/", "/api/")):
                headers["Cache-Control"] = "no-store"
            elif not path.startswith(_CACHED):
                headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending


def as_it_came(scope: Scope) -> Scope:
    """The request without what a server before us took from forwarding headers that this installation does not trust.

    Uvicorn believes them of whoever asks from the machine itself. Without trust such a request comes from this machine,
    in the clear, whatever it says.
    """
    if settings().trust_proxy:
        return scope
    sent = {name: value for name, value in scope["headers"] if name.startswith(b"x-forwarded-")}
    if not sent:
        return scope
    told = b",".join(v for n, v in scope["headers"] if n == b"x-forwarded-for").decode("latin-1")
    client = scope.get("client")
    if client and told and client[0] in told:
        client = ("127.0.0.1", 0)
    scheme = scope.get("scheme", "http")
    if b"x-forwarded-proto" in sent:
        scheme = "ws" if scope["type"] == "websocket" else "http"
    headers = [pair for pair in scope["headers"] if not pair[0].startswith(b"x-forwarded-")]
    return {**scope, "client": client, "scheme": scheme, "headers": headers, PASSED_ON: True}


def is_secure(connection: HTTPConnection) -> bool:
    """True when the browser speaks HTTPS, also when a trusted proxy in front of us does so for it."""
    forwarded = connection.headers.get("x-forwarded-proto", "") if settings().trust_proxy else ""
    return (forwarded.split(",")[0].strip() or connection.url.scheme) in ("https", "wss")


def address_of(connection: HTTPConnection) -> str:
    """The network address of the browser; behind a trusted proxy the one that the proxy itself saw."""
    forwarded = connection.headers.get("x-forwarded-for", "") if settings().trust_proxy else ""
    last = forwarded.rpartition(",")[2].strip()
    return last or (connection.client.host if connection.client else "")
