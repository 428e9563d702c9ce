"""Further addresses of a file come in beside the first, are there once, and go with the undo."""

from crm.exchange.asking import wizard
from crm.exchange.storing.engine import run_import
from crm.exchange.storing.plan import Step
from crm.exchange.undoing.undo import undo_import
from db.models import Address, Channel, Contact, Organisation, Task
from tests.factories import make
from tests.service.exchange.import_scene import bring, counts, rows_of, stored

FOLK = (
    b"First Name,Last Name,Business Street,Business City,Business Postal Code,Business Phone,Mobile Phone,"
    b"E-mail Address,E-mail 2 Address\n"
    b"Ida,Holm,Gade 2,Aarhus,8000,+45 33 12 34 56,+45 44 12 34 56,ida@holm.example;home@holm.example,office@holm.example\n"
    b"Per,Dahl,,Oslo,,+47 22 12 34 56 / +47 22 12 34 57,,per@dahl.example,\n"
)


def bring_in(actor, tmp_path, data=FOLK):
    path = tmp_path / "contacts.csv"
    path.write_bytes(data)
    return run_import(
        actor, wizard.plan_of(wizard.drafts_of(actor, path.name, path), name="Folk"), {path.name: path}
    )


def test_all_addresses_of_a_row_come_in_once_and_go_with_the_undo(people, tmp_path, dump):
    ada = people["ada"]
    before = rows_of(dump)

    first = bring_in(ada, tmp_path)

    assert first.failed == 0, first.steps[0].examples
    assert stored(ada, Contact, "name", "email", "phone") == [
        ("Ida Holm", "ida@holm.example", "+4533123456"),
        ("Per Dahl", "per@dahl.example", "+4722123456"),
    ]
    further = [(k, v) for k, v, primary in stored(ada, Channel, "kind", "value", "is_primary") if not primary]
    assert sorted(further) == [
        ("email", "home@holm.example"),
        ("email", "office@holm.example"),
        ("phone", "+4544123456"),
        ("phone", "+4722123457"),
    ]
    assert stored(ada, Address, "street", "postal_code", "city") == [("Gade 2", "8000", "Aarhus")]
    again = bring_in(ada, tmp_path)
    assert counts(again) == (0, 0, 2, 0)
    assert len(stored(ada, Channel, "id")) == 8
    assert undo_import(ada, again.id).kept == []
    assert undo_import(ada, first.id).kept == []
    assert rows_of(dump) == before


def test_what_comes_to_a_record_that_was_there_goes_again_and_nothing_else(people, tmp_path, dump):
    ada = people["ada"]
    make(ada, "contact", name="Ida Holm", email="ida@holm.example", phone="+4533123456")
    make(ada, "contact", name="Per Dahl", email="per@dahl.example", city="Oslo")
    held = (stored(ada, Channel, "kind", "value"), stored(ada, Address, "id"))

    report = bring_in(ada, tmp_path)

    assert counts(report)[:2] == (0, 2)
    assert undo_import(ada, report.id).kept == []
    assert (stored(ada, Channel, "kind", "value"), stored(ada, Address, "id")) == held


def test_tasks_that_are_done_come_in_done_on_their_day(people, tmp_path):
    data = b"Subject,Due Date,Status\nCall back,2025-03-04,Completed\nSend offer,2025-03-05,Not Started\nVisit,2499-01-01,Done\n"
    path = tmp_path / "Tasks.csv"
    path.write_bytes(data)

    report = run_import(
        people["ada"],
        wizard.plan_of(wizard.drafts_of(people["ada"], path.name, path), name="T"),
        {path.name: path},
    )

    assert report.failed == 0, report.steps[0].examples
    rows = dict(stored(people["ada"], Task, "title", "done_at"))
    assert (f"{rows['Call back']:%Y-%m-%d}", rows["Send offer"]) == ("2025-03-04", None)
    assert rows["Visit"] is not None


def test_the_day_on_which_a_record_was_made_elsewhere_is_kept(people):
    step = Step(
        "o.csv", "organisation", {"number": "n", "name": "name", "created_at": "created_at"}, key=("number",)
    )
    data = b"n,name,created_at\n1,Elm,2021-04-15 10:00\n2,Oak,2499-01-01 10:00\n"

    report = bring(people["ada"], step, data)
    again = bring(people["ada"], step, data)

    assert (counts(report), counts(again)) == ((2, 0, 0, 0), (0, 0, 2, 0))
    made = dict(stored(people["ada"], Organisation, "name", "created_at"))
    assert f"{made['Elm']:%Y-%m-%d %H:%M}" == "2021-04-15 08:00"
    assert made["Oak"].year < 2499


def test_the_only_number_and_the_only_address_are_the_first(people, tmp_path):
    path = tmp_path / "contacts.csv"
    path.write_bytes(b"Last Name,Mobile,Private e-mail\nHolm,+45 33 12 34 56,ida@holm.example\n")

    draft = wizard.draft_of(people["ada"], path.name, path)

    assert draft["fields"] == {"Last Name": "last_name", "Mobile": "phone", "Private e-mail": "email"}


def test_several_numbers_in_a_further_column_come_in_behind_the_first(people, tmp_path):
    ada = people["ada"]
    told = (
        b"First Name,Last Name,E-mail 1 - Value,E-mail 2 - Value,Phone 1 - Value,Phone 2 - Value\n"
        b"Ida,Holm,ida@holm.example,home@holm.example,+45 33 12 34 56,+45 33 12 34 57 ::: +45 33 12 34 58\n"
        b"Per,Dahl,per@dahl.example,,+47 22 12 34 56,\n"
    )
    assert bring_in(ada, tmp_path, told).failed == 0
    assert stored(ada, Contact, "name", "email", "phone") == [
        ("Ida Holm", "ida@holm.example", "+4533123456"),
        ("Per Dahl", "per@dahl.example", "+4722123456"),
    ]
    further = [(k, v) for k, v, primary in stored(ada, Channel, "kind", "value", "is_primary") if not primary]
    assert sorted(further) == [
        ("email", "home@holm.example"),
        ("phone", "+4533123457"),
        ("phone", "+4533123458"),
    ]
