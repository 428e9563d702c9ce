"""A real CRM export of four files, in by its profile, reported, and out again."""

import json
import os
from pathlib import Path

import pytest

from crm.work import SYSTEM, reading

HERE = Path(__file__).parent
REALDATA = Path(os.environ.get("RAPPORT_SHARED_DATA", HERE.parents[1].parent / "shared" / "data"))
PROFILE = HERE / "profiles" / "maven_crm.toml"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not (REALDATA / "maven_crm").is_dir(), reason=f"no real data in {REALDATA}"),
]


@pytest.fixture
def imported(sqlite_database):
    """The export on a new database; the report of its import."""
    from crm.exchange.asking.service import import_profile

    return import_profile(SYSTEM, PROFILE, data=REALDATA / "maven_crm")


def test_every_row_of_the_four_files_comes_in(imported):
    assert imported.failed == 0
    assert {entity: counted["created"] for entity, counted in imported.totals().items()} == {
        "user": 41, "team": 3, "product": 7, "category": 3, "organisation": 85, "deal": 8800,
    }  # fmt: skip
    deals = {column.column: (column.filled, column.stored) for column in imported.steps[3].columns}
    assert deals["account"] == (7375, 7375)
    assert deals["engage_date"] == (8300, 8300)
    assert deals["close_value"] == (6711, 6711)


def test_the_same_export_again_changes_nothing(imported):
    from crm.exchange.asking.service import import_profile

    again = import_profile(SYSTEM, PROFILE, data=REALDATA / "maven_crm")

    assert again.failed == 0
    assert all(counted["created"] == 0 and counted["updated"] == 0 for counted in again.totals().values())


def test_stages_products_and_agents_are_those_of_the_export(imported):
    from sqlalchemy import func, select

    from db.models import Deal, Product, Stage, User

    def counted(column, link, *where):
        statement = select(column, func.count(Deal.id), func.sum(Deal.amount_minor)).select_from(Deal)
        statement = statement.join(column.class_, link).where(*where).group_by(column)
        with reading(SYSTEM) as session:
            return {name: (n, s) for name, n, s in session.execute(statement)}

    stages = counted(Stage.name, Stage.id == Deal.stage_id)
    products = counted(Product.name, Product.id == Deal.product_id, Deal.status == "won")
    agents = counted(User.name, User.id == Deal.owner_id, Deal.status == "won")

    assert {name: n for name, (n, _sum) in stages.items()} == {
        "Won": 4238, "Lost": 2473, "Needs and demo": 1589, "Qualification": 500,
    }  # fmt: skip
    assert products["GTX Pro"][1] == 3_510_578_00
    assert products["GTX Plus Pro"][1] == 2_629_651_00
    assert products["MG Advanced"][1] == 2_216_387_00
    assert agents["Darcel Schlecht"] == (349, 1_153_214_00)


def test_undo_leaves_the_database_as_before(sqlite_database):
    from sqlalchemy import func, select

    from crm.exchange.asking.service import import_profile
    from crm.exchange.undoing.undo import undo_import
    from crm.pipeline.defaults import ensure_defaults
    from crm.work import unit_of_work
    from db.models import Base
    from db.session import engine

    def rows():
        story = {"imports", "import_failures", "change_batches", "changes"}
        with engine().connect().execution_options(system=True, reading=True) as connection:
            tables = [table for table in Base.metadata.sorted_tables if table.name not in story]
            return {t.name: connection.scalar(select(func.count()).select_from(t)) for t in tables}

    with unit_of_work(SYSTEM) as work:
        ensure_defaults(work)
    before = rows()
    made = import_profile(SYSTEM, PROFILE, data=REALDATA / "maven_crm")

    undone = undo_import(SYSTEM, made.id)

    assert undone.kept == []
    assert sum(undone.removed.values()) == 8939
    assert rows() == before


def test_the_command_prints_what_it_did(sqlite_database, capsys):
    from typer.testing import CliRunner

    from crm.commands import app

    arguments = ["import", str(PROFILE), "--data", str(REALDATA / "maven_crm"), "--json"]
    done = CliRunner().invoke(app, arguments)

    assert done.exit_code == 0
    printed = json.loads(done.stdout)
    assert printed["entities"]["deal"] == {"created": 8800, "updated": 0, "skipped": 0, "failed": 0}
    undone = CliRunner().invoke(app, ["imports", "undo", str(printed["id"]), "--json"])
    assert json.loads(undone.stdout)["removed"]["deal"] == 8800
