"""The only door to the database for everything above: who acts, one transaction, problems turned into sentences.

The edge (a page, an API call, a command, a job) opens ``unit_of_work``; services flush and never commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from crm.errors import Conflict, NotAllowed, Unavailable
from crm.i18n import _
from db.audit import written
from db.files import FileChanged
from db.scope import SYSTEM, Actor, OutOfScope, ScopedSession
from db.session import engine, reading_engine, write_turn

__all__ = ["SYSTEM", "Actor", "Work", "cache_key", "reading", "unit_of_work"]


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
    except FileChanged as error:
        raise Unavailable(
            _(
                "The database's file was replaced or removed while Rapport runs. Nothing was stored; put the file back "
                "and start Rapport anew."
            )
        ) from error
    except OperationalError as error:
        if "locked" in str(error).lower():
            raise Conflict(_("The database is busy. Nothing was stored; try again in a moment.")) from error
        raise Unavailable(
            _("The database does not answer. Nothing was stored; try again in a minute.")
        ) from error
