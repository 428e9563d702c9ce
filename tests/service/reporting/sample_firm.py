"""The small sample company of one seed as of one day, built once a run, for tests that count all of it a second time."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import time_machine
from sqlalchemy import text

from tests import postgres
from tests.conftest import RUN

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
TODAY = NOW.date()
SEED = 1


@contextmanager
def sample_firm(template: Path) -> Iterator[None]:
    """The company in force in this process on a SQLite file of its own, the clock standing at ``NOW``."""
    from db import session

    with time_machine.travel(NOW, tick=False):
        place = f"sqlite:///{_built(template)}"
        before = os.environ.get("CRM_DATABASE_URL")
        os.environ["CRM_DATABASE_URL"] = place
        session.configure(place)
        yield
        session.configure(None)
        if before is None:
            del os.environ["CRM_DATABASE_URL"]
        else:
            os.environ["CRM_DATABASE_URL"] = before


def _built(template: Path) -> Path:
    from crm.sample import load_sample
    from db import session

    run = Path(os.environ[RUN])
    done = run / f"sample_{SEED}_{TODAY:%Y%m%d}.db"
    with postgres.locked(run, "sample_firm"):
        if not done.exists():
            new = shutil.copyfile(template, run / "sample_new.db")
            session.configure(f"sqlite:///{new}")
            load_sample(session.engine(), seed=SEED, today=TODAY)
            session.configure(None)
            assert not Path(f"{new}-wal").exists(), "the copy would lack its newest pages"
            new.rename(done)
    return Path(shutil.copyfile(done, run / f"sample_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.db"))


def plain(sql: str, **values: Any) -> pd.DataFrame:
    """Rows of a statement as they are stored, past all rights and all code of the house."""
    from db import session

    with session.engine().connect() as connection:
        found = connection.execute(text(sql), values, execution_options={"system": True})
        return pd.DataFrame(found.all(), columns=list(found.keys()))


def stored(sql: str, **values: Any) -> list[dict[str, Any]]:
    """The same as plain values by name, without a number turned into another kind."""
    from db import session

    with closing(sqlite3.connect(str(session.engine().url.database))) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql, values)]


def person(name: str) -> Any:
    """The actor of one of the company's people."""
    from crm.access.actors import find_actor

    return find_actor(stored("SELECT id FROM users WHERE name = :name", name=name)[0]["id"])


def sees(who: Any, row: dict[str, Any]) -> bool:
    """Whether a person of a built-in role may see a row of daily work."""
    if who.role in ("administrator", "manager"):
        return True
    return row["owner_id"] == who.user_id or row["team_id"] in who.teams
