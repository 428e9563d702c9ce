"""The same file again, a shared address, a changed cell: told before anything is stored, and never in twice."""

from crm.exchange.asking import wizard
from crm.exchange.storing.engine import run_import
from crm.exchange.storing.journal import fingerprint, seen_before
from crm.exchange.undoing.undo import undo_import
from db.models import Contact, Deal, Organisation
from tests.service.exchange.import_scene import BY_NUMBER, ORGANISATIONS, bring, counts, plan, stored

FIRST = b"Name,E-mail,Phone,City\nIda Holm,info@holm.example,030 111111,Aarhus\nPer Dahl,,030 222222,Oslo\n"
SECOND = b"Name,E-mail,Phone,City\nEva Krog,INFO@holm.example,030 333333,\nPer Dahl,,030 222222,Oslo\n"
POTENTIALS = b"Potential Name,Stage,Amount,Closing Date\nAlder,Closed Won,1000,2025-04-15\nBirch,Qualification,500,2027-04-16\n"


def bring_by_guess(actor, tmp_path, name, data, **more):
    path = tmp_path / name
    path.write_bytes(data)
    draft = {**wizard.draft_of(actor, name, path), **more.pop("draft", {})}
    return run_import(actor, wizard.plan_of([draft], name=name), {name: path}, **more)


def test_the_check_shows_old_and_new_values_of_what_would_change(people, tmp_path):
    ada = people["ada"]
    bring_by_guess(ada, tmp_path, "contacts.csv", FIRST)

    report = bring_by_guess(ada, tmp_path, "contacts.csv", SECOND, dry_run=True)

    step = report.steps[0]
    assert (step.updated, step.skipped, step.renamed, step.changed) == (1, 1, 1, 2)
    assert [(c["name"], c["label"], c["old"], c["new"]) for c in step.changes] == [
        ("Ida Holm", "Name", "Ida Holm", "Eva Krog"),
        ("Ida Holm", "Phone", "+4930111111", "+4930333333"),
    ]
    assert stored(ada, Contact, "name") == [("Ida Holm",), ("Per Dahl",)]


def test_people_of_one_address_are_told_apart_by_their_names_too(people, tmp_path):
    ada = people["ada"]
    bring_by_guess(ada, tmp_path, "contacts.csv", FIRST)

    bring_by_guess(ada, tmp_path, "contacts.csv", SECOND, draft={"key": "email,name"})

    assert stored(ada, Contact, "name") == [("Ida Holm",), ("Per Dahl",), ("Eva Krog",)]


def test_rows_without_a_key_that_stand_there_already_do_not_come_in_again(people, tmp_path):
    ada = people["ada"]
    first = bring_by_guess(ada, tmp_path, "Potentials.csv", POTENTIALS)

    again = bring_by_guess(ada, tmp_path, "Potentials.csv", POTENTIALS)

    assert (counts(first), counts(again)) == ((2, 0, 0, 0), (0, 0, 2, 0))
    assert again.steps[0].alike == 2
    assert len(stored(ada, Deal, "id")) == 2


def test_two_equal_rows_of_one_file_are_two_records(people, tmp_path):
    twice = POTENTIALS + b"Alder,Closed Won,1000,2025-04-15\n"

    assert counts(bring_by_guess(people["ada"], tmp_path, "Potentials.csv", twice, chunk=2)) == (3, 0, 0, 0)


def test_a_file_that_came_in_before_is_said_until_its_import_is_undone(people):
    ada = people["ada"]
    first = bring(ada, BY_NUMBER, ORGANISATIONS)
    prints = {"renamed.csv": fingerprint(ORGANISATIONS)}

    assert {name: entry.id for name, entry in seen_before(ada, prints).items()} == {"renamed.csv": first.id}
    assert seen_before(people["mona"], prints) == {}
    again = run_import(ada, plan(BY_NUMBER), {"o.csv": ORGANISATIONS}, dry_run=True)
    assert again.seen == {"o.csv": first.id}
    undo_import(ada, first.id)
    assert seen_before(ada, prints) == {}
    assert stored(ada, Organisation, "id") == []
