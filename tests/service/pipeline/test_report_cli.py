"""``python -m crm report``: the same numbers for scripts, within a user's scope when asked."""

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from crm.commands import app
from crm.reporting.catalogue import kinds
from crm.work import SYSTEM, unit_of_work


@pytest.fixture
def sold(sqlite_database):
    """Two sellers of two teams with one won deal each; staff see their own team's."""
    from crm.access.people import ensure_roles
    from crm.pipeline.defaults import ensure_defaults
    from db.models import Deal, Stage, Team, User

    with unit_of_work(SYSTEM) as work:
        roles = ensure_roles(work)
        ensure_defaults(work)
        won = next(s for s in work.session.query(Stage) if s.kind == "won")
        for name, minor in (("Ann", 100_00), ("Ben", 250_50)):
            team = Team(name=f"Team {name}")
            work.session.add(team)
            work.session.flush()
            seller = User(
                name=name, email=f"{name.lower()}@example.com", team_id=team.id, role_id=roles["staff"]
            )
            work.session.add(seller)
            work.session.flush()
            place = {"pipeline_id": won.pipeline_id, "stage_id": won.id, "status": "won", "currency": "EUR"}
            mine = {"owner_id": seller.id, "team_id": team.id, "closed_on": date(2026, 2, 3)}
            work.session.add(Deal(title="Deal", amount_minor=minor, **place, **mine))


def run(*arguments):
    return CliRunner().invoke(app, ["report", *arguments])


def test_json_carries_numbers_formula_and_date(sold):
    made = json.loads(run("won-by-agent", "--json").stdout)

    assert [(row["agent"], row["value"], row["deals"]) for row in made["rows"]] == [
        ("Ben", 250.5, 1),
        ("Ann", 100, 1),
    ]
    assert made["summary"] == {"deals": 2, "value": 350.5}
    assert (made["currency"], made["n"]) == ("EUR", 2)
    assert "Archived deals are left out" in made["formula"]
    assert made["as_of"].endswith("+00:00")


def test_a_users_own_view_counts_what_they_see(sold):
    made = json.loads(run("won-by-agent", "--json", "--as", "ANN@example.com").stdout)

    assert [row["agent"] for row in made["rows"]] == ["Ann"]


def test_filters_are_names_and_days(sold):
    def total(*arguments):
        return json.loads(run("won-by-month", "--json", *arguments).stdout)["summary"]["value"]

    assert total("--owner", "ben") == 250.5
    assert total("--team", "Team Ann") == 100
    assert total("--from", "2026-02-04") == 0
    assert total("--to", "2026-02-03") == 350.5


def test_without_json_it_reads_as_a_table(sold):
    text = run("won-by-agent").stdout

    assert "Won value and deals by owner (EUR, n = 2)" in text
    assert "250.50" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["won-by-moon"], "won-by-month"),
        (["won-by-agent", "--from", "3 March"], "2026-01-31"),
        (["won-by-agent", "--team", "West Pole"], "West Pole"),
        (["won-by-agent", "--as", "nobody@example.com"], "nobody@example.com"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(sold, arguments, said):
    result = run(*arguments)

    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


def test_without_a_name_the_reports_are_listed(sold):
    assert [kind["report"] for kind in json.loads(run("--json").stdout)] == list(kinds())
    assert all(name in run().stdout for name in kinds())
