"""The pages by which people choose a password: from an invitation, after forgetting one, at the first sign-in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from crm.access.members import invitations
from crm.access.passwords import MIN_LENGTH
from crm.access.sign_in import TooManyTries
from crm.errors import CrmError
from crm.http import html
from crm.http.edge import address_of, page
from crm.http.public import posted
from crm.i18n import _
from crm.links import local
from crm.work import SYSTEM, unit_of_work

Endpoint = Callable[[Request], Awaitable[Response]]
_MOST = 20_000


def link_of(user_id: int) -> str:
    """The path to a password of one's own, for somebody who proved the present one."""
    with unit_of_work(SYSTEM, cause="password") as work:
        return invitations.link_to_change(work, user_id)


def _asked(email: str, address: str) -> None:
    """Nobody waits for this and nobody learns how it went."""
    try:
        invitations.forgotten(email, address=address)
    except TooManyTries:
        return


async def _forgotten(request: Request) -> Response:
    if request.method == "GET":
        return page(html.render_page("forgotten.html", mail=invitations.mail_goes()))
    sent = await posted(request, most_bytes=_MOST, most_fields=5)
    said = _(
        "If somebody here has this address, a link to a new password is on its way. It works once, within an hour."
    )
    answer = page(
        html.render_message(_("Look into your mail"), said, html.Link("/sign-in", _("Back to sign-in")))
    )
    # The answer goes out before anything is looked up, so that its time tells nothing either.
    answer.background = BackgroundTask(run_in_threadpool, _asked, sent.get("email", ""), address_of(request))
    return answer


def password_routes(
    signed_in: Callable[[Request, str, str], Response], said: Callable[[Endpoint], Endpoint]
) -> list[BaseRoute]:
    """Ask for a link, and choose a password by one."""

    async def choose(request: Request) -> Response:
        token = request.path_params["token"]
        who = await run_in_threadpool(invitations.holder, token)
        error, status = "", 200
        if request.method == "POST":
            sent = await posted(request, most_bytes=_MOST, most_fields=5)
            try:
                if sent.get("password") != sent.get("password_again"):
                    error, status = _("The two passwords differ. Enter the same one twice."), 422
                else:
                    session = await run_in_threadpool(
                        invitations.choose_password, token, sent.get("password", "")
                    )
                    return signed_in(request, session, local("/"))
            except CrmError as problem:
                error, status = problem.message, problem.status
        text = html.render_page("password.html", token=token, who=who, error=error, min_password=MIN_LENGTH)
        return page(text, status=status)

    both = ["GET", "POST"]
    return [
        Route("/sign-in/forgotten", said(_forgotten), methods=both),
        Route(f"{invitations.PATH}/{{token}}", said(choose), methods=both),
    ]
