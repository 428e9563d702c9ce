"""``python -m crm export`` and ``report NAME FILE``: whole files, conditions in words, nothing without the right."""

import csv
import json

import pytest
from typer.testing import CliRunner

from crm.commands import app
from tests.factories import make

RUN = CliRunner()


@pytest.fixture
def house(people):
    ana = make(people["mona"], "organisation", name="Kavarna Ana")
    for name, tags, lifecycle in (
        ("Ana", ["vip"], "customer"),
        ("Bo", [], "prospect"),
        ("Cy", ["vip", "new"], "lead"),
    ):
        make(people["mona"], "contact", name=name, tags=tags, lifecycle=lifecycle, organisation_id=ana["id"])
    for amount in (100_00, 200_00, 300_00):
        make(people["mona"], "deal", title=f"Deal {amount}", amount_minor=amount, currency="EUR")
    return people


def run(*words):
    done = RUN.invoke(app, [str(word) for word in words])
    return done.exit_code, done.output


def rows(path):
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))


@pytest.mark.parametrize(
    ("entity", "where", "found"),
    [
        ("contact", [], 3),
        ("contact", ["tags=vip"], 2),
        ("contact", ["tags=new", "tags=(blank)"], 2),
        ("contact", ["lifecycle=customer", "lifecycle=lead"], 2),
        ("contact", ["organisation_id=kavarna ana"], 3),
        ("contact", ['{"tags": ["vip"], "lifecycle": ["lead"]}'], 1),
        ("deal", ["amount_minor=15000..25000"], 1),
        ("deal", ["amount_minor=20000.."], 2),
        ("deal", ["opened_on=..2020-01-01"], 0),
    ],
)
def test_conditions_in_words(house, tmp_path, entity, where, found):
    file = tmp_path / "out.csv"

    told = run("export", entity, file, *(word for one in where for word in ("--where", one)))

    assert (told[0], len(rows(file))) == (0, found), told[1]
    assert [one.name for one in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "nothing", "{}"), "Known: "),
        (("export", "contact", "{}", "--where", "colour=red"), "colour"),
        (("export", "contact", "{}", "--where", "red"), "FIELD=VALUE"),
        (("export", "contact", "{}", "--where", "organisation_id=Nobody"), "There is no “Nobody”"),
        (("export", "contact", "{}", "--columns", "name,password"), "no field “password”"),
        (("export", "contact", "{}", "--as", "vic@example.com"), "does not export"),
        (("export", "contact", "{}.db"), "ends in none of"),
        (("report", "none", "{}"), "There is no report"),
    ],
)
def test_what_does_not_go_leaves_the_file_as_it_was(house, tmp_path, words, said):
    file = tmp_path / "out.csv"
    file.write_text("before")

    code, output = run(*(word.format(file) for word in words))

    assert (code, said in " ".join(output.split())) == (1, True), output
    assert file.read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_report_is_written_in_every_form(house, tmp_path):
    for kind in ("csv", "xlsx", "json"):
        code, output = run("report", "open-pipeline", tmp_path / f"out.{kind}")
        assert code == 0, output

    told = json.loads((tmp_path / "out.json").read_text())
    assert told["n"] == 3
    assert len(rows(tmp_path / "out.csv")) == len(told["rows"]) > 0
    assert (tmp_path / "out.xlsx").read_bytes().startswith(b"PK")


def test_a_colleague_takes_out_what_they_see(house, tmp_path):
    file = tmp_path / "out.json"
    assert run("export", "contact", file, "--as", "mona@example.com")[0] == 0
    assert len(json.loads(file.read_text())) == 3
    make(house["sue"], "contact", name="South")
    assert run("export", "contact", "-", "--as", "sue@example.com")[0] == 1
    assert run("export", "contact", file, "--as", "ada@example.com")[0] == 0
    assert len(json.loads(file.read_text())) == 4
