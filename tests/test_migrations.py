"""The way up, the way back, and no difference between what migrations build and what the models say."""

import os

import pytest
from alembic import command
from sqlalchemy import inspect, select, text

from db import migrate
from db.models import Base, Deal
from db.session import make_engine


@pytest.fixture
def empty(empty_database_url):
    engine = make_engine(empty_database_url)
    yield engine
    engine.dispose()


def tables(engine):
    with engine.connect().execution_options(system=True, reading=True) as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_migrations_build_what_the_models_say(empty):
    done = migrate.upgrade(empty)

    assert done
    assert migrate.differences(empty) == []


def test_an_upgraded_database_is_left_alone(empty):
    migrate.upgrade(empty)

    assert not migrate.upgrade(empty)


def test_the_way_back_leaves_nothing_and_can_be_walked_again(empty):
    migrate.upgrade(empty)

    migrate.downgrade(empty)

    assert tables(empty) == set()
    assert migrate.upgrade(empty)
    assert migrate.differences(empty) == []


def test_a_newer_database_is_refused_and_not_touched(empty):
    migrate.upgrade(empty)
    with empty.connect().execution_options(system=True) as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    before = tables(empty)

    with pytest.raises(migrate.NewerDatabase, match="from_the_future"):
        migrate.upgrade(empty)

    assert tables(empty) == before


def test_two_processes_upgrade_one_database_and_neither_fails(empty_database_url, nursery, tmp_path):
    said = tmp_path / "said"
    said.touch()
    environment = {**os.environ, "CRM_DATABASE_URL": empty_database_url}

    both = [nursery.start("crm", "upgrade", env=environment, output=said) for _ in range(2)]

    assert [process.wait(100) for process in both] == [0, 0], said.read_text()


def test_an_upgraded_sqlite_gives_no_id_that_it_gave_before(tmp_path):
    empty = make_engine(f"sqlite:///{tmp_path}/old.db")
    with migrate._locked(empty) as connection:
        command.upgrade(migrate._config(connection), "0016")
        for sql in (
            "INSERT INTO teams (id, name, name_key) VALUES (1, 'N', 'n'), (5, 'S', 's')",
            "INSERT INTO change_batches (id, at, cause) VALUES (1, '2026-01-01', '')",
            "INSERT INTO changes (batch_id, entity, record_id, op) VALUES (1, 'teams', 9, 'D')",
        ):
            connection.execute(text(sql))

    migrate.upgrade(empty)

    with empty.connect().execution_options(system=True) as connection, connection.begin():
        assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        counting = "SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"
        assert set(connection.execute(text(counting)).scalars()) == set(Base.metadata.tables)
        connection.execute(text("INSERT INTO teams (name, name_key) VALUES ('E', 'e')"))
        assert list(connection.execute(text("SELECT id FROM teams")).scalars()) == [1, 5, 10]
        connection.execute(text("DELETE FROM teams"))
        connection.execute(text("INSERT INTO teams (name, name_key) VALUES ('W', 'w')"))
        assert list(connection.execute(text("SELECT id FROM teams")).scalars()) == [11]
    empty.dispose()


def test_an_upgrade_adds_up_the_stays_of_open_deals(empty):
    with migrate._locked(empty) as connection:
        command.upgrade(migrate._config(connection), "0017")
        stages = "INSERT INTO stages (id, pipeline_id, name, position, kind, probability) VALUES ({0}, 1, 'S{0}', {0}, 'open', 0)"
        deals = (
            "INSERT INTO deals (id, title, pipeline_id, stage_id, status, currency, stage_since, created_at, changed_at) "
            "VALUES ({}, 'D', 1, 1, '{}', 'EUR', '2026-08-11 00:40:00', '2026-08-01', '2026-08-01')"
        )
        steps = "INSERT INTO stage_changes (deal_id, to_stage_id, at) VALUES ({}, {}, '{}')"
        way = ((1, "2026-08-01 00:00:00"), (2, "2026-08-11 00:00:00"), (1, "2026-08-11 00:40:00"))
        for sql in (
            "INSERT INTO pipelines (id, name, position, is_active) VALUES (1, 'P', 0, TRUE)",
            *(stages.format(n) for n in (1, 2)),
            *(deals.format(n, status) for n, status in ((1, "open"), (2, "won"), (3, "open"))),
            *(steps.format(deal, *step) for deal in (1, 2) for step in way),
        ):
            connection.execute(text(sql))

    migrate.upgrade(empty)

    asked = select(Deal.id, Deal.stage_since).order_by(Deal.id)
    with empty.connect().execution_options(system=True, reading=True) as connection:
        since = [f"{row.stage_since:%m-%d %H:%M}" for row in connection.execute(asked)]
    assert since == ["08-01 00:40", "08-11 00:40", "08-11 00:40"]


def test_rights_that_gave_more_than_they_said_are_taken_back(tmp_path):
    old = make_engine(f"sqlite:///{tmp_path}/old.db")
    given = {
        ("user", "update", "own"), ("product", "create", "team"), ("product", "read", "own"), ("setting", "read", "none"),
        ("deal", "update", "own"), ("product", "update", "all"),
    }  # fmt: skip
    with migrate._locked(old) as connection:
        command.upgrade(migrate._config(connection), "0018")
        connection.execute(
            text("INSERT INTO roles (id, key, name, built_in) VALUES (1, 'own_1', 'Keeper', 0)")
        )
        grant = text("INSERT INTO grants (role_id, entity, action, scope) VALUES (1, :e, :a, :s)")
        connection.execute(grant, [dict(zip("eas", one, strict=True)) for one in given])

    migrate.upgrade(old)

    with old.connect().execution_options(system=True) as connection:
        stored = set(map(tuple, connection.execute(text("SELECT entity, action, scope FROM grants"))))
    assert stored == {
        ("user", "update", "none"), ("product", "create", "none"), ("deal", "update", "own"), ("product", "update", "all"),
        ("product", "read", "all"),
    }  # fmt: skip
    old.dispose()
