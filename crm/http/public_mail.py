"""What the links in messages lead to: a tracked address, saying no, choosing what to get, and rating the service."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from crm.campaigns.consent import preferences
from crm.campaigns.runs import clicks
from crm.errors import NotFound, Refused
from crm.http.public import message, posted, shown, told
from crm.i18n import _
from crm.links import read_token
from crm.service.cases.cases import rate_case
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Case
from db.models.campaigns.segments import CONSENT_CHANNELS, PURPOSES

_PURPOSES, _CHANNELS = dict(PURPOSES), dict(CONSENT_CHANNELS)
MOST_BYTES = 40_000
#: The address does not travel on to the page that it leads to, and nobody keeps the answer.
_GO_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


async def _go(request: Request) -> Response:
    headers = {name.lower(): value for name, value in request.headers.items()}
    by_machine = clicks.is_machine(request.method, headers)
    url = await run_in_threadpool(clicks.follow, request.path_params["token"], by_machine=by_machine)
    return RedirectResponse(url, status_code=302, headers=_GO_HEADERS)


async def _sent(request: Request) -> dict[str, str]:
    """What was posted; a mail program's own POST may carry anything, and the address of the page says enough."""
    try:
        return await posted(request, most_bytes=MOST_BYTES)
    except Refused:
        return {}


async def _unsubscribe(request: Request) -> Response:
    token = request.path_params["token"]
    act = preferences.reader_of
    if request.method == "POST":
        act = preferences.take_back if "undo" in await _sent(request) else preferences.unsubscribe
    reader = await run_in_threadpool(act, token)
    ((purpose, channel), *others) = reader.about
    return await shown(
        "unsubscribe.html",
        token=token,
        reader=reader,
        purpose="" if others else _(_PURPOSES[purpose]),
        channel=_(_CHANNELS[channel]),
    )


async def _preferences(request: Request) -> Response:
    token, is_saved = request.path_params["token"], False
    if request.method == "POST":
        sent = await posted(request, most_bytes=MOST_BYTES)
        ticked = {(p, c) for p in _PURPOSES for c in _CHANNELS if f"{p}.{c}" in sent and "none" not in sent}
        await run_in_threadpool(preferences.save_choices, token, ticked)
        is_saved = True
    reader = await run_in_threadpool(preferences.reader_of, token)
    return await shown(
        "preferences.html",
        token=token,
        reader=reader,
        chosen=await run_in_threadpool(preferences.choices, token),
        purposes=PURPOSES,
        channels=CONSENT_CHANNELS,
        is_saved=is_saved,
    )


def _case_number(token: str) -> tuple[int, str]:
    (case_id,) = read_token("rate", token)
    with reading(SYSTEM) as session:
        case = session.get(Case, case_id)
        if case is None:
            raise NotFound(_("There is nothing to rate here any more."))
        return case_id, case.number


def _rate(case_id: int, score: int, note: str) -> None:
    with unit_of_work(SYSTEM, cause="rating") as work:
        rate_case(work, case_id, score, note, now=work.now)


async def _rating(request: Request) -> Response:
    token, error = request.path_params["token"], ""
    case_id, number = await run_in_threadpool(_case_number, token)
    said = {"score": request.query_params.get("score", ""), "note": ""}
    if request.method == "POST":
        sent = await posted(request, most_bytes=MOST_BYTES)
        said = {name: sent.get(name, "") for name in said}
        try:
            score = int(said["score"]) if said["score"] in ("1", "2", "3", "4", "5") else 0
            await run_in_threadpool(_rate, case_id, score, said["note"])
        except Refused as refused:
            error = refused.message
        else:
            thanks = _("Your answer has arrived. It helps us to do better.")
            return await message(_("Thank you"), thanks)
    scores = (
        (5, _("Very good")), (4, _("Good")), (3, _("Neither good nor bad")), (2, _("Bad")), (1, _("Very bad")),
    )  # fmt: skip
    return await shown(
        "rate.html",
        status=422 if error else 200,
        token=token,
        number=number,
        scores=scores,
        score=said["score"],
        note=said["note"],
        error=error,
    )


async def _nothing(_request: Request) -> Response:
    raise NotFound(_("There is nothing at this address. Copy it whole from the message."))


def mail_routes() -> list[BaseRoute]:
    """The addresses that stand in messages."""
    both = ["GET", "POST"]
    bare = ("/forms", "/go", "/unsubscribe", "/preferences", "/rate")
    return [
        *(Route(path, told(_nothing), methods=both) for path in bare),
        Route("/go/{token:path}", told(_go)),
        Route("/unsubscribe/{token:path}", told(_unsubscribe), methods=both),
        Route("/preferences/{token:path}", told(_preferences), methods=both),
        Route("/rate/{token:path}", told(_rating), methods=both),
    ]
