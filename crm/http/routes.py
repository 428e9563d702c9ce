"""Addresses that are no screens: sign-in, sign-out, setup, who am I, health, the API, our static files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from crm.access import setup, sign_in
from crm.access.members.invitations import mail_goes
from crm.access.sessions import actor_of_session, hash_of, is_live, note_device, sign_out
from crm.config import settings
from crm.errors import CrmError, Refused
from crm.http import html
from crm.http.edge import address_of, cookie_name, cookie_options, page, token_of
from crm.http.entry.passwords import link_of, password_routes
from crm.http.files import file_routes
from crm.http.language import country_asked, device_of, spoken
from crm.http.public import posted
from crm.http.public_forms import form_routes
from crm.http.public_mail import mail_routes
from crm.http.watching.health import health, metrics
from crm.i18n import _
from crm.links import below, local

#: Where screens stood before, and where they stand now.
MOVED = {"unit": "equipment", "visits": "work_orders", "plans": "maintenance_plans"}
STATIC = Path(__file__).parents[2] / "static"
#: Longer forms than ours can be are not read.
MAX_FORM = 20_000

#: What the provider of OpenID Connect said about the person of this request; None when nothing that holds.
Claims = Callable[[Request], Mapping[str, object] | None]


def next_of(value: object) -> str:
    """The address to go on to; only one of this server, never ``//elsewhere`` nor ``/\\elsewhere``."""
    wanted = str(value or local("/"))
    parts = urlsplit(wanted)
    own = html.is_own_address(wanted) and not parts.netloc and wanted.isprintable()
    path = below(parts.path)
    own = own and parts.path == local(path) and not path.startswith(("/sign-in", "/sign-out", "/setup"))
    return wanted if own else local("/")


def signed_in(request: Request, token: str, location: str) -> Response:
    """Go on with the new session in a cookie that scripts cannot read and other sites' requests do not carry."""
    device = device_of(request.headers.get("user-agent", ""))
    response = RedirectResponse(
        location, status_code=303, headers={"Cache-Control": "no-store"},
        background=BackgroundTask(run_in_threadpool, note_device, hash_of(token), device),
    )  # fmt: skip
    response.set_cookie(
        cookie_name(request), token, max_age=int(settings().session_days * 86_400), **cookie_options(request)
    )
    return response


def signed_out(request: Request, response: Response) -> Response:
    """Let the browser forget its cookie."""
    response.delete_cookie(cookie_name(request), **cookie_options(request))
    return response


async def form_of(request: Request) -> dict[str, str]:
    """The texts of a posted form."""
    return await posted(request, most_bytes=MAX_FORM, most_fields=20)


def sign_in_routes(
    oidc_login: Callable[[], str] | None = None, claims: Claims | None = None
) -> list[BaseRoute]:
    """Sign-in by form, by a click in the sample company, and by OpenID Connect where it is configured."""

    async def shown(
        *, status: int = 200, headers: dict[str, str] | None = None, **values: object
    ) -> Response:
        people = await run_in_threadpool(sign_in.sample_people)
        needed = await run_in_threadpool(setup.is_needed)
        text_ = html.render_sign_in(
            sample_people=people, oidc=oidc_login is not None, setup=needed, mail=mail_goes(), **values  # type: ignore[arg-type]
        )  # fmt: skip
        return page(text_, status=status, headers=headers)

    async def form(request: Request) -> Response:
        token = token_of(request)
        target = next_of(request.query_params.get("next"))
        live = token is not None and await run_in_threadpool(is_live, hash_of(token))
        if live:
            return RedirectResponse(target, status_code=303)
        return await shown(next_url=target)

    async def submit(request: Request) -> Response:
        sent = await form_of(request)
        target, email = next_of(sent.get("next")), sent.get("email", "")
        try:
            token = await run_in_threadpool(
                sign_in.sign_in, email=email, password=sent.get("password", ""), address=address_of(request),
                old_token=token_of(request),
            )  # fmt: skip
        except sign_in.MustChange as must:
            way = await run_in_threadpool(link_of, must.user_id)
            return RedirectResponse(local(way), status_code=303, headers={"Cache-Control": "no-store"})
        except sign_in.TooManyTries as many:
            wait = {"Retry-After": str(many.retry_after)}
            return await shown(
                status=429, headers=wait, next_url=target, email=email, wait_seconds=many.retry_after
            )
        except CrmError as error:
            return await shown(status=error.status, next_url=target, email=email, error=error.message)
        return signed_in(request, token, target)

    async def sign_in_(request: Request) -> Response:
        return await (submit(request) if request.method == "POST" else form(request))

    async def become(request: Request) -> Response:
        sent = await form_of(request)
        chosen = sent.get("user_id", "")
        token = await run_in_threadpool(
            sign_in.sign_in_as, user_id=int(chosen) if chosen.isdecimal() else 0, old_token=token_of(request)
        )
        return signed_in(request, token, next_of(sent.get("next")))

    async def leave(request: Request) -> Response:
        if token := token_of(request):
            await run_in_threadpool(sign_out, hash_of(token))
        return signed_out(request, RedirectResponse(local("/sign-in"), status_code=303))

    routes: list[BaseRoute] = [
        Route("/sign-in", said(sign_in_), methods=["GET", "POST"]),
        Route("/sign-in/as", said(become), methods=["POST"]),
        Route("/sign-out", said(leave), methods=["POST"]),
        *password_routes(signed_in, said),
    ]
    if oidc_login is not None and claims is not None:
        routes += oidc_routes(oidc_login, claims)
    return routes


def oidc_routes(oidc_login: Callable[[], str], claims: Claims) -> list[BaseRoute]:
    """There to the provider, and back with its word."""

    async def go(_request: Request) -> Response:
        return RedirectResponse(oidc_login(), status_code=303, headers={"Cache-Control": "no-store"})

    async def done(request: Request) -> Response:
        try:
            token = await run_in_threadpool(
                sign_in.sign_in_by_claims, claims(request) or {}, old_token=token_of(request)
            )
            response = signed_in(request, token, local("/"))
        except CrmError as error:
            link = html.Link("/sign-in", _("Back to sign-in"))
            response = page(html.render_message(_("Not signed in"), error.message, link), status=error.status)
        # The provider's word was taken; kept, it would sign in again after a sign-out.
        for name in request.cookies:
            if name.startswith("_streamlit_user"):
                response.delete_cookie(name, path=local("") or "/")
        return response

    return [Route("/sign-in/oidc", said(go)), Route("/sign-in/oidc/done", said(done))]


def said(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint in the reader's language, with problems told on a page instead of a trace."""

    async def answer(request: Request) -> Response:
        spoken(request)
        try:
            return await endpoint(request)
        except CrmError as error:
            link = html.Link("/sign-in", _("Back to sign-in"))
            return page(html.render_message(_("That did not work"), error.message, link), status=error.status)

    return answer


async def setup_(request: Request) -> Response:
    """The first visit: try the sample company or start empty."""
    if not await run_in_threadpool(setup.is_needed):
        return RedirectResponse(local("/sign-in"), status_code=303)
    if request.method == "POST":
        return await _set_up(request)
    loading, problem = await run_in_threadpool(setup.sample_state)
    if loading:
        waiting = _(
            "Customers, deals and talks of three years are being written. This page goes on by itself."
        )
        text_ = html.render_message(_("The sample company is moving in"), waiting)
        return page(text_, headers={"Refresh": f"1; url={local('/setup')}"})
    return page(
        html.render_setup(
            error=problem, token_needed=setup.needs_token(), values={"country": country_asked(request)}
        )
    )


async def _set_up(request: Request) -> Response:
    sent = await form_of(request)
    known: dict[str, Any] = {"token": sent.get("setup_token", ""), "address": address_of(request)}
    try:
        if sent.get("choice") == "sample":
            await run_in_threadpool(setup.begin_sample, **known)
            return RedirectResponse(local("/setup"), status_code=303)
        if sent.get("password") != sent.get("password_again"):
            raise Refused(_("The two passwords differ. Enter the same one twice."))
        person = setup.FirstPerson(
            name=sent.get("name", ""), email=sent.get("email", ""), password=sent.get("password", ""),
            firm=sent.get("firm", ""), currency=sent.get("currency", ""), country=sent.get("country", ""),
            time_zone=sent.get("time_zone", ""),
        )  # fmt: skip
        return signed_in(request, await run_in_threadpool(setup.start_empty, person, **known), local("/"))
    except CrmError as error:
        needed = getattr(error, "problems", ())
        text_ = html.render_setup(
            error=error.message, token_needed=setup.needs_token(), values=sent,
            wrong=frozenset(problem.field for problem in needed),
        )  # fmt: skip
        return page(text_, status=error.status)


async def me(request: Request) -> Response:
    """Who is signed in; open tabs ask it to notice a sign-out elsewhere."""
    actor = await run_in_threadpool(actor_of_session, request.scope["rapport_session"], in_use=False)
    if actor is None:
        return JSONResponse({"error": "NotSignedIn"}, status_code=401)
    return JSONResponse({"name": actor.name, "role": actor.role}, headers={"Cache-Control": "no-store"})


def moved_routes() -> list[BaseRoute]:
    """Addresses that screens had before; what stands behind the question mark goes along under its new name."""

    def moved(old: str, new: str) -> Route:
        async def lead(request: Request) -> Response:
            begun = f"{old}_"
            given = [
                (f"{new}_{name.removeprefix(begun)}" if name.startswith(begun) else name, value)
                for name, value in request.query_params.multi_items()
            ]
            address = local(f"/{new}")
            return RedirectResponse(f"{address}?{urlencode(given)}" if given else address, status_code=308)

        return Route(f"/{old}", lead)

    return [moved(old, new) for old, new in MOVED.items()]


@cache
def load_api() -> ASGIApp:
    """The API, made when it is first needed: what it is made of takes as long to load as all screens."""
    from crm.http.api import api
    from crm.http.leaving import leaving
    from crm.http.threads import threads

    return api(threads, leaving)


async def _api(scope: Scope, receive: Receive, send: Send) -> None:
    made = await run_in_threadpool(load_api)
    await made(scope, receive, send)


def routes(oidc_login: Callable[[], str] | None = None, claims: Claims | None = None) -> list[BaseRoute]:
    """All of them, for ``st.App``, under the path that we live under; with both arguments also OpenID Connect."""
    made = [
        *sign_in_routes(oidc_login, claims),
        Route("/setup", said(setup_), methods=["GET", "POST"]),
        Route("/auth/me", me),
        Route("/health", health),
        Route("/metrics", metrics),
        *form_routes(),
        *mail_routes(),
        *file_routes(),
        *moved_routes(),
        Mount("/api", app=_api),
        # Streamlit looks beside the script it runs, which is not where the files are in every way to start.
        Mount("/app/static", app=StaticFiles(directory=STATIC)),
    ]
    return [_moved_in(route) for route in made] if local("") else made


def _moved_in(route: BaseRoute) -> BaseRoute:
    if isinstance(route, Mount):
        return Mount(local(route.path), app=route.app)
    assert isinstance(route, Route)
    return Route(local(route.path), route.endpoint, methods=list(route.methods or ()))
