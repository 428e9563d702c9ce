"""A call that writes: with whose rights, under which name in the change log, and once however often it is sent.

``Idempotency-Key`` is that of draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.encoders import jsonable_encoder
from sqlalchemy import select

from crm.access.tokens.answers import Answer, Key, alone, find_answer, keep_answer
from crm.errors import NotFound, Problem, Refused
from crm.http.calls.who import who_asks
from crm.i18n import _, set_language
from crm.records import registry
from crm.records.settling import not_there
from crm.work import Actor, Work, unit_of_work
from db.audit import SYSTEM_OPTIONS

ABOUT = (
    "Makes a repeat harmless for 24 hours: the same key with the same request is answered as the first time."
)


def asking(request: Request) -> Actor:
    """Who asks, with the rights of this moment."""
    actor = who_asks(request.scope)
    set_language(actor.language)
    return actor


Asking = Annotated[Actor, Depends(asking)]


@dataclass(frozen=True, slots=True)
class Call:
    """One call that writes."""

    actor: Actor
    cause: str
    key: Key | None

    def write(
        self, act: Callable[[Work], tuple[Any, str]], *, entity: str = "", status: int = 200
    ) -> Response:
        """Do it in one transaction with its answer, or answer as before.

        ``act`` gives what is answered and its ETag, if any. ``entity`` names the records of the answer: a repeat shows
        none that the caller does not reach any more.
        """
        if self.key is None:
            with unit_of_work(self.actor, cause=self.cause) as work:
                body, etag = act(work)
                made = Answer(status, etag, _dumped(body))
            return _sent(made)
        with alone(self.key), unit_of_work(self.actor, cause=self.cause) as work:
            if (before := find_answer(work, self.key)) is not None:
                _demand_seen(work, entity, json.loads(before.body))
                return _sent(before, again=True)
            body, etag = act(work)
            made = Answer(status, etag, _dumped(body))
            keep_answer(work, self.key, made, _dumped(_short(body)))
        return _sent(made)


def calling(
    request: Request,
    actor: Asking,
    key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=255, description=ABOUT)] = None,
) -> Call:
    """What an endpoint that writes is called with."""
    caller, cause = request.scope.get("rapport_caller", (f"user {actor.user_id}", "API"))
    return Call(actor, cause, None if key is None else Key.of(caller, _read(key), _asked(request)))


Calling = Annotated[Call, Depends(calling)]


def _read(sent: str) -> str:
    """A key, in quotes as structured headers write texts, or bare."""
    bare = sent[1:-1] if len(sent) > 1 and sent[0] == sent[-1] == '"' else sent
    if not bare.strip() or not bare.isascii() or not bare.isprintable():
        text = _("“Idempotency-Key” is 1 to 255 plain characters, best a random UUID.")
        raise Refused(text, problems=[Problem("Idempotency-Key", text)])
    return bare


def _asked(request: Request) -> bytes:
    """All that makes a request another one; how its JSON is set out does not."""
    body = request.scope.get("rapport_body", b"")
    plain = json.dumps(json.loads(body), sort_keys=True) if body else ""
    parts = (
        request.method,
        request.scope["path"],
        request.url.query,
        request.headers.get("if-match", ""),
        plain,
    )
    return "\n".join(parts).encode()


def _dumped(body: Any) -> bytes:
    return json.dumps(
        jsonable_encoder(body), ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).encode()


def _sent(answer: Answer, *, again: bool = False) -> Response:
    headers = {"ETag": answer.etag} if answer.etag else {}
    headers |= {"Idempotency-Replayed": "true"} if again else {}
    return Response(answer.body, answer.status, headers, "application/json")


def _rows(body: Any) -> list[dict[str, Any]]:
    return list(body["rows"]) if "rows" in body else [body]


def _short(body: Any) -> Any:
    few = [{name: row[name] for name in ("id", "version") if name in row} for row in _rows(body)]
    return {"rows": few} if "rows" in body else few[0]


def _demand_seen(work: Work, entity: str, body: Any) -> None:
    """What is stored and out of the caller's reach by now is not shown again; what is gone since was theirs."""
    ids = {row.get("id") for row in _rows(body)} - {None}
    if not entity or not ids:
        return
    cls = registry.model(entity)
    asked = select(cls.id).where(cls.id.in_(ids))
    hidden = set(work.session.scalars(asked, execution_options=SYSTEM_OPTIONS)) - set(
        work.session.scalars(asked)
    )
    if hidden:
        raise NotFound(not_there(cls, min(hidden)))
