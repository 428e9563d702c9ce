"""Problems over HTTP, in the form of RFC 9457, with the fields that need attention by name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from crm.errors import Conflict, CrmError, Problem, Refused


def problem(
    status: int, error: str, detail: str, *, problems: Iterable[Problem] = (), **more: Any
) -> Response:
    """One problem as ``application/problem+json``; ``error`` is its kind in one word."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "error": error,
        "detail": detail,
        **more,
    }
    if listed := [{"field": one.field, "message": one.message} for one in problems]:
        body["problems"] = listed
    # In ASCII: what was sent may hold halves of characters, which no other form can give back.
    return Response(
        json.dumps(body, default=str),
        status_code=status,
        media_type="application/problem+json",
        headers={"Cache-Control": "no-store"},
    )


def told(error: CrmError) -> Response:
    """A problem of ours; after a stale change with the version that is stored now and both values."""
    more: Mapping[str, Any] = {}
    if isinstance(error, Conflict) and error.version is not None:
        more = {"version": error.version, "mine": error.mine, "theirs": error.theirs}
    problems = error.problems if isinstance(error, Refused) else ()
    return problem(error.status, type(error).__name__, error.message, problems=problems, **more)
