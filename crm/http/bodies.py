"""A call before it reaches the API: its body bounded before it is read, JSON both ways, ``HEAD`` as ``GET``."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm.http.problems import problem
from crm.i18n import _

#: A thousand rows with long texts; one record is far smaller.
MOST_BYTES = 8_000_000


class Bounded:
    """ASGI middleware of the API: no body is longer than it may be, whatever its length was declared as.

    Constants that are no JSON (``NaN``, ``Infinity``), names given twice and nesting without end are refused with a
    sentence, and so is another kind of body or answer than JSON; what passes reaches the API as it was sent. A slash at the
    end of an address means nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope = {**scope, "path": scope["path"].rstrip("/") or "/"}
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        if not _takes_json(headers.get("accept", "")):
            await problem(406, "Refused", _("Answers are JSON. Accept application/json."))(
                scope, receive, send
            )
            return
        if scope["method"] in ("GET", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        declared = headers.get("content-length", "0")
        body = None if not declared.isdecimal() or int(declared) > MOST_BYTES else await _read(receive)
        if body is None:
            text = _("The request is too large; at most {n} megabytes fit.")
            refusal = problem(413, "Refused", text.format(n=MOST_BYTES // 1_000_000))
            await refusal(scope, receive, send)
            return
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if (
            body
            and kind != "application/json"
            and not (kind.startswith("application/") and kind.endswith("+json"))
        ):
            why = _("Bodies are JSON. Send it with “Content-Type: application/json”.")
            await problem(415, "Refused", why)(scope, receive, send)
            return
        if body and (why := _unreadable(body)):
            await problem(422, "Refused", why)(scope, receive, send)
            return
        scope["rapport_body"] = body
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, send)


def _takes_json(accept: str) -> bool:
    """Whether the caller takes what the API answers; who says nothing takes everything."""
    kinds = [one.partition(";") for one in accept.lower().split(",") if one.strip()]
    refused = ("q=0", "q=0.0", "q=0.00", "q=0.000")
    taken = {kind.strip() for kind, _semicolon, rest in kinds if rest.replace(" ", "") not in refused}
    return not kinds or bool(taken & {"*/*", "application/*", "application/json", "application/problem+json"})


def _without_body(send: Send) -> Send:
    async def sending(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return sending


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None when it is too long or its sender left."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > MOST_BYTES:
            return None
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


def _unreadable(body: bytes) -> str:
    """Why a body is no JSON that can be stored; empty when it is."""
    try:
        json.loads(body, parse_constant=_no_number, object_pairs_hook=_once)
    except _Wrong as wrong:
        return str(wrong)
    except (ValueError, RecursionError):
        return _("The body is not valid JSON.")
    return ""


class _Wrong(ValueError):
    """A problem that has its own sentence."""


def _no_number(name: str) -> NoReturn:
    raise _Wrong(_("“{name}” is not a number. Leave the field out, or send null.").format(name=name))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(name for name, _value in pairs).most_common(1)[0][0]
        raise _Wrong(_("“{name}” is given twice. Send each field once.").format(name=twice[:80]))
    return found
