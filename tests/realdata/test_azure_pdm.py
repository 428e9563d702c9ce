"""A year of a hundred machines: in by its profile, counted, studied, and out again."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm.work import SYSTEM, reading

HERE = Path(__file__).parent
REALDATA = Path(os.environ.get("RAPPORT_SHARED_DATA", HERE.parents[1].parent / "shared" / "data"))
FOLDER = REALDATA / "azure_pdm"
PROFILE = HERE / "profiles" / "azure_pdm.toml"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no real data in {REALDATA}"),
]


@pytest.fixture
def imported(sqlite_database):
    """The records on a new database; the report of their import."""
    from crm.exchange.asking.service import import_profile

    return import_profile(SYSTEM, PROFILE, data=FOLDER)


def report(name, *options):
    from typer.testing import CliRunner

    from crm.commands import app

    done = CliRunner().invoke(app, ["report", name, "--json", *options])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_every_row_comes_in_and_the_same_again_changes_nothing(imported):
    from crm.exchange.asking.service import import_profile

    again = import_profile(SYSTEM, PROFILE, data=FOLDER)

    assert imported.failed == again.failed == 0
    assert {entity: counted["created"] for entity, counted in imported.totals().items()} == {
        "equipment": 100, "product": 4, "failure": 761, "part_change": 3286, "equipment_event": 3919,
    }  # fmt: skip
    assert all(counted["created"] == counted["updated"] == 0 for counted in again.totals().values())


def test_failures_by_part_and_model_are_the_published_ones(imported):
    parts, models = report("failures-by-part"), report("failures-by-model")

    assert {row["part"]: row["failures"] for row in parts["rows"]} == {
        "comp2": 259, "comp1": 192, "comp4": 179, "comp3": 131,
    }  # fmt: skip
    assert {row["product"]: row["failures"] for row in models["rows"]} == {
        "model1": 189, "model2": 168, "model3": 221, "model4": 183,
    }  # fmt: skip
    assert (models["summary"]["units_failed"], models["summary"]["units"]) == (98, 100)


def test_repairs_planned_changes_and_gaps_are_the_published_ones(imported):
    kinds, gap = report("maintenance-by-kind"), report("failure-gap")

    assert {row["kind"]: row["changes"] for row in kinds["rows"]} == {"repair": 743, "planned": 2543}
    assert gap["summary"]["median_days"] == 30
    assert gap["n"] == 663


def test_rates_and_repeats_agree_with_the_files(imported):
    failures = pd.read_csv(FOLDER / "PdM_failures.csv", parse_dates=["datetime"])
    between = failures.sort_values("datetime").groupby(["machineID", "failure"])["datetime"].diff()

    rate, again = report("failure-rate"), report("failure-repeats")

    assert sum(row["repeated"] for row in again["rows"]) == int((between <= pd.Timedelta(days=30)).sum())
    months = (
        100 * (pd.Timestamp("2021-01-01 06:00") - pd.Timestamp("2020-01-01")) / pd.Timedelta(days=365.25 / 12)
    )
    first = next(row for row in rate["rows"] if row["part"] == "comp2")
    assert first["rate"] == pytest.approx(259 / months)
    assert first["low"] < first["rate"] < first["high"]


def test_lives_of_a_part_are_those_counted_by_hand_from_the_files(imported):
    from crm.clock import now
    from crm.service.wear.data import load

    with reading(SYSTEM) as session:
        life = load(session, now=now()).spells("comp3").life

    failures = pd.read_csv(FOLDER / "PdM_failures.csv", parse_dates=["datetime"])
    changes = pd.read_csv(FOLDER / "PdM_maint.csv", parse_dates=["datetime"])
    failed = {(row.machineID, row.datetime) for row in failures.itertuples() if row.failure == "comp3"}
    begin, end = pd.Timestamp("2020-01-01"), pd.Timestamp("2021-01-01 06:00")
    lives = n = 0
    for machine in range(1, 101):
        moments = {row for unit, row in failed if unit == machine}
        mine = changes[(changes["machineID"] == machine) & (changes["comp"] == "comp3")]["datetime"]
        marks = sorted(moments | set(mine))
        marks = marks if marks[0] <= begin else [begin, *marks]
        for start, stop in zip(marks, [*marks[1:], end], strict=True):
            if stop > begin and stop > start:
                n += 1
                lives += (machine, stop) in failed
    assert (life.n, life.failures) == (n, lives)


def test_model_and_age_change_the_danger_as_a_cox_regression_finds(imported):
    from statsmodels.api import PHReg

    from crm.clock import now
    from crm.service.wear.data import AGE, MODEL, load
    from crm.service.wear.wear import study

    with reading(SYSTEM) as session:
        records = load(session, now=now())
    found = {part: study(records, part) for part in records.parts}

    # comp3 never failed in models 3 and 4, so their lives say nothing about the two that are compared.
    spells = records.spells("comp3")
    model, age = records.groups(spells.lives)[MODEL], records.numbers(spells.lives)[AGE]
    two = (model == "model1") | (model == "model2")
    life = spells.life.where(two)
    cox = PHReg(life.times, np.array([model[two] == "model2", age[two]], dtype=float).T,
                status=life.observed.astype(int), entry=life.entry, ties="efron").fit()  # fmt: skip
    effect = next(e for e in found["comp3"].choice.effects.effects if e.group == "model2")
    assert (effect.against, effect.low < 1 < effect.high) == ("model1", True)
    assert effect.ratio == pytest.approx(np.exp(cox.params[0]), rel=0.05)
    assert [effect.low, effect.high] == pytest.approx(np.exp(cox.conf_int()[0]), rel=0.05)
    assert found["comp3"].choice.effects.p_value < 1e-40
    age = next(e for e in found["comp4"].choice.effects.effects if e.covariate == AGE)
    assert age.low > 1.15
    assert records.cutoff.isoformat() == "2021-01-01"


def test_every_machine_gets_its_risk(imported):
    from crm.clock import now
    from crm.service.wear.job import compute

    told = compute(now())

    rows = report("units-at-risk")
    assert (told["units"], told["parts"], told["without_law"]) == (100, 4, [])
    assert rows["n"] == 500
    assert all(0 <= row["risk_30"] <= row["risk_90"] <= row["risk_365"] <= 1 for row in rows["rows"])


def test_undo_leaves_the_database_as_before(sqlite_database):
    from sqlalchemy import func, select

    from crm.exchange.asking.service import import_profile
    from crm.exchange.undoing.undo import undo_import
    from db.models import Base
    from db.session import engine

    def rows():
        story = {"imports", "import_failures", "change_batches", "changes"}
        with engine().connect().execution_options(system=True, reading=True) as connection:
            tables = [table for table in Base.metadata.sorted_tables if table.name not in story]
            return {t.name: connection.scalar(select(func.count()).select_from(t)) for t in tables}

    before = rows()
    made = import_profile(SYSTEM, PROFILE, data=FOLDER)

    undone = undo_import(SYSTEM, made.id)

    assert undone.kept == []
    assert rows() == before
