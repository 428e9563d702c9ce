"""The thread of a case under ``/api``: what was said, and an answer by who has read it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from crm.http.api import Asking, RecordId
from crm.service.cases.answers import MOST_COPIES, Extras
from crm.service.cases.cases import reply
from crm.service.cases.crossing import Seen, seen_now
from crm.service.cases.messages import list_thread
from crm.work import reading, unit_of_work

threads = APIRouter()


class Thread(BaseModel):
    """What was said in a case, and how far it goes: a reply gives ``newest`` and ``count`` back."""

    newest: int
    count: int
    messages: list[dict[str, Any]]


class NewReply(BaseModel):
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


@threads.post("/case/{case_id}/replies", status_code=201)
def answer(case_id: RecordId, given: NewReply, actor: Asking) -> dict[str, int]:
    """Answer the customer of a case."""
    seen = Seen(given.newest, given.count) if given.newest is not None else None
    # A key is one's own: nobody learns by guessing it what another sent.
    key = f"api:{actor.user_id}:{given.key}"
    with unit_of_work(actor, cause="API") as work:
        return {
            "id": reply(
                work, case_id, given.text, key=key, extras=Extras(given.cc, quote=given.quote), seen=seen
            )
        }
