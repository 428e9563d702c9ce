"""The API under ``/api``: every entity of the registry, read and written with the rights of a person or their token.

Programs read it: times stand in UTC with their offset, and are taken with any; amounts in minor units.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Response
from pydantic import BaseModel, ConfigDict
from pydantic import Field as About

from crm.access.rules import ON_PEOPLE
from crm.errors import Conflict, CrmError, NotAllowed, Problem, Refused
from crm.exchange.export import known_kind
from crm.exchange.leaving.asked import filters as asked_for
from crm.http.bodies import Bounded
from crm.http.calls.once import Asking, Calling
from crm.http.calls.telling import describing, known_parameters, tell_problems
from crm.i18n import _
from crm.records import registry
from crm.records.lists import list_rows
from crm.records.records import (
    archive_record,
    create_record,
    delete_record,
    get_record,
    restore_record,
    shown,
    update_record,
)
from crm.work import Actor, Work, reading
from db.scope import CREATE, DELETE, EXPORT, READ, UPDATE

#: Users come with a role, teams and a password; the screen People keeps these together.
NOT_HERE = frozenset({"user"})


FILTERS_HELP = 'JSON, as {"lifecycle": ["customer"], "amount_minor": {"from": 10000}}; a list means one of, "(blank)" nothing'

#: As many rows as a list shows at once.
SCREENFUL = 50
#: More than a database can count.
RecordId = Annotated[int, Path(lt=2**63)]


class Page(BaseModel):
    """One page of a list; ``next`` asks for the one after it, ``more_than_total`` says that counting stopped."""

    rows: list[dict[str, Any]]
    total: int
    more_than_total: bool
    next: str | None


class Sent(BaseModel):
    """A body in which a name that means nothing is refused: it is a mistake, and would be lost without a word."""

    model_config = ConfigDict(extra="forbid")


class Change(Sent):
    """New values of some fields and the version of the record they were chosen on, unless ``If-Match`` says it."""

    values: dict[str, Any]
    version: int | None = About(None, ge=0, lt=2**31)


class Rows(Sent):
    """Up to 1,000 records at once, all stored or none.

    A row without ``id`` is a new record; one with ``id`` and ``version`` changes the record it names.
    """

    rows: list[dict[str, Any]] = About(min_length=1, max_length=1_000)


class Stored(BaseModel):
    """What became of each row, in the order in which they were sent."""

    rows: list[dict[str, Any]]


def _demand_read(actor: Actor, entity: str) -> None:
    known_kind(entity)
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


Version = Annotated[int | None, Query(ge=0, lt=2**31)]
Matched = Annotated[
    str | None, Header(alias="If-Match", max_length=40, description="The ETag of the record that was read.")
]
Entity = Annotated[str, Path(max_length=40)]


def _etag(values: dict[str, Any]) -> str:
    """The version; of what only hangs on another record and has none, a mark of all its values."""
    if "version" in values:
        return f'"{values["version"]}"'
    plain = {n: v.astimezone(UTC) if isinstance(v, datetime) else _plain(v) for n, v in values.items()}
    return f'"{sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()[:16]}"'


def _tagged(entity: str, values: dict[str, Any]) -> tuple[dict[str, Any], str]:
    return _json(entity, values), _etag(values)


def _seen(work: Work, entity: str, record_id: int, matched: str | None, version: int | None) -> int:
    """The version that the caller saw.

    Raises
    ------
    Refused
        Neither the header nor the body says it, or they differ.
    Conflict
        The record has no version, and is not the one any more whose ETag the header gives.
    """
    if matched and not hasattr(registry.model(entity), "version"):
        if matched.strip().removeprefix("W/") != _etag(get_record(work.session, entity, record_id)):
            raise Conflict(
                _("Someone else changed this record meanwhile. Nothing was stored; read it again.")
            )
        return version or 1
    tag = (matched or "").strip().removeprefix("W/").strip('"')
    if tag and (not tag.isascii() or not tag.isdecimal() or len(tag) > 9):
        raise Refused(
            _("“If-Match” is not an ETag of this record."), problems=[Problem("If-Match", matched or "")]
        )
    said = {int(tag)} if tag else set()
    said |= set() if version is None else {version}
    if len(said) != 1:
        text = _("Say which version you saw: in “version”, or its ETag in “If-Match”.")
        raise Refused(text, problems=[Problem("version", text)])
    return said.pop()


def api(*more: APIRouter) -> FastAPI:
    """The application that is mounted under ``/api``, with what is special about some kinds of record."""
    app = FastAPI(
        title="Rapport",
        version="1",
        description="Every kind of record, read and written with the rights of whoever asks. Problems are RFC 9457.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        dependencies=[Depends(known_parameters)],
    )
    app.add_middleware(Bounded)
    # Before those of any record, which would take their addresses.
    for router in more:
        app.include_router(router)

    @app.get("/{entity}")
    def list_(
        entity: Entity,
        actor: Asking,
        search: Annotated[str, Query(max_length=500)] = "",
        filters: Annotated[str, Query(description=FILTERS_HELP, max_length=20_000)] = "",
        sort: Annotated[str | None, Query(max_length=80)] = None,
        descending: bool = False,
        after: Annotated[str | None, Query(max_length=2_000)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        archived: Annotated[
            bool, Query(description="Those that were put away instead of those in use.")
        ] = False,
    ) -> Page:
        """One page of an entity's records; more than a screen's 50 at once for those who may export them."""
        _demand_read(actor, entity)
        if limit > SCREENFUL and not actor.may(registry.rights_name(entity), EXPORT):
            text = _("Your role does not export these records: at most {n} come at once.").format(n=SCREENFUL)
            raise NotAllowed(text)
        with reading(actor) as session:
            found = list_rows(
                session, entity, search=search, filters=asked_for(entity, filters), sort=sort, descending=descending,
                after=after, limit=limit, archived=archived,
            )  # fmt: skip
        rows = [_json(entity, {str(k): v for k, v in row.items()}) for row in found.rows.to_dict("records")]
        return Page(rows=rows, total=found.total, more_than_total=found.capped, next=found.next_cursor)

    @app.get("/{entity}/{record_id}")
    def one(entity: Entity, record_id: RecordId, actor: Asking, response: Response) -> dict[str, Any]:
        """One record with all its values; its version is the ETag."""
        _demand_read(actor, entity)
        with reading(actor) as session:
            found = get_record(session, entity, record_id)
        response.headers["ETag"] = _etag(found)
        return _json(entity, found)

    @app.post("/{entity}", status_code=201, response_model=dict[str, Any])
    def create(entity: Entity, values: dict[str, Any], call: Calling) -> Response:
        """A new record; answers with all stored values, ``id`` and ``version`` included."""
        _demand_writable(call.actor, entity, CREATE)
        return call.write(
            lambda work: _tagged(entity, create_record(work, entity, values)), entity=entity, status=201
        )

    @app.post("/{entity}/bulk", response_model=Stored)
    def bulk(entity: Entity, sent: Rows, call: Calling) -> Response:
        """Up to 1,000 records made and changed in one transaction: all are stored, or none."""
        _demand_writable(call.actor, entity, CREATE, UPDATE)

        def act(work: Work) -> tuple[Any, str]:
            return {"rows": [_json(entity, row) for row in _stored_all(work, entity, sent.rows)]}, ""

        return call.write(act, entity=entity)

    @app.patch("/{entity}/{record_id}", response_model=dict[str, Any])
    def update(
        entity: Entity, record_id: RecordId, change: Change, call: Calling, matched: Matched = None
    ) -> Response:
        """Change some values of a record; 409 when somebody else was first."""
        _demand_writable(call.actor, entity, UPDATE)

        def act(work: Work) -> tuple[Any, str]:
            seen = _seen(work, entity, record_id, matched, change.version)
            return _tagged(entity, update_record(work, entity, record_id, change.values, seen_version=seen))

        return call.write(act, entity=entity)

    @app.delete("/{entity}/{record_id}", response_model=dict[str, Any])
    def archive(
        entity: Entity,
        record_id: RecordId,
        call: Calling,
        version: Version = None,
        matched: Matched = None,
    ) -> Response:
        """Put a record away; lines and the like, which only hang on another record, are gone for good."""
        _demand_writable(call.actor, entity, DELETE)

        def act(work: Work) -> tuple[Any, str]:
            seen = _seen(work, entity, record_id, matched, version)
            if hasattr(registry.model(entity), "archived_at"):
                return _tagged(entity, archive_record(work, entity, record_id, seen_version=seen))
            delete_record(work, entity, record_id, seen_version=seen)
            return {"id": record_id, "deleted": True}, ""

        return call.write(act, entity=entity)

    @app.post("/{entity}/{record_id}/restore", response_model=dict[str, Any])
    def restore(
        entity: Entity,
        record_id: RecordId,
        call: Calling,
        version: Version = None,
        matched: Matched = None,
    ) -> Response:
        """Take a record back that was put away."""
        _demand_writable(call.actor, entity, DELETE)
        if not hasattr(registry.model(entity), "archived_at"):
            raise Refused(_("These records are not put away, so none can be taken back."))

        def act(work: Work) -> tuple[Any, str]:
            seen = _seen(work, entity, record_id, matched, version)
            return _tagged(entity, restore_record(work, entity, record_id, seen_version=seen))

        return call.write(act, entity=entity)

    app.openapi = describing(app)  # type: ignore[method-assign]
    tell_problems(app)
    return app


def _stored_all(work: Work, entity: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every row stored, or every complaint of every row at once, as ``rows.3.name``."""
    stored: list[dict[str, Any]] = []
    wrong: list[Problem] = []
    for at, row in enumerate(rows):
        try:
            with work.session.begin_nested():
                stored.append(_stored_one(work, entity, row))
        except Refused as refused:
            found = refused.problems or (Problem("", refused.message),)
            wrong += [Problem(f"rows.{at}.{one.field}".rstrip("."), one.message) for one in found]
        except CrmError as error:
            error.message = f"rows.{at}: {error.message}"
            raise
    if wrong:
        text = _("Nothing was stored: {n} values of the rows need attention.").format(n=len(wrong))
        raise Refused(text, problems=wrong)
    return stored


def _stored_one(work: Work, entity: str, row: dict[str, Any]) -> dict[str, Any]:
    if row.get("id") is None:
        return create_record(work, entity, {k: v for k, v in row.items() if k != "version"})
    values = {k: v for k, v in row.items() if k not in ("id", "version")}
    numbers = {name: row.get(name) for name in ("id", "version")}
    for name, value in numbers.items():
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**62:
            raise Refused("", problems=[Problem(name, _("A whole number is needed."))])
    return update_record(work, entity, int(row["id"]), values, seen_version=int(row["version"]))


def _demand_writable(actor: Actor, entity: str, *actions: str) -> None:
    """Whoever can do none of this to any record is told so before a rule speaks."""
    _demand_read(actor, entity)
    if entity in NOT_HERE:
        raise NotAllowed(_(ON_PEOPLE))
    # What hangs on another record is part of it: a line more is a change of its deal.
    hangs = isinstance(registry.model(entity).__guard__, tuple)
    if not any(actor.may(registry.rights_name(entity), UPDATE if hangs else action) for action in actions):
        raise NotAllowed(_("You may not do this. Ask an administrator if your work needs it."))
