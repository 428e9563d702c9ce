from pathlib import Path

import pytest

from crm.errors import Refused
from crm.exchange.asking.service import find_files, import_profile, load_profile
from crm.exchange.storing.plan import Lookup, Plan
from crm.work import SYSTEM

PROFILES = Path(__file__).parents[2] / "realdata" / "profiles"
SMALL = """
[import]
name = "Old CRM"
date_order = "dmy"
on_missing_parent = "empty"

[[step]]
file = "deals.csv"
entity = "deal"
key = "number"
columns = { ID = "number", Title = ["title", "notes"], Company = "organisation_id", Owner = "owner_id" }
constants = { currency = "CZK" }
values.stage_id = { "Closed Won" = "Won" }
lookup.organisation_id = { by = "name", missing = "create", create = { lifecycle = "customer" } }
scale.amount_minor = 1000
where = { Type = ["A", "B"] }
"""


def complaints(text):
    with pytest.raises(Refused) as refused:
        load_profile(text)
    return {problem.field: problem.message for problem in refused.value.problems}


def test_a_profile_becomes_a_plan():
    plan = load_profile(SMALL)

    (step,) = plan.steps
    assert (plan.name, plan.date_order, step.entity, step.key) == ("Old CRM", "dmy", "deal", ("number",))
    assert step.columns == {
        "number": "ID", "title": "Title", "notes": "Title", "organisation_id": "Company", "owner_id": "Owner",
    }  # fmt: skip
    assert step.lookups["organisation_id"] == Lookup("name", "create", create={"lifecycle": "customer"})
    assert step.where == {"Type": ("A", "B")}
    assert step.scale == {"amount_minor": 1000.0}


def test_a_plan_survives_the_journal():
    plan = load_profile(SMALL)

    assert Plan.from_json(plan.as_json()) == plan


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_profiles_of_the_project_are_right(path):
    assert load_profile(path.read_text("utf-8")).steps


def test_every_mistake_is_told_at_once_with_its_line():
    found = complaints(
        """
[import]
nam = "x"
date_order = "dym"

[[step]]
entity = "organisation"
colums = { a = "name" }

[[step]]
file = "d.csv"
entity = "deel"

[[step]]
file = "c.csv"
entity = "contact"
mode = "replace"
key = "email"
columns = { Nmae = "nmae", Company = "organisation_id" }
lookup.name = { by = "x" }
lookup.organisation_id = { missing = "guess" }
"""
    )

    told = " ".join(f"{field}: {message}" for field, message in found.items())
    assert "line 3, import.nam" in told
    assert "line 4, import.date_order" in told
    assert "step 1.file: is missing" in told
    assert "Is “columns” meant?" in told
    assert "“deel” is not an entity" in told
    assert "Is “name” meant?" in told
    assert "step 3.mode: must be one of create, update, upsert" in told
    assert "“email” is a key but no column feeds it" in told
    assert "“name” is not a link" in told
    assert "must be one of create, empty, fail" in told


def test_broken_toml_is_told_in_a_sentence():
    with pytest.raises(Refused, match="not valid TOML"):
        load_profile("[import\n")


def test_fields_that_may_not_be_imported_are_refused():
    found = complaints('[[step]]\nfile = "d.csv"\nentity = "deal"\ncolumns = { S = "stage_since" }\n')

    assert any("cannot be imported" in message for message in found.values())


def test_files_outside_the_folder_and_missing_ones_are_refused(tmp_path):
    plan = load_profile('[[step]]\nfile = "../secret.csv"\nentity = "team"\ncolumns = { a = "name" }\n')

    with pytest.raises(Refused) as refused:
        find_files(plan, tmp_path)

    assert "outside" in refused.value.problems[0].message


def test_the_documentation_names_every_key_of_a_step():
    from crm.exchange.asking.profile import _IMPORT_KEYS, _STEP_KEYS

    text = (Path(__file__).parents[3] / "docs" / "import-profiles.md").read_text("utf-8")
    missing = [key for key in sorted(_STEP_KEYS | _IMPORT_KEYS) if f"`{key}" not in text]
    assert missing == []


@pytest.mark.parametrize(
    ("line", "said"),
    [('time_zone = "Mars/Base"', "Europe/Prague"), ('phone_region = "Germany"', "two letters")],
)
def test_places_that_do_not_exist_are_told(line, said):
    with pytest.raises(Refused, match=said):
        load_profile(f"[import]\n{line}\n" + SMALL[SMALL.index("[[step]]") :])


def test_a_formula_that_is_none_is_told_before_anything_is_read():
    with pytest.raises(Refused, match="no formula"):
        load_profile(
            SMALL + '\n[[step]]\nfile = "l.csv"\nentity = "order_line"\nformulas.amount_minor = "{a} **"\n'
        )


def test_the_mark_of_the_windows_editor_does_not_stop_a_profile(tmp_path):
    (tmp_path / "p.toml").write_bytes(b"\xef\xbb\xbf[import]\nname = 'x'\n")
    (tmp_path / "q.toml").write_bytes("name = 'é'".encode("cp1252"))

    with pytest.raises(Refused, match="at least one"):
        import_profile(SYSTEM, tmp_path / "p.toml", data=tmp_path)
    with pytest.raises(Refused, match="UTF-8"):
        import_profile(SYSTEM, tmp_path / "q.toml", data=tmp_path)
