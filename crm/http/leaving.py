"""What leaves under ``/api`` as a file: whole lists, and reports."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from crm.clock import today
from crm.exchange.export import Asked, write_export
from crm.exchange.leaving.asked import filters as asked_for
from crm.http.api import FILTERS_HELP, Entity
from crm.http.calls.once import Asking
from crm.i18n import _
from crm.reporting.asked import asked_report
from crm.reporting.catalogue import kinds, to_json
from crm.reporting.files import report_parts
from crm.work import reading

leaving = APIRouter()
Kind = Literal["csv", "xlsx", "json"]
KINDS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
_PART = 1 << 20
_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in KINDS.values()},
    }
}
REPORT_HELP = 'JSON, as {"from": "2026-01-01", "to": "2026-03-31", "team": ["North"]}; names or e-mails; see the list of reports'


def _sent(file: BinaryIO, name: str, kind: Kind) -> StreamingResponse:
    """The file from disk, which is gone when the last part has left or nobody wants any more."""
    size = file.seek(0, 2)
    file.seek(0)

    def parts() -> Iterator[bytes]:
        with file:
            while part := file.read(_PART):
                yield part

    told = {
        "Content-Disposition": f'attachment; filename="{name}-{today():%Y-%m-%d}.{kind}"',
        # Whoever gets less knows that something is missing.
        "Content-Length": str(size),
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(parts(), media_type=KINDS[kind], headers=told)


@leaving.get("/{entity}/export", response_class=StreamingResponse, responses=_FILES)
def export(
    entity: Entity,
    actor: Asking,
    format: Kind = "csv",
    search: Annotated[str, Query(max_length=500)] = "",
    filters: Annotated[str, Query(description=FILTERS_HELP, max_length=20_000)] = "",
    columns: Annotated[
        str, Query(description="Fields, with commas between them; without it all leave.", max_length=4_000)
    ] = "",
    archived: Annotated[bool, Query(description="Those that were put away instead of those in use.")] = False,
    everything: Annotated[
        bool, Query(description="Those in use and those put away, to bring them in again.")
    ] = False,
) -> StreamingResponse:
    """All records of a list as a file, exact as the screen's export, for those who may export them."""
    file: BinaryIO = tempfile.TemporaryFile(prefix="rapport-export-")  # noqa: SIM115
    names = [name.strip() for name in columns.split(",") if name.strip()]

    def asked(_session: Any) -> Asked:
        return Asked(names or None, search, asked_for(entity, filters), None if everything else archived)

    try:
        write_export(actor, entity, format, file, asked)
    except BaseException:
        file.close()
        raise
    return _sent(file, entity, format)


@leaving.get("/report")
def reports(_actor: Asking) -> dict[str, list[dict[str, Any]]]:
    """The reports there are, and which filters limit each."""
    return {
        "reports": [
            {"report": k.name, "description": _(k.description), "takes": list(k.takes)}
            for k in kinds().values()
        ]
    }


@leaving.get("/report/{name}", response_class=StreamingResponse, responses=_FILES)
def report(
    name: str,
    actor: Asking,
    format: Kind = "json",
    filters: Annotated[str, Query(description=REPORT_HELP, max_length=20_000)] = "",
) -> StreamingResponse:
    """A report's numbers over the records that the caller sees, as the dashboard and the command line tell them."""
    with reading(actor) as session:
        made = to_json(asked_report(session, name, filters))
    file: BinaryIO = tempfile.TemporaryFile(prefix="rapport-report-")  # noqa: SIM115
    for part in report_parts(made, format):
        file.write(part)
    return _sent(file, str(made["report"]), format)
