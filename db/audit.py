"""The change log, written by the session in the transaction that changes: who, when, why, which fields, old and new."""

from __future__ import annotations

import decimal
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Date, event, insert, inspect
from sqlalchemy.orm import UOWTransaction

from db.models import Change, ChangeBatch
from db.models.base import utc_now
from db.scope import ScopedSession
from db.types import UtcDateTime

#: Kept by the program itself; a change of these alone is no news.
SILENT = frozenset({"version", "changed_at", "created_at", "name_key", "import_id", "rank"})
#: The options of statements that the program sends on its own account.
SYSTEM_OPTIONS = {"system": True}


def plain(value: Any) -> Any:
    """The value as JSON can hold it."""
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return float(value) if isinstance(value, decimal.Decimal) else value


def typed(table: Any, name: str, value: Any) -> Any:
    """A value of the log as the column takes it."""
    kind = table.c[name].type
    if isinstance(kind, Date) and value is not None:
        return date.fromisoformat(value[:10])
    if isinstance(kind, UtcDateTime) and value is not None:
        return datetime.fromisoformat(value)
    return value


def open_batch(session: ScopedSession, *, undoes: int | None = None, import_id: int | None = None) -> int:
    """The id of this unit of work's batch, made at the first change."""
    if "batch_id" not in session.info:
        values = {
            "actor_id": session.actor.user_id,
            "cause": session.cause,
            "at": utc_now(),
            "undoes": undoes,
            "import_id": import_id,
        }
        result = session.connection().execute(
            insert(ChangeBatch).values(values).returning(ChangeBatch.id), execution_options=SYSTEM_OPTIONS
        )
        session.info["batch_id"] = result.scalar_one()
    return int(session.info["batch_id"])


def entity_of(cls: type[Any]) -> str:
    """The name under which a class's rows stand in the log: the table's, as children share an entity's rights."""
    return str(cls.__tablename__)


def _logged(obj: Any) -> bool:
    return bool(type(obj).__logged__)


@event.listens_for(ScopedSession, "before_flush")
def _collect(session: ScopedSession, _context: UOWTransaction, _instances: Any) -> None:
    now = utc_now()
    for obj in [*session.new, *session.dirty]:
        if hasattr(obj, "changed_at") and (obj in session.new or session.is_modified(obj)):
            if obj in session.new:
                obj.created_at = obj.created_at or now
            obj.changed_at = now
    pending = session.info.setdefault("pending_changes", [])
    for obj in session.dirty:
        if _logged(obj) and session.is_modified(obj):
            old, new = _difference(obj)
            if new:
                pending.append((obj, "U", old, new))
    for obj in session.deleted:
        if _logged(obj):
            pending.append((obj, "D", _values(obj), None))
    pending.extend((obj, "C", None, None) for obj in session.new if _logged(obj))


def _difference(obj: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for attribute in inspect(obj).mapper.column_attrs:
        if attribute.key in SILENT:
            continue
        history = inspect(obj).attrs[attribute.key].load_history()
        if history.has_changes():
            before = history.deleted[0] if history.deleted else None
            if before != getattr(obj, attribute.key):
                old[attribute.key], new[attribute.key] = plain(before), plain(getattr(obj, attribute.key))
    return old, new


def _values(obj: Any) -> dict[str, Any]:
    keys: Sequence[str] = [a.key for a in inspect(obj).mapper.column_attrs]
    return {key: plain(getattr(obj, key)) for key in keys}


@event.listens_for(ScopedSession, "after_flush")
def _write(session: ScopedSession, _context: UOWTransaction) -> None:
    pending = session.info.pop("pending_changes", [])
    if not pending:
        return
    batch_id = open_batch(session)
    rows = [
        {
            "batch_id": batch_id,
            "entity": entity_of(type(obj)),
            "record_id": obj.id,
            "op": op,
            "old": old,
            "new": {k: v for k, v in _values(obj).items() if v is not None} if op == "C" else new,
        }
        for obj, op, old, new in pending
    ]
    session.connection().execute(insert(Change), rows, execution_options=SYSTEM_OPTIONS)


#: How many units of work each user has written in this process; see ``written``.
_written: Counter[int | None] = Counter()


def written(user_id: int | None) -> int:
    """A number that grows with each write of a user in this process, so that they never see their own past in a cache."""
    return _written[user_id]


@event.listens_for(ScopedSession, "after_commit")
def _count(session: ScopedSession) -> None:
    if "batch_id" in session.info:
        _written[session.actor.user_id] += 1
    _forget(session)


@event.listens_for(ScopedSession, "after_rollback")
def _forget(session: ScopedSession) -> None:
    session.info.pop("batch_id", None)
    session.info.pop("pending_changes", None)
