"""Whether the server lives and can store, and its figures for those who watch it."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

import anyio
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from crm.config import settings
from crm.errors import CrmError, Unavailable
from crm.http.guarding import PASSED_ON
from crm.http.watching.pools import Threads
from crm.i18n import _
from crm.keeping.status import backup_status
from crm.work import SYSTEM, probed, reading
from db.models import Job, Outbox

#: Longer than this a probe does not wait, whatever else stands in line.
LIMIT = 3.0
_threads = Threads(2)


async def health(_request: Request) -> Response:
    """Healthy when the database answers and a row can be stored in it."""
    try:
        with anyio.fail_after(LIMIT):
            await _threads.run(probed)
    except TimeoutError:
        return _down(Unavailable(_("The database does not answer in time.")))
    except CrmError as error:
        return _down(error)
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


def _down(error: CrmError) -> Response:
    body = {"status": "down", "detail": error.message}
    return JSONResponse(body, status_code=503, headers={"Cache-Control": "no-store"})


async def metrics(request: Request) -> Response:
    """Figures in the text format of Prometheus, for this machine or whoever has the token."""
    if not _may_watch(request):
        return PlainTextResponse("Not for you.\n", status_code=403)
    try:
        with anyio.fail_after(LIMIT):
            await _threads.run(probed)
            text = await _threads.run(lambda: "".join(_figures()))
    except (TimeoutError, CrmError):
        text = _figure("rapport_up", "Whether the database answers and stores.", {"": 0})
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


def _may_watch(request: Request) -> bool:
    token = settings().metrics_token
    if token:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    # Behind a proxy everybody comes from this machine.
    through = any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip"))
    through = through or PASSED_ON in request.scope
    return not through and request.client is not None and request.client.host in ("127.0.0.1", "::1")


def _figures() -> Iterator[str]:
    yield _figure("rapport_up", "Whether the database answers and stores.", {"": 1})
    with reading(SYSTEM) as session:
        jobs = session.execute(select(Job.state, func.count()).group_by(Job.state))
        yield _figure("rapport_jobs", "Jobs by state.", {f'{{state="{s}"}}': n for s, n in jobs})
        mails = session.execute(select(Outbox.state, func.count()).group_by(Outbox.state))
        yield _figure(
            "rapport_messages", "Messages of the outbox by state.", {f'{{state="{s}"}}': n for s, n in mails}
        )
    backup = backup_status()
    yield _figure(
        "rapport_last_backup_timestamp_seconds", "When the last backup of the clock ended, 0 for never.",
        {"": backup.at.timestamp() if backup.at else 0},
    )  # fmt: skip
    yield _figure(
        "rapport_backup_problem", "1 when the last backup failed or is late.", {"": bool(backup.problem) + 0}
    )


def _figure(name: str, help_: str, values: dict[str, float]) -> str:
    lines = [f"# HELP {name} {help_}", f"# TYPE {name} gauge"]
    return "\n".join([*lines, *(f"{name}{label} {value}" for label, value in values.items())]) + "\n"
