"""What leaves as a file comes back as it left: each entity's export is recognised, read, and changes nothing."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select

from crm.exchange.asking.wizard import draft_of, files_of, importable, plan_of, worries
from crm.exchange.export import export_csv
from crm.exchange.storing.engine import run_import
from crm.exchange.storing.plan import Plan, Step
from crm.records import registry
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Case, Contact, OrderLine
from tests.factories import make
from tests.rows import all_rows

STORY = ("imports", "import_failures", "change_batches", "changes", "jobs", "leases")


def some_of_each(ada):
    """A record of each entity that can be told from others by a value of its own; what the scene makes along with it."""
    unit = make(ada, "equipment")["id"]
    deal = make(ada, "deal", number="D-1")["id"]
    case = make(ada, "case", equipment_id=unit)["id"]
    about = {
        "organisation": {"number": "A-1"}, "contact": {"number": "K-1", "email": "ana@example.com"},
        "product": {"code": "DUO3"}, "campaign": {"number": "M-1"}, "lead": {"number": "L-1"},
        "contract": {"equipment_id": unit, "number": "V-1"}, "order_line": {"number": "Z-1"},
        "maintenance_plan": {"name": "Yearly", "every_days": 365, "equipment_id": unit},
        "work_order": {"equipment_id": unit}, "task": {"number": "T-1", "case_id": case, "due_on": date(2027, 1, 4)},
        "social_post": {"number": "F-1"}, "interaction": {"number": "I-1", "deal_id": deal, "body": "Asked for filters"},
    }  # fmt: skip
    for name in (
        "team",
        "category",
        "segment",
        "message_template",
        "web_form",
        "social_account",
        "order",
        *about,
    ):
        make(ada, name, **about.get(name, {}))


def test_the_export_of_each_entity_is_read_as_it_was_written_and_changes_nothing(people, tmp_path):
    ada = people["ada"]
    some_of_each(ada)
    wrong, seen = {}, set()
    for about in importable(ada):
        path = tmp_path / f"{about.name}.csv"
        with reading(ada) as session:
            path.write_bytes(b"".join(export_csv(session, about.name)))
        if len(path.read_text("utf-8-sig").splitlines()) < 2:
            continue
        seen.add(about.name)
        draft = draft_of(ada, path.name, path)
        own = {
            f.name.removesuffix("_minor").removesuffix("_id"): f.name
            for f in about.fields
            if f.exportable
            and f.importable
            # Further addresses have columns where there are any.
            and (f.name in registry.entity(about.name).by_name or f.name in draft["columns"])
        }
        taken = {column: field for column, field in draft["fields"].items() if field}
        if draft["entity"] != about.name or taken != own:
            wrong[about.name] = ("read as", draft["entity"], set(taken.items()) ^ set(own.items()))
            continue
        before = all_rows(without=STORY)
        step = run_import(ada, plan_of([draft], name="Back"), {path.name: path}).steps[0]
        if (step.rows, step.rows) != (step.skipped, step.rows - step.failed) or all_rows(
            without=STORY
        ) != before:
            wrong[about.name] = (step.created, step.updated, step.failed, step.examples)
    assert not wrong
    assert len(seen) >= 20, sorted(set(registry.names()) - seen)


def test_times_come_back_to_the_microsecond_also_of_the_hour_that_is_there_twice(people, tmp_path):
    ada, path = people["ada"], tmp_path / "case.csv"
    night = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    moments = [night + timedelta(hours=step, microseconds=7 * (step % 2)) for step in range(6)]
    made = [make(ada, "case", subject=f"Case {moment}", opened_at=moment)["id"] for moment in moments]
    with reading(ada) as session:
        path.write_bytes(b"".join(export_csv(session, "case")))
    with unit_of_work(ada) as work:
        for case in made:
            work.session.get_one(Case, case).opened_at = night - timedelta(days=9)

    step = run_import(ada, plan_of([draft_of(ada, path.name, path)], name="Back"), {path.name: path}).steps[0]

    assert (step.updated, step.failed) == (len(made), 0)
    with reading(ada) as session:
        assert [session.get_one(Case, case).opened_at for case in made] == moments


def back(ada, entity, path):
    """The entity's export brought in again: the step's report."""
    with reading(ada) as session:
        path.write_bytes(b"".join(export_csv(session, entity)))
    return run_import(ada, plan_of([draft_of(ada, path.name, path)], name="Back"), {path.name: path}).steps[0]


def test_records_without_a_key_beside_some_that_have_one_come_back_as_themselves(people, tmp_path):
    ada = people["ada"]
    make(ada, "contact", name="Ana Kovač", email="ana@example.com")
    make(ada, "contact", name="Ben Ruiz", number="K-2")
    make(ada, "contact", name="Cleo Marsh")
    make(ada, "contact", name="Cleo Marsh", number="K-4", email="cleo@example.com")
    make(ada, "task", title="Call back")
    make(ada, "task", title="Call back")
    before = all_rows(without=STORY)

    reports = [back(ada, entity, tmp_path / f"{entity}.csv") for entity in ("contact", "task")]

    assert [(step.skipped, step.examples) for step in reports] == [(4, []), (2, [])]
    assert all_rows(without=STORY) == before


def test_an_export_of_another_house_gives_no_record_another_name_by_its_id(people, tmp_path):
    ada, path = people["ada"], tmp_path / "contact.csv"
    contact = make(ada, "contact", name="Cleo Marsh")["id"]
    with reading(ada) as session:
        text = b"".join(export_csv(session, "contact")).replace(b"Cleo Marsh", b"Dora Weiss")
    path.write_bytes(text)

    step = run_import(ada, plan_of([draft_of(ada, path.name, path)], name="Back"), {path.name: path}).steps[0]

    assert (step.created, step.updated) == (1, 0)
    with reading(ada) as session:
        assert session.get_one(Contact, contact).name == "Cleo Marsh"


def test_lines_are_told_apart_by_their_order_and_number(people, tmp_path):
    ada, path = people["ada"], tmp_path / "order_line.csv"
    first, second = (make(ada, "order", number=number)["id"] for number in ("A-1", "A-2"))
    for order, amount in ((first, 100), (second, 200), (None, 300)):
        make(ada, "order_line", number="1", order_id=order, amount_minor=amount)
    before = all_rows(without=STORY)

    assert back(ada, "order_line", path).skipped == 3
    assert all_rows(without=STORY) == before

    with unit_of_work(ada) as work:
        work.session.delete(work.session.scalars(select(OrderLine).where(OrderLine.order_id.is_(None))).one())
    alone = Step("l.csv", "order_line", {"number": "Number", "sold_on": "Sold", "amount_minor": "Amount"})
    files = {"l.csv": b"Number,Sold,Amount\n1,2026-01-05,9\n7,2026-01-05,9\n"}
    step = run_import(ada, Plan("Alone", (alone,), currency="EUR"), files).steps[0]

    # Which order's line 1 is meant nobody can say; line 7 is of none.
    assert (step.created, step.updated, step.failed) == (1, 0, 1)


def namesakes(ada):
    """Two people of one name and two deals of one title, and what hangs on each; a firm beneath one of two of a name."""
    north, south = (make(ada, "organisation", name="Café Lua", number=n)["id"] for n in ("A-1", "A-2"))
    make(ada, "organisation", name="Lua Porto", number="A-3", parent_id=south)
    ana = make(ada, "contact", name="Ana Souza", number="K-1", organisation_id=north)["id"]
    other = make(ada, "contact", name="Ana Souza", email="ana@example.com", organisation_id=south)["id"]
    for at, (contact, firm) in enumerate(((ana, north), (other, south))):
        deal = make(ada, "deal", number=f"D-{at}", contact_id=contact, organisation_id=firm)["id"]
        make(ada, "interaction", number=f"I-{at}", body="Asked", deal_id=deal, contact_id=contact)
    return ("organisation", "contact", "deal", "interaction")


def links(entities):
    """What each record of the entities points to, by what tells the parents apart."""
    with unit_of_work(SYSTEM) as work:
        found = set()
        for name in entities:
            about, cls = registry.entity(name), registry.model(name)
            fields = [f for f in about.fields if f.link in entities]
            for record in work.session.scalars(select(cls)):
                parents = [
                    (f.name, getattr(parent, "number", None) or getattr(parent, "email", None))
                    for f in fields
                    if (parent := work.session.get(registry.model(f.link), getattr(record, f.name) or 0))
                ]
                found.add((name, record.number or record.email, *parents))
        return found


def test_parents_of_one_name_are_told_apart_on_the_way_back_into_an_empty_start(people, tmp_path):
    ada = people["ada"]
    entities = namesakes(ada)
    before = links(entities)
    drafts = []
    for name in entities:
        path = tmp_path / f"{name}.csv"
        with reading(ada) as session:
            path.write_bytes(b"".join(export_csv(session, name)))
        drafts.append(draft_of(ada, path.name, path))
    with unit_of_work(SYSTEM) as work:
        for name in reversed(entities):
            work.session.execute(delete(registry.model(name)))
    assert links(entities) == set()

    report = run_import(
        ada, plan_of(drafts, name="Back"), {name: Path(path) for name, path in files_of(drafts).items()}
    )

    assert [(step.failed, step.parents) for step in report.steps] == [(0, {})] * 4
    assert links(entities) == before
    left = [told for d in drafts for said, told in worries(d, currency="EUR") if "no field" in said]
    assert not [told for told in left if "_key" in told or " id" in told]


def test_a_number_of_another_house_leads_to_no_record_of_another_name(people, tmp_path):
    ada, path = people["ada"], tmp_path / "deal.csv"
    namesakes(ada)
    with reading(ada) as session:
        path.write_bytes(b"".join(export_csv(session, "deal")))
    with unit_of_work(ada) as work:
        first, second = work.session.scalars(select(Contact).order_by(Contact.id))
        first.name, first.name_key, second.number = "Zoe Maier", "zoemaier", "K-9"
    draft = draft_of(ada, path.name, path)

    step = run_import(ada, plan_of([draft], name="Back"), {path.name: path}).steps[0]

    assert (step.updated, step.skipped, step.failed) == (1, 1, 0)
