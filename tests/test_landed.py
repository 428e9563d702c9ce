"""What has landed stays: a migration that some database has passed is never changed, and a start notices what is missing."""

import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from crm.upgrade import bring_up
from db import migrate
from db.session import make_engine

ROOT = Path(__file__).parents[1]
VERSIONS = ROOT / "db" / "migrations" / "versions"
#: ``python -m tests.test_landed`` adds what is new. A line that differs says that somebody edited the past.
KEPT = ROOT / "tests" / "data" / "landed_migrations.txt"


def hashes() -> dict[str, str]:
    return {p.name: sha256(p.read_bytes()).hexdigest() for p in sorted(VERSIONS.glob("[0-9]*.py"))}


def kept() -> dict[str, str]:
    return dict(reversed(line.split()) for line in KEPT.read_text("utf-8").splitlines())


def test_no_landed_migration_was_changed_renamed_or_taken_out():
    now = hashes()

    assert {name: now.get(name, "gone") for name in kept()} == kept()
    assert all(name > max(kept()) for name in now.keys() - kept().keys()), "new ones come last"


def test_a_start_says_which_column_is_missing(tmp_path):
    engine = make_engine(f"sqlite:///{tmp_path}/cut.db")
    migrate.upgrade(engine)
    assert migrate.lacking(engine) == []
    with engine.connect().execution_options(system=True) as connection, connection.begin():
        connection.execute(text("ALTER TABLE tasks DROP COLUMN notes"))
        connection.execute(text("DROP TABLE rates"))

    with pytest.raises(migrate.OtherDatabase, match=r"lacks (rates, tasks\.notes|tasks\.notes, rates)\."):
        bring_up(engine)
    begun = time.perf_counter()
    migrate.lacking(engine)
    assert time.perf_counter() - begun < 2
    engine.dispose()


if __name__ == "__main__":
    known = kept() if KEPT.exists() else {}
    lines = known | {name: value for name, value in hashes().items() if name not in known}
    KEPT.write_text("".join(f"{value} {name}\n" for name, value in sorted(lines.items())), "utf-8")
    sys.stdout.write(f"{len(lines)} migrations are kept.\n")
