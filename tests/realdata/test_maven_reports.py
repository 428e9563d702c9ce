"""The published figures of a real company's pipeline come out of the reports, to the unit."""

import os
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import insert

from crm.reporting.catalogue import run_report, to_json
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Deal, Pipeline, Product, Setting, Stage, Team, User
from db.session import engine, refresh_statistics

REALDATA = Path(os.environ.get("RAPPORT_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data")
FOLDER = REALDATA / "maven_crm"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the published data is not in {FOLDER}"),
]

STAGES = {"Prospecting": ("open", 0.1), "Engaging": ("open", 0.5), "Won": ("won", 1.0), "Lost": ("lost", 0.0)}


@pytest.fixture
def maven(database):
    """The four files as rows, without the import: offices as teams, agents under managers, list prices."""
    read = lambda name: pd.read_csv(FOLDER / f"{name}.csv")  # noqa: E731
    people, products, deals = read("sales_teams"), read("products"), read("sales_pipeline")
    deals["product"] = deals["product"].replace("GTXPro", "GTX Pro")
    with unit_of_work(SYSTEM) as work:
        session = work.session
        session.add(Setting(name="firm", value={"name": "Maven", "currency": "USD"}))
        pipeline = Pipeline(name="Sales of the firm")
        teams = {name: Team(name=name) for name in people["regional_office"].unique()}
        managers = {name: User(name=name) for name in people["manager"].unique()}
        goods = {
            row.product: Product(name=row.product, list_price_minor=row.sales_price * 100, currency="USD")
            for row in products.itertuples()
        }
        session.add_all([pipeline, *teams.values(), *managers.values(), *goods.values()])
        session.flush()
        agents = {
            row.sales_agent: User(
                name=row.sales_agent,
                manager_id=managers[row.manager].id,
                team_id=teams[row.regional_office].id,
            )
            for row in people.itertuples()
        }
        stages = {
            name: Stage(pipeline_id=pipeline.id, name=name, position=place, kind=kind, probability=chance)
            for place, (name, (kind, chance)) in enumerate(STAGES.items())
        }
        session.add_all([*agents.values(), *stages.values()])
        session.flush()
        rows = [
            {
                "title": row.opportunity_id,
                "number": row.opportunity_id,
                "pipeline_id": pipeline.id,
                "stage_id": stages[row.deal_stage].id,
                "status": STAGES[row.deal_stage][0],
                "owner_id": agents[row.sales_agent].id,
                "product_id": goods[row.product].id,
                "amount_minor": None if pd.isna(row.close_value) else int(row.close_value) * 100,
                "currency": "USD",
                "opened_on": None if pd.isna(row.engage_date) else date.fromisoformat(row.engage_date),
                "closed_on": None if pd.isna(row.close_date) else date.fromisoformat(row.close_date),
            }
            for row in deals.itertuples()
        ]
        session.execute(insert(Deal), rows, execution_options={"system": True})
    # Else PostgreSQL plans every report for an empty table until its own round of a minute: a hundred times slower.
    with engine().connect().execution_options(system=True) as connection:
        refresh_statistics(connection)
        connection.commit()


def report(name):
    with reading(SYSTEM) as session:
        return to_json(run_report(session, name))


def test_every_published_figure_comes_out(maven):
    check_figures()
    stages = {row["stage"]: row["deals"] for row in report("pipeline-by-stage")["rows"]}
    assert stages == {"Won": 4238, "Lost": 2473, "Engaging": 1589, "Prospecting": 500}


def test_the_import_of_the_export_gives_the_same_figures(database):
    from typer.testing import CliRunner

    from crm.commands import app

    profile = Path(__file__).parent / "profiles" / "maven_crm.toml"

    done = CliRunner().invoke(app, ["import", str(profile), "--data", str(FOLDER), "--json"])

    assert done.exit_code == 0, done.output
    check_figures()


def check_figures():
    """The published figures, whatever the stages are called here."""
    stages = report("pipeline-by-stage")["rows"]
    assert sorted(row["deals"] for row in stages if row["deals"]) == [500, 1589, 2473, 4238]
    assert {row["deals"] for row in stages if row["kind"] in ("won", "lost")} == {4238, 2473}

    managers = {row["manager"].split()[-1]: row["value"] for row in report("won-by-manager")["rows"]}
    assert managers == {
        "Marxen": 2251930,
        "Sewald": 1964750,
        "Neubert": 1960545,
        "Rouche": 1603897,
        "Losch": 1130049,
        "Brinkmann": 1094363,
    }

    teams = report("won-by-team")
    assert {row["team"]: row["value"] for row in teams["rows"]} == {
        "West": 3568647,
        "Central": 3346293,
        "East": 3090594,
    }
    assert teams["summary"] == {"deals": 4238, "value": 10005534}

    quarters = {row["quarter"]: row["value"] for row in report("won-by-quarter")["rows"]}
    assert quarters == {"2017-Q1": 1134672, "2017-Q2": 3086111, "2017-Q3": 2982255, "2017-Q4": 2802496}

    months = report("won-by-month")["rows"]
    assert [row["month"] for row in months] == [f"2017-{month:02d}" for month in range(3, 13)]
    assert sum(row["value"] for row in months) == 10005534

    products = {row["product"]: row["value"] for row in report("won-by-product")["rows"]}
    assert (products["GTX Pro"], products["GTX Plus Pro"], products["MG Advanced"]) == (
        3510578,
        2629651,
        2216387,
    )

    best = report("won-by-agent")["rows"][0]
    assert (best["agent"], best["value"], best["deals"]) == ("Darcel Schlecht", 1153214, 349)

    rate = report("win-rate")["summary"]
    assert round(rate["win_rate"], 4) == 0.6315
    assert rate["low"] < 0.6315 < rate["high"]

    cycle = report("cycle-time")
    assert round(cycle["summary"]["mean_days"], 1) == 51.8
    assert cycle["summary"]["median_days"] == 57

    pipeline = report("open-pipeline")["summary"]
    assert (pipeline["deals"], pipeline["entered"], pipeline["list"]) == (2089, 0, 4966215)
