"""``/files/<id>`` and ``/messages/<id>/original``: what belongs to records, for whoever sees them; saved, never shown here.

A file of a stranger may hold anything. It is handed over to be saved, under a kind that no browser runs.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from crm.errors import CrmError, NotFound
from crm.http.calls.who import who_asks
from crm.http.problems import told
from crm.i18n import _
from crm.mail.receiving.files import File, read_file, read_original

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def _handed_over(file: File) -> Response:
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", file.name)
    told = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    return Response(file.content, media_type=file.kind, headers=_HEADERS | {"Content-Disposition": told})


async def _answer(request: Request, *, original: bool) -> Response:
    number = request.path_params["id"]
    try:
        actor = await run_in_threadpool(who_asks, request.scope)
        # More than a database can count is nobody's file.
        if number >= 2**63:
            raise NotFound(_("There is no file {id}, or you may not see it.").format(id=number))
        file = await run_in_threadpool(read_original if original else read_file, actor, number)
    except CrmError as error:
        return told(error)
    return _handed_over(file)


async def _file(request: Request) -> Response:
    return await _answer(request, original=False)


async def _original(request: Request) -> Response:
    return await _answer(request, original=True)


def file_routes() -> list[BaseRoute]:
    """Files of records, and received messages as they came."""
    return [Route("/files/{id:int}", _file), Route("/messages/{id:int}/original", _original)]
