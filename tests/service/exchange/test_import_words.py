"""What a profile means and does not exist, what a spreadsheet would run, what failed and comes in again."""

import csv
import io

import pytest
from typer.testing import CliRunner

from crm.areas import hand_in  # noqa: F401 - the commands need all areas
from crm.commands import app
from crm.errors import Refused
from crm.exchange.asking.service import import_profile
from crm.exchange.export import export_csv
from crm.exchange.leaving.own import bare, neutral
from crm.exchange.storing.engine import run_import
from crm.exchange.storing.journal import failed_files, list_imports
from crm.exchange.storing.plan import Step
from crm.work import reading
from db.models import Organisation
from tests.factories import make
from tests.service.exchange.import_scene import counts, plan, stored

PROFILE = """
[import]
name = "Words"
[[step]]
file = "firms.csv"
entity = "organisation"
key = "number"
columns = { "No" = "number", "Name" = "name", "Type" = "lifecycle" }
values.lifecycle = { "Buyer" = "customr", "Hope" = "prospect" }
[[step]]
file = "deals.csv"
entity = "deal"
columns = { "Title" = "title", "Phase" = "stage_id" }
values.stage_id = { "Done" = "Wone" }
"""


def test_words_that_mean_nothing_here_are_told_before_anything_starts(people, tmp_path):
    (tmp_path / "p.toml").write_text(PROFILE)

    with pytest.raises(Refused) as refused:
        import_profile(people["ada"], tmp_path / "p.toml", data=tmp_path)

    assert [p.field for p in refused.value.problems] == ["step 1.values.lifecycle", "step 2.values.stage_id"]
    assert "Won" in refused.value.problems[1].message
    assert list_imports(people["ada"]) == []


@pytest.mark.parametrize(("rows", "status"), [("1,a@x.org", 0), ("1,a@x.org\n2,@@", 3), ("2,@@", 1)])
def test_the_status_of_the_command_says_whether_rows_failed(people, tmp_path, rows, status):
    (tmp_path / "o.csv").write_text(f"No,Mail\n{rows}\n")
    columns = 'columns = { "No" = "number", "Mail" = "email" }\ntemplates.name = "Firm {No}"\n'
    (tmp_path / "p.toml").write_text(f'[[step]]\nfile = "o.csv"\nentity = "organisation"\n{columns}')

    result = CliRunner().invoke(app, ["import", str(tmp_path / "p.toml")])

    assert result.exit_code == status, result.output


@pytest.mark.parametrize("name", ["=1+1", "@home", "+cmd", "'=1+1", "''@x", "'t Hof", "-2+3"])
def test_a_name_that_a_spreadsheet_would_run_comes_back_as_it_was(people, name):
    ada = people["ada"]
    make(ada, "organisation", name=name, number="N1", city="Ulm")
    with reading(ada) as session:
        data = b"".join(export_csv(session, "organisation", columns=["number", "name", "city"]))

    written = next(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))["name"]
    assert (written, bare(written)) == (neutral(name), name)
    assert not written.startswith(("=", "+", "@"))
    step = Step(
        "o.csv", "organisation", {"number": "number", "name": "name", "city": "city"}, key=("number",)
    )
    assert counts(run_import(ada, plan(step), {"o.csv": data})) == (0, 0, 1, 0)
    assert stored(ada, Organisation, "name") == [(name,)]


def test_failed_rows_of_several_files_come_as_files_that_come_in_again(people):
    ada = people["ada"]
    firms = Step("firms.csv", "organisation", {"number": "No", "name": "Name", "email": "Mail"})
    folk = Step("folk.csv", "contact", {"number": "Nr", "name": "Who", "email": "Mail"})
    files = {
        "firms.csv": b"No,Name,Mail\n1,=1+1,@@\n2,Elm,e@x.org\n",
        "folk.csv": b"Nr,Who,Mail\n7,Ida Holm,no\n",
    }
    first = run_import(ada, plan(firms, folk), files)

    failed = failed_files(ada, first.id)

    assert list(failed) == [f"failed-{first.id}-firms.csv", f"failed-{first.id}-folk.csv"]
    mended = [text.replace("@@", "a@x.org").replace(",no,", ",i@x.org,") for text in failed.values()]
    again = run_import(ada, plan(firms, folk), {n: t.encode() for n, t in zip(files, mended, strict=True)})
    assert [counts(again, at) for at in (0, 1)] == [(1, 0, 0, 0), (1, 0, 0, 0)]
    assert ("=1+1",) in stored(ada, Organisation, "name")
