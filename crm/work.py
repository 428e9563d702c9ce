"""The only door to the database for everything above: who acts, one transaction, problems turned into sentences.

The edge (a page, an API call, a command, a job) opens ``unit_of_work``; services flush and never commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlalchemy import Connection, insert, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError, TimeoutError
from sqlalchemy.orm.exc import StaleDataError

from crm.errors import Conflict, CrmError, NotAllowed, Unavailable
from crm.i18n import N_, _
from db.audit import written
from db.files import FileChanged
from db.models import Lease
from db.scope import SYSTEM, Actor, OutOfScope, ScopedSession
from db.session import engine, probe, reading_engine, write_turn

__all__ = ["SYSTEM", "Actor", "Work", "cache_key", "probed", "reading", "told", "unit_of_work"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """One unit of work: the session, who acts, what time it is."""

    session: ScopedSession
    actor: Actor
    now: datetime


@contextmanager
def unit_of_work(actor: Actor, *, cause: str = "screen") -> Iterator[Work]:
    """Commit when the block ends well, roll back on any exception.

    Call ``st.rerun``, ``st.stop`` and ``st.switch_page`` after the block: they are exceptions and would undo the write.
    """
    with _spoken(), write_turn(), ScopedSession(engine(), actor, cause=cause) as session, session.begin():
        yield Work(session, actor, datetime.now(UTC))


@contextmanager
def reading(actor: Actor) -> Iterator[ScopedSession]:
    """A session that reads within the actor's scope and takes no write lock."""
    with _spoken(), ScopedSession(reading_engine(), actor) as session:
        yield session


def cache_key(actor: Actor) -> str:
    """What a cached read is kept under: the rows the actor may see, and how often they wrote themselves.

    Own writes therefore show at once; those of others when the cache's time is over.
    """
    return (
        f"{actor.scope_key()}#{actor.user_id}#{written(actor.user_id)}"
        if written(actor.user_id)
        else actor.scope_key()
    )


@contextmanager
def _spoken() -> Iterator[None]:
    """Turn the database's refusals into sentences, once for everybody."""
    try:
        yield
    except OutOfScope as error:
        raise NotAllowed(_("You may not do this. Ask an administrator if your work needs it.")) from error
    except StaleDataError as error:
        raise Conflict(_("Someone else changed this record. Reload and try again.")) from error
    except IntegrityError as error:
        raise Conflict(
            _(
                "That clashes with a record that already exists, or one it needs is gone. Reload and try again."
            )
        ) from error
    except (DBAPIError, TimeoutError) as error:
        raise told(error) from error


#: What databases say of themselves, and what we say; the first word that is in the error counts.
_WORDS: tuple[tuple[tuple[str, ...], type[CrmError], str], ...] = (
    (
        ("disk is full", "no space left", "disk full", "53100"),
        Unavailable,
        N_("The disk of the database is full. Nothing was stored; make room on it and try again."),
    ),
    (
        ("readonly database", "read-only transaction", "25006"),
        Unavailable,
        N_(
            "The database can only be read, not written. Nothing was stored; let Rapport write to it and try again."
        ),
    ),
    (
        ("locked", "lock timeout", "55p03", "queuepool limit"),
        Conflict,
        N_("The database is busy. Nothing was stored; try again in a moment."),
    ),
    (
        ("statement timeout", "57014"),
        Unavailable,
        N_("The database took too long over this and was stopped. Nothing was stored; ask for less at once."),
    ),
)


def told(error: SQLAlchemyError) -> CrmError:
    """The sentence for a database that does not do what it is for; logged, because somebody has to look.

    Anything else that a statement did wrong is a bug and comes back as it is.
    """
    if isinstance(error, FileChanged):
        log.error("database_file_changed", detail=str(error))
        return Unavailable(
            _(
                "The database's file was replaced or removed while Rapport runs. Nothing was stored; put the file back "
                "and start Rapport anew."
            )
        )
    # Not the error's own text: that repeats the statement with what somebody typed.
    said = getattr(error, "orig", None) or error
    text = f"{getattr(said, 'sqlstate', '')} {said}".lower()
    for words, kind, sentence in _WORDS:
        if any(word in text for word in words):
            if kind is Unavailable:
                log.error("database_refuses", detail=str(error)[:500])
            return kind(_(sentence))
    if not isinstance(error, OperationalError):
        raise error
    log.error("database_unreachable", detail=str(error)[:500])
    return Unavailable(_("The database does not answer. Nothing was stored; try again in a minute."))


def probed(limit: float = 1.5) -> None:
    """Store one row beside everything else, on a connection of its own.

    Raises
    ------
    Unavailable
        It cannot be read or written, said in a sentence; a database that is only busy is well.
    """

    def store(connection: Connection) -> None:
        now = datetime.now(UTC)
        if not connection.execute(update(Lease).where(Lease.name == "health").values(until=now)).rowcount:
            connection.execute(insert(Lease).values(name="health", owner="health", until=now))

    try:
        probe(store, limit=limit)
    except IntegrityError:
        return  # Another server stored the first one just now.
    except DBAPIError as error:
        if isinstance(problem := told(error), Unavailable):
            raise problem from error
