"""What hangs on records under ``/api``: the thread of a case with answers by who has read it, and files."""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from crm.errors import Problem, Refused
from crm.http.api import Entity, RecordId, Sent
from crm.http.calls.once import Asking, Calling
from crm.i18n import _
from crm.mail.record_files import attach, list_files, put_back, remove_file
from crm.service.cases.answers import MOST_COPIES, Extras
from crm.service.cases.cases import reply
from crm.service.cases.crossing import Seen, seen_now
from crm.service.cases.messages import list_thread
from crm.work import Work, reading

threads = APIRouter()


class Thread(BaseModel):
    """What was said in a case, and how far it goes: a reply gives ``newest`` and ``count`` back."""

    newest: int
    count: int
    messages: list[dict[str, Any]]


class NewReply(Sent):
    """An answer to the customer. ``key`` makes a repeat harmless; with ``newest`` and ``count`` of the thread it is
    refused (409) when something was said since."""

    text: str
    key: str = Field(min_length=1, max_length=100)
    cc: list[str] = Field([], max_length=2 * MOST_COPIES)
    quote: bool = True
    newest: int | None = Field(None, ge=0, lt=2**63)
    count: int = Field(0, ge=0, lt=2**63)


@threads.get("/case/{case_id}/thread")
def thread(case_id: RecordId, actor: Asking, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> Thread:
    """The newest messages of a case, oldest first."""
    with reading(actor) as session:
        said = list_thread(session, case_id, limit)
        seen = seen_now(session, case_id)
    return Thread(newest=seen.newest, count=seen.count, messages=[asdict(one) for one in said])


@threads.post("/case/{case_id}/replies", status_code=201, response_model=dict[str, int])
def answer(case_id: RecordId, given: NewReply, call: Calling) -> Response:
    """Answer the customer of a case."""
    seen = Seen(given.newest, given.count) if given.newest is not None else None
    # A key is one's own: nobody learns by guessing it what another sent.
    key = f"api:{call.actor.user_id}:{given.key}"

    def act(work: Work) -> tuple[Any, str]:
        extras = Extras(given.cc, quote=given.quote)
        return {"id": reply(work, case_id, given.text, key=key, extras=extras, seen=seen)}, ""

    return call.write(act, status=201)


class NewFile(Sent):
    """A file to add: its name, and its bytes in Base64."""

    name: str = Field(min_length=1, max_length=255)
    content: str


@threads.get("/{entity}/{record_id}/files")
def files(entity: Entity, record_id: RecordId, actor: Asking) -> list[dict[str, Any]]:
    """The files of a case, contact, organisation or deal; each is fetched at ``/files/<id>``."""
    with reading(actor) as session:
        return [asdict(one) for one in list_files(session, entity, record_id)]


@threads.post("/{entity}/{record_id}/files", status_code=201, response_model=dict[str, int])
def add_file(entity: Entity, record_id: RecordId, given: NewFile, call: Calling) -> Response:
    """Add a file; the same one under the same name is there once."""
    try:
        content = b64decode(given.content, validate=True)
    except (binascii.Error, ValueError) as error:
        said = _("This is no Base64.")
        raise Refused(said, problems=[Problem("content", said)]) from error
    return call.write(
        lambda work: ({"id": attach(work, entity, record_id, given.name, content)}, ""), status=201
    )


@threads.delete("/file/{file_id}", response_model=dict[str, Any])
def remove(file_id: RecordId, call: Calling) -> Response:
    """Take a file away."""
    return call.write(lambda work: ({"id": file_id, "name": remove_file(work, file_id)}, ""))


@threads.post("/file/{file_id}/restore", response_model=dict[str, Any])
def restore(file_id: RecordId, call: Calling) -> Response:
    """Undo its removal."""
    return call.write(lambda work: ({"id": file_id, "name": put_back(work, file_id)}, ""))
