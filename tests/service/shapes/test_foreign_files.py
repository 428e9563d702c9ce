"""Exports of other programs, as they come: what the wizard makes of their columns, and what is stored when that is accepted."""

import tomllib

import openpyxl
import pytest
from sqlalchemy import select

from crm.clock import here
from crm.exchange.asking import wizard
from crm.exchange.storing.engine import run_import
from crm.exchange.undoing.undo import undo_import
from crm.work import reading, unit_of_work
from db.models import (
    Address,
    CampaignMember,
    Case,
    CaseMove,
    CaseStep,
    Category,
    Channel,
    Contact,
    Deal,
    Lead,
    Organisation,
    Product,
    Task,
    Team,
    User,
)
from tests.factories import make
from tests.service.exchange.import_scene import rows_of, stored
from tests.service.shapes.shapes_scene import FOLDER, drafts, take

FILES = sorted(path.name for path in (FOLDER / "files").iterdir())
EXPECTED = tomllib.loads((FOLDER / "expected.toml").read_text("utf-8"))
OUTLOOK = {
    "outlook_de.csv": ("Ilka Brandt", "ilka@brandt.example", "+49731555010", "Leiterin Einkauf", "Ulm"),
    "outlook_fr.csv": ("Odile Garnier", "odile@garnier.example", "+33455501020", "Directrice", "Lyon"),
    "outlook_es.csv": ("Inés Robles Vega", "ines@robles.example", "+34947555010", "Gerente", "Burgos"),
    "outlook_it.csv": ("Elisa Ferri", "elisa@ferri.example", "+390521555010", "Responsabile acquisti", "Parma"),
    "outlook_nl.csv": ("Sanne de Wit", "sanne@dewit.example", "+31385550101", "Hoofd inkoop", "Zwolle"),
    "outlook_pt.csv": ("Lídia Matos", "lidia@matos.example", "+351225550101", "Gerente", "Porto"),
}  # fmt: skip


def guessed(draft):
    fields = {column: field for column, field in draft["fields"].items() if field}
    return fields | {text: field for field, text in draft.get("templates", {}).items()}


@pytest.mark.parametrize("name", FILES)
def test_each_column_is_known_or_left_out(people, name):
    assert {d["entity"]: guessed(d) for d in drafts(people["ada"], name)} == EXPECTED[name]


@pytest.mark.parametrize("name", OUTLOOK)
def test_an_address_book_comes_in_whole_in_every_language(people, name):
    ada = people["ada"]
    full, email, phone, job, town = OUTLOOK[name]

    report = take(ada, name)

    assert sum(step.failed for step in report.steps) == 0
    rows = stored(ada, Contact, "name", "email", "phone", "job_title", "city")
    assert rows[0] == (full, email, phone, job, town)
    assert len(stored(ada, Organisation, "name")) == 2
    assert all(street and code for street, code in stored(ada, Address, "street", "postal_code"))
    further = {(kind, primary) for kind, primary in stored(ada, Channel, "kind", "is_primary")}
    assert further == {("email", True), ("phone", True), ("email", False), ("phone", False)}


def test_no_file_makes_people_or_teams(people):
    ada = people["ada"]
    before = stored(ada, User, "name"), stored(ada, Team, "name")
    for name in FILES:
        made = [draft for draft in drafts(ada, name) if draft["entity"]]
        assert not {"user", "team", "role"} & {draft["entity"] for draft in made}
        if made:
            plan = wizard.plan_of(made, name=name)
            run_import(ada, plan, {name: FOLDER / "files" / name}, dry_run=True)
    assert (stored(ada, User, "name"), stored(ada, Team, "name")) == before


def test_names_with_their_numbers_behind_find_the_firms_of_these_numbers(people, tmp_path):
    ada = people["ada"]
    take(ada, "hubspot-crm-exports-all-companies.csv")
    deals = (
        b"Record ID,Deal Name,Deal Stage,Amount,Create Date,Associated Company\n"
        b"1,One,Qualification (Sales),10,2026-01-02,Brandt GmbH (8801)\n"
        b"2,Two,Closed Won (Sales),10,2026-01-02,Neu AG (8803);Pohl KG (8802)\n"
        b"3,Three,Qualification (Sales),10,2026-01-02,Neu AG (8804)\n"
    )

    report = take(ada, deals=(deals, tmp_path))

    assert report.steps[0].failed == 0
    firms = dict(stored(ada, Organisation, "number", "name"))
    assert firms == {"8801": "Brandt GmbH", "8802": "Pohl KG", "8803": "Neu AG", "8804": "Neu AG"}
    by_id = dict(stored(ada, Organisation, "id", "number"))
    rows = stored(ada, Deal, "title", "organisation_id", "status")
    assert [(title, by_id[firm], status) for title, firm, status in rows] == [
        ("One", "8801", "open"),
        ("Two", "8803", "won"),
        ("Three", "8804", "open"),
    ]


def test_a_number_in_brackets_that_is_part_of_the_name_stays(people, tmp_path):
    leads = b"Deal Name,Stage,Company\nOne,Qualification,Fair (2025)\nTwo,Qualification,Fair (2026)\n"

    take(people["ada"], deals=(leads, tmp_path))

    assert stored(people["ada"], Organisation, "name") == [("Fair (2025)",), ("Fair (2026)",)]


def test_an_id_of_fifteen_signs_is_the_one_of_eighteen(people, tmp_path):
    ada = people["ada"]
    take(ada, "Account.csv", "Contact.csv")
    report = b"Contact ID,First Name,Last Name,Account ID\n003Qy00000KlMnQ,Eva,Lenz,001Qy00000AbCdE\n"

    took = take(ada, contacts=(report, tmp_path))

    assert took.steps[0].failed == 0
    firms = dict(stored(ada, Organisation, "id", "name"))
    assert [(name, firms.get(firm)) for name, firm in stored(ada, Contact, "name", "organisation_id")] == [
        ("Ilka Brandt", "Brandt GmbH"),
        ("Otto Pohl", "Pohl KG"),
        ("Eva Lenz", "Brandt GmbH"),
    ]


def test_a_path_of_categories_stands_as_a_tree_and_is_found_again(people):
    ada = people["ada"]
    for _time in range(2):
        report = take(ada, "product.template.csv")
        assert report.steps[0].failed == 0

    rows = stored(ada, Category, "id", "name", "parent_id")
    names = {record: name for record, name, _parent in rows}
    assert {(name, names.get(parent)) for _id, name, parent in rows} == {
        ("All", None),
        ("Machines", "All"),
        ("Grinders", "Machines"),
        ("Parts", "All"),
    }
    assert [names[c] for (c,) in stored(ada, Product, "category_id")] == ["Grinders", "Parts"]


def test_the_hour_at_which_a_task_is_due_comes_in_and_a_done_one_is_done(people):
    ada = people["ada"]

    report = take(ada, "tasks_due.csv", "pipedrive_activities.csv")

    assert [step.failed for step in report.steps] == [0, 0]
    rows = stored(ada, Task, "title", "due_on", "due_time", "done_at")
    assert [(title, str(due), hour, done is not None) for title, due, hour, done in rows] == [
        ("Send offer", "2027-01-13", "14:30", False),
        ("Ask for sizes", "2026-01-20", "09:00", True),
        ("Ask for sizes", "2025-06-10", "14:30", True),
        ("Send offer", "2027-01-10", None, False),
    ]


def test_a_log_makes_each_case_once_with_its_steps_in_order(people, dump):
    ada = people["ada"]
    before = rows_of(dump)

    report = take(ada, "helpdesk_log.csv")
    again = take(ada, "helpdesk_log.csv")

    assert [(s.created, s.failed, s.parents) for s in report.steps] == [(7, 0, {"case": 2})]
    assert [(s.created, s.skipped) for s in again.steps] == [(0, 7)]
    cases = stored(ada, Case, "subject", "status", "opened_at", "closed_at")
    assert [
        (*case, f"{here(opened):%m-%d %H:%M}", closed and f"{here(closed):%m-%d}")
        for *case, opened, closed in cases
    ] == [
        ("Case 1", "closed", "06-01 09:00", "06-10"),
        ("Case 2", "open", "06-02 09:00", None),
    ]
    with reading(ada) as session:
        way = session.scalars(
            select(CaseStep.activity).where(CaseStep.case_id == 1).order_by(CaseStep.at)
        ).all()
        moves = select(CaseMove.to_status, CaseMove.at).where(CaseMove.case_id == 1).order_by(CaseMove.at)
        assert [(to, f"{here(at):%m-%d}") for to, at in session.execute(moves)] == [
            ("new", "06-01"),
            ("closed", "06-10"),
        ]
    assert way == ["Insert ticket", "Assign seriousness", "Resolve ticket", "Closed"]

    undo_import(ada, again.id)
    assert undo_import(ada, report.id).kept == []
    assert rows_of(dump) == before


def test_steps_of_a_case_that_stands_here_leave_it_as_it_is(people):
    ada = people["ada"]
    make(ada, "case", subject="Grinder stops", number="173688")

    report = take(ada, "event_log.csv")

    assert [(s.created, s.failed, s.parents) for s in report.steps] == [(4, 0, {"case": 1})]
    assert stored(ada, Case, "subject", "number", "status") == [
        ("Grinder stops", "173688", "new"),
        ("Case 173689", "173689", "new"),
    ]
    assert stored(ada, CaseStep, "activity", "resource")[2] == ("Closed", "Value 2")


def test_a_lead_who_became_a_contact_is_a_member_as_that_contact(people, tmp_path):
    ada = people["ada"]
    make(ada, "campaign", number="701Qy00000CaMpAIAV", name="Spring")
    made = make(ada, "contact", name="Ida Holm", number="003Qy00000KlMnOIAV")
    known = make(ada, "contact", name="Per Dahl")
    leads = [make(ada, "lead", name=n, number=f"00QQy00000LeAd{n}") for n in ("AIAV", "BIAV")]
    with unit_of_work(ada) as work:
        work.session.get_one(Lead, leads[0]["id"]).contact_id = known["id"]
    members = (
        b"CampaignId,LeadId,ContactId,HasResponded,Group\n701Qy00000CaMpAIAV,00QQy00000LeAdAIAV,,true,A\n"
        b"701Qy00000CaMpAIAV,,003Qy00000KlMnOIAV,false,A\n701Qy00000CaMpAIAV,00QQy00000LeAdBIAV,,false,A\n"
    )

    report = take(ada, campaign_members=(members, tmp_path))

    assert [(s.entity, s.created, s.failed) for s in report.steps] == [("campaign_member", 2, 1)]
    assert stored(ada, CampaignMember, "contact_id", "responded") == [
        (known["id"], True),
        (made["id"], False),
    ]
    assert report.steps[0].examples[0]["reason"].endswith("but a lead. Convert it first.")


def test_a_formula_that_nobody_counted_is_told(people, tmp_path):
    book, path = openpyxl.Workbook(), tmp_path / "firms.xlsx"
    for row in (["Name", "City"], ["Holm AS", '=UPPER("oslo")'], ["Dahl AB", "Lund"]):
        book.active.append(row)
    book.save(path)

    [draft] = wizard.drafts_of(people["ada"], "firms.xlsx", path)
    report = run_import(people["ada"], wizard.plan_of([draft], name="firms"), {"firms.xlsx": path})

    assert "1 cell holds a formula without a result" in [
        heading for heading, _told in wizard.worries(draft, currency="EUR")
    ]
    assert report.steps[0].told == ["1 cell holds a formula without a result."]


def test_groups_of_a_program_are_no_tags_of_ours(people):
    take(people["ada"], "google_new.csv")

    assert stored(people["ada"], Contact, "name", "tags") == [
        ("Ilka Brandt", ["Customers"]),
        ("Otto Pohl", []),
    ]
