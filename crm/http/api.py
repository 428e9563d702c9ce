"""The API under ``/api``: every entity of the registry, read and written with the rights of the signed-in person.

Programs read it: times stand in UTC with their offset, and are taken with any; amounts in minor units.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any

import structlog
from fastapi import Depends, FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from crm.access.rules import ON_PEOPLE
from crm.access.sessions import actor_of_session
from crm.errors import Bad, CrmError, NotAllowed, NotFound, Refused
from crm.i18n import _, set_language
from crm.records import registry
from crm.records.checks import check_value
from crm.records.fields import Field
from crm.records.lists import BLANK, list_rows
from crm.records.records import create_record, get_record, shown, update_record
from crm.work import Actor, reading, unit_of_work
from db.scope import READ

log = structlog.get_logger(__name__)

#: Users come with a role, teams and a password; the screen People keeps these together.
NOT_HERE = frozenset({"user"})


FILTERS_HELP = 'JSON, as {"lifecycle": ["customer"], "amount_minor": {"from": 10000}}; a list means one of, "(blank)" nothing'

#: More than a database can count.
RecordId = Annotated[int, Path(lt=2**63)]


class Page(BaseModel):
    """One page of a list; ``next`` asks for the one after it, ``more_than_total`` says that counting stopped."""

    rows: list[dict[str, Any]]
    total: int
    more_than_total: bool
    next: str | None


class Change(BaseModel):
    """New values of some fields and the version of the record they were chosen on."""

    values: dict[str, Any]
    version: int


class NotSignedIn(CrmError):
    """No live session behind the request."""

    status = 401


def asking(request: Request) -> Actor:
    """Who asks, with the rights of this moment."""
    session_hash = request.scope.get("rapport_session")
    actor = actor_of_session(session_hash) if isinstance(session_hash, str) else None
    if actor is None:
        raise NotSignedIn(_("You are not signed in, or your session has ended."))
    set_language(actor.language)
    return actor


Asking = Annotated[Actor, Depends(asking)]


def _demand_read(actor: Actor, entity: str) -> None:
    if entity not in registry.names():
        known = ", ".join(registry.names())
        raise NotFound(
            _("There is no kind of record called “{name}”. Known: {known}.").format(name=entity, known=known)
        )
    if not actor.may(registry.rights_name(entity), READ):
        raise NotAllowed(_("You may not see these records. Ask an administrator if your work needs it."))


def _json(entity: str, values: dict[str, Any]) -> dict[str, Any]:
    about = registry.entity(entity)
    return {name: shown(about, name, _plain(value)) for name, value in values.items()}


def _plain(value: Any) -> Any:
    """No NaN, no NumPy: what JSON can hold."""
    if value is None or value != value:
        return None
    return value.item() if hasattr(value, "item") and not isinstance(value, str) else value


def _filters(entity: str, text: str) -> dict[str, Any]:
    """The conditions of a list as ``list_rows`` takes them, each value checked as one of its field."""
    try:
        wanted = json.loads(text) if text else {}
    except (ValueError, RecursionError) as error:
        raise Refused(_("“filters” is not valid JSON.")) from error
    if not isinstance(wanted, dict):
        raise Refused(_("“filters” is an object of field names and values."))
    fields = registry.entity(entity).by_name
    try:
        # Names that are no fields are refused by the list itself.
        return {name: _condition(fields[name], v) if name in fields else v for name, v in wanted.items()}
    except Bad as bad:
        raise Refused(_("“filters” cannot be used. {why}").format(why=bad)) from bad


def _condition(field: Field, wanted: Any) -> Any:
    one = replace(field, required=False)
    if isinstance(wanted, dict):
        if not wanted or wanted.keys() - {"from", "to"}:
            raise Bad(_("An interval has “from”, “to” or both."))
        return tuple(check_value(one, wanted.get(end)) for end in ("from", "to"))
    if isinstance(wanted, list):
        return [value if value == BLANK else check_value(one, value) for value in wanted]
    return wanted if wanted == BLANK else check_value(one, wanted)


def api() -> FastAPI:
    """The application that is mounted under ``/api``."""
    app = FastAPI(title="Rapport", docs_url=None, redoc_url=None, openapi_url="/openapi.json")

    @app.get("/{entity}")
    def list_(
        entity: str,
        actor: Asking,
        search: str = "",
        filters: Annotated[str, Query(description=FILTERS_HELP)] = "",
        sort: str | None = None,
        descending: bool = False,
        after: str | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
    ) -> Page:
        """One page of an entity's records."""
        _demand_read(actor, entity)
        with reading(actor) as session:
            found = list_rows(
                session, entity, search=search, filters=_filters(entity, filters), sort=sort, descending=descending,
                after=after, limit=limit,
            )  # fmt: skip
        rows = [_json(entity, {str(k): v for k, v in row.items()}) for row in found.rows.to_dict("records")]
        return Page(rows=rows, total=found.total, more_than_total=found.capped, next=found.next_cursor)

    @app.get("/{entity}/{record_id}")
    def one(entity: str, record_id: RecordId, actor: Asking) -> dict[str, Any]:
        """One record with all its values."""
        _demand_read(actor, entity)
        with reading(actor) as session:
            return _json(entity, get_record(session, entity, record_id))

    @app.post("/{entity}", status_code=201)
    def create(entity: str, values: dict[str, Any], actor: Asking) -> dict[str, Any]:
        """A new record; answers with all stored values, ``id`` and ``version`` included."""
        _demand_writable(actor, entity)
        with unit_of_work(actor, cause="API") as work:
            made = create_record(work, entity, values)
        return _json(entity, made)

    @app.patch("/{entity}/{record_id}")
    def update(entity: str, record_id: RecordId, change: Change, actor: Asking) -> dict[str, Any]:
        """Change some values of a record; 409 when somebody else was first."""
        _demand_writable(actor, entity)
        with unit_of_work(actor, cause="API") as work:
            stored = update_record(work, entity, record_id, change.values, seen_version=change.version)
        return _json(entity, stored)

    app.add_exception_handler(CrmError, _told)
    app.add_exception_handler(RequestValidationError, _malformed)
    return app


def _demand_writable(actor: Actor, entity: str) -> None:
    _demand_read(actor, entity)
    if entity in NOT_HERE:
        raise NotAllowed(_(ON_PEOPLE))


def _told(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CrmError)
    body: dict[str, Any] = {"error": type(error).__name__, "detail": error.message}
    if isinstance(error, Refused) and error.problems:
        body["problems"] = [{"field": p.field, "message": p.message} for p in error.problems]
    return JSONResponse(body, status_code=error.status)


def _malformed(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = [{"field": ".".join(map(str, p["loc"])), "message": p["msg"]} for p in error.errors()]
    detail = _("The request is not as it should be.")
    return JSONResponse({"error": "Refused", "detail": detail, "problems": problems}, status_code=422)
