"""What strangers may open: web forms, and the links that messages carry. No account, no cookie, no script."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from crm.errors import CrmError, Refused
from crm.firm.firm import firm
from crm.http.edge import page
from crm.http.html import render_page
from crm.http.language import spoken
from crm.i18n import _
from crm.work import SYSTEM, reading

Endpoint = Callable[[Request], Awaitable[Response]]


def told(endpoint: Endpoint) -> Endpoint:
    """The endpoint in the reader's language; problems are a sentence on a page that leads nowhere."""

    async def answer(request: Request) -> Response:
        spoken(request)
        try:
            return await endpoint(request)
        except CrmError as error:
            return await message(_("That did not work"), error.message, status=error.status)

    return answer


async def shown(template: str, *, status: int = 200, **values: object) -> Response:
    """A page from its template, under the name of the firm."""
    brand = await run_in_threadpool(_firm_name)
    return page(render_page(template, brand=brand, **values), status=status)


async def message(title: str, text: str, *, status: int = 200) -> Response:
    """A page with one message that leads nowhere."""
    return await shown("message.html", status=status, title=title, text=text, link=None)


def _firm_name() -> str:
    with reading(SYSTEM) as session:
        return firm(session).name


async def posted(request: Request, *, most_bytes: int, most_fields: int = 80) -> dict[str, str]:
    """The texts of a posted form, read only when it is as long as one of ours can be.

    Raises
    ------
    Refused
        It is longer, says no length, carries files, or cannot be read.
    """
    length = request.headers.get("content-length", "")
    if not length.isascii() or not length.isdecimal() or int(length) > most_bytes:
        raise Refused(_("The form is too large."))
    try:
        async with request.form(max_files=0, max_fields=most_fields) as form:
            return {name: _whole(value) for name, value in form.items() if isinstance(value, str)}
    except (HTTPException, UnicodeDecodeError) as error:
        raise Refused(_("The form could not be read. Go back and send it again.")) from error


def _whole(text: str) -> str:
    """The text without halves of characters, which some encodings smuggle in and no page can show."""
    return text.encode("utf-8", "replace").decode("utf-8")
