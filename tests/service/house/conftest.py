"""The small sample company, loaded once for all who only look at it."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from crm.sample import load_sample
from crm.work import SYSTEM
from db.scope import ScopedSession
from db.session import make_engine

TODAY = date(2026, 3, 10)


@pytest.fixture(scope="session")
def engine_of_small(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The company of seed 1 as of 10 March 2026, on SQLite: what is drawn does not depend on the database."""
    place = shutil.copyfile(sqlite_template, tmp_path_factory.mktemp("sample") / "rapport.db")
    engine = make_engine(f"sqlite:///{place}")
    load_sample(engine, seed=1, today=TODAY)
    yield engine
    engine.dispose()


@pytest.fixture
def small(engine_of_small: Engine) -> Iterator[ScopedSession]:
    """A session of the program on the sample company; who writes asks for a company of their own."""
    with ScopedSession(engine_of_small, SYSTEM) as session:
        yield session
