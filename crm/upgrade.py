"""What a database needs before anybody uses it: this program's version, and what every firm starts with."""

from __future__ import annotations

from sqlalchemy import Engine

from crm.firm.defaults import ensure_defaults
from crm.links import ensure_key
from crm.work import SYSTEM, unit_of_work
from db import migrate


def bring_up(engine: Engine, *, older: bool = False) -> bool:
    """Upgrade the process's database and, when it was new or older, put in what every firm starts with.
    ``older``: it was brought to this version elsewhere.

    So an import into a new database makes nothing but its own rows, and its undo leaves nothing else behind.

    Raises
    ------
    db.migrate.NewerDatabase
        The database was upgraded by a newer Rapport, or lacks what this version needs.
    """
    done = migrate.upgrade(engine) or older
    migrate.demand_whole(engine)
    if not done:
        return False
    with unit_of_work(SYSTEM, cause="upgrade") as work:
        ensure_defaults(work)
    ensure_key()
    return True
