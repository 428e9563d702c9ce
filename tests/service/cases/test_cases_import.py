"""Tickets of other programs become cases: statuses, dates, priorities, the first step of their way, and back again."""

from datetime import timedelta

from crm.exchange.asking.mapping import guess_entity
from crm.exchange.files.reading import read_table
from crm.exchange.storing.journal import failed_rows
from crm.exchange.storing.plan import Lookup, Step
from crm.exchange.undoing.undo import undo_import
from crm.records import registry
from crm.service.cases import cases
from crm.service.cases.merge import merge_cases
from crm.service.defaults import ensure_service_defaults
from crm.work import SYSTEM, unit_of_work
from db.models import Case, CaseMove, Contact, Queue
from tests.factories import make
from tests.service.exchange.import_scene import bring, counts, rows_of, stored

#: The usual column names of help desks.
TICKETS = (
    b"Ticket ID,Customer Email,Ticket Type,Ticket Subject,Ticket Description,Ticket Status,Resolution,Ticket Priority,"
    b"Ticket Channel,Created At,First Response Time,Time to Resolution,Customer Satisfaction Rating\n"
    b"T1,ana@casa.example,Technical issue,Grinder stops,It stops.,Closed,Cleaned,Critical,Phone,2026-01-05 09:00,"
    b"2026-01-05 09:30,2026-01-06 10:00,4\n"
    b"T2,bo@nove.example,Product inquiry,Which filter?,Please tell.,Open,,Medium,Email,2026-02-01 08:00,,,\n"
    b"T3,ana@casa.example,Refund request,Wrong invoice,,Pending Customer Response,,Low,Chat,2026-02-02 08:00,"
    b"2026-02-02 12:00,,\n"
    b"T4,cy@orla.example,Complaint,Too late,,Closed,,High,Web,2026-03-02 08:00,,2026-03-01 08:00,\n"
)
STEP = Step(
    "tickets.csv",
    "case",
    {
        "number": "Ticket ID",
        "contact_id": "Customer Email",
        "kind": "Ticket Type",
        "subject": "Ticket Subject",
        "description": "Ticket Description",
        "status": "Ticket Status",
        "resolution": "Resolution",
        "priority": "Ticket Priority",
        "origin": "Ticket Channel",
        "opened_at": "Created At",
        "first_response_at": "First Response Time",
        "resolved_at": "Time to Resolution",
        "satisfaction": "Customer Satisfaction Rating",
    },
    key=("number",),
    lookups={"contact_id": Lookup(by="email", missing="create")},
)


def update(columns):
    return Step("t.csv", "case", {"number": "n"} | columns, key=("number",))


def test_the_usual_columns_of_a_help_desk_are_recognised():
    guess = guess_entity(read_table(TICKETS, name="customer_support_tickets.csv"), registry.entities())[0]

    assert guess.entity == "case"
    assert {c.column: c.field for c in guess.columns} == {v: k for k, v in STEP.columns.items()}


def test_tickets_become_cases_with_status_dates_priority_and_one_step(people):
    report = bring(people["ada"], STEP, TICKETS)

    assert counts(report) == (3, 0, 0, 1)
    assert stored(
        people["ada"], Case, "number", "status", "priority", "impact", "urgency", "kind", "origin"
    ) == [
        ("T1", "closed", "critical", "high", "high", "fault", "phone"),
        ("T2", "open", "normal", "medium", "medium", "question", "email"),
        ("T3", "waiting", "low", "medium", "low", "request", "chat"),
    ]
    ended = stored(people["ada"], Case, "resolved_at", "closed_at", "satisfaction", "waiting_since")
    assert ended[0][0] == ended[0][1] == ended[0][3]
    assert ended[0][2] == 4
    assert ended[1] == (None, None, None, None)
    moves = stored(people["ada"], CaseMove, "case_id", "from_status", "to_status", "at")
    opened = stored(people["ada"], Case, "id", "status", "opened_at")
    assert moves == [(i, None, status, moment) for i, status, moment in opened]
    # Cy would have been made for the ticket alone that ends before it begins.
    assert stored(people["ada"], Contact, "email") == [("ana@casa.example",), ("bo@nove.example",)]


def test_a_unit_and_a_contact_say_whose_the_case_is(people):
    firm = make(people["ada"], "organisation")
    product = make(people["ada"], "product")
    make(people["ada"], "equipment", serial="V3-1", organisation_id=firm["id"], product_id=product["id"])
    make(people["ada"], "contact", email="ana@casa.example", organisation_id=firm["id"])
    step = Step(
        "t.csv",
        "case",
        {"subject": "s", "equipment_id": "unit", "contact_id": "who"},
        lookups={"equipment_id": Lookup(by="serial"), "contact_id": Lookup(by="email")},
    )

    bring(people["ada"], step, b"s,unit,who\nOne,V3-1,\nTwo,,ana@casa.example\nThree,,\n")

    assert stored(people["ada"], Case, "organisation_id", "product_id") == [
        (firm["id"], product["id"]),
        (firm["id"], None),
        (None, None),
    ]


def test_open_cases_are_promised_what_the_service_levels_say(people):
    with unit_of_work(SYSTEM) as work:
        ensure_service_defaults(work)

    bring(people["ada"], STEP, TICKETS)

    closed, open_, waiting = stored(
        people["ada"], Case, "policy_id", "response_due_at", "resolution_due_at", "opened_at"
    )
    assert closed[:3] == (None, None, None)
    for policy, answer, solution, opened in (open_, waiting):
        assert policy is not None
        assert opened < answer < solution
    by_hand = make(people["ada"], "case", opened_at=open_[3])
    assert (by_hand["policy_id"], by_hand["resolution_due_at"]) == (open_[0], open_[2])


def test_an_end_before_the_beginning_is_named(people):
    report = bring(people["ada"], STEP, TICKETS)

    failed = failed_rows(people["ada"], report.id)
    assert "“Resolved” lies before the case was opened" in str(failed)


def test_blank_columns_follow_from_the_others(people):
    data = b"n,s,i,u,done\nA,One,high,high,\nB,Two,,,2026-01-06 10:00\nC,Three,low,,\n"
    step = Step(
        "t.csv", "case", {"number": "n", "subject": "s", "impact": "i", "urgency": "u", "closed_at": "done"}
    )

    bring(people["ada"], step, data)

    assert stored(people["ada"], Case, "status", "priority") == [
        ("new", "critical"),
        ("closed", "normal"),
        ("new", "low"),
    ]
    opened, closed = stored(people["ada"], Case, "opened_at", "closed_at")[1]
    assert opened == closed


def test_a_case_without_number_gets_one(people):
    bring(people["ada"], Step("t.csv", "case", {"subject": "s"}), b"s\nOne\nTwo\n")

    assert [n for (n,) in stored(people["ada"], Case, "number")] == ["C-1", "C-2"]


def test_a_second_file_moves_cases_on_and_counts_what_comes_back(people):
    bring(people["ada"], STEP, TICKETS)

    report = bring(
        people["ada"],
        update({"status": "s", "closed_at": "c"}),
        b"n,s,c\nT1,open,\nT2,closed,2026-02-05 10:00\n",
    )

    assert counts(report) == (0, 2, 0, 0)
    one, two, _three = stored(people["ada"], Case, "status", "reopened", "resolved_at", "closed_at")
    assert one == ("open", 1, None, None)
    assert two[0] == "closed"
    assert two[2] == two[3]
    steps = stored(people["ada"], CaseMove, "from_status", "to_status")[3:]
    assert steps == [("closed", "open"), ("open", "closed")]


def test_what_a_file_moves_goes_on_with_its_promise_and_is_told(people):
    with unit_of_work(SYSTEM) as work:
        ensure_service_defaults(work)
    case = make(people["ada"], "case", number="A1", priority="high")
    waits = make(
        people["ada"], "case", number="A2", status="waiting", opened_at=case["opened_at"] - timedelta(days=7)
    )

    report = bring(people["ada"], update({"status": "s"}), b"n,s\nA1,closed\nA2,open\n")

    ended, goes_on = stored(
        people["ada"], Case, "status", "resolution_due_at", "waiting_since", "paused_minutes", "resolved_at"
    )
    assert ended[:2] == ("closed", case["resolution_due_at"])
    assert ended[2] == ended[4]
    assert goes_on[0] == "open"
    assert goes_on[1] > waits["resolution_due_at"]
    assert (goes_on[2], goes_on[3] > 0) == (None, True)
    assert report.steps[0].history == {"moved in another program": 2}


def test_cases_of_a_teams_queue_wait_there_for_somebody(people):
    with unit_of_work(SYSTEM) as work:
        north = people["stan"].teams[0]
        work.session.add(Queue(name="Repairs", team_id=north))

    bring(
        people["ada"], Step("t.csv", "case", {"subject": "s", "queue_id": "q"}), b"s,q\nOne,Repairs\nTwo,\n"
    )

    assert stored(people["ada"], Case, "owner_id", "team_id") == [
        (None, north),
        (people["ada"].user_id, north),
    ]


def test_impact_changes_the_priority_and_a_priority_both_degrees(people):
    bring(people["ada"], STEP, TICKETS)

    bring(people["ada"], update({"impact": "i"}), b"n,i\nT2,high\n")
    bring(people["ada"], update({"priority": "p"}), b"n,p\nT3,critical\n")

    rows = stored(people["ada"], Case, "priority", "impact", "urgency")[1:]
    assert rows == [("high", "high", "medium"), ("critical", "high", "high")]


def test_undo_leaves_nothing_behind(people, dump):
    before = rows_of(dump)

    report = bring(people["ada"], STEP, TICKETS)
    undo_import(people["ada"], report.id)

    assert rows_of(dump) == before


def test_undo_of_a_second_file_gives_the_old_status_and_way_back(people):
    bring(people["ada"], STEP, TICKETS)
    before = stored(people["ada"], Case, "status", "resolved_at", "closed_at", "reopened", "waiting_since")

    report = bring(people["ada"], update({"status": "s"}), b"n,s\nT1,open\nT3,resolved\n")
    undo_import(people["ada"], report.id)

    after = stored(people["ada"], Case, "status", "resolved_at", "closed_at", "reopened", "waiting_since")
    assert after == before
    assert len(stored(people["ada"], CaseMove, "id")) == 3


def test_a_case_that_somebody_noted_in_stays_with_its_way(people):
    report = bring(people["ada"], STEP, TICKETS)
    kept = stored(people["ada"], Case, "id")[0][0]
    with unit_of_work(people["ada"]) as work:
        cases.add_note(work, kept, "Ask about the filter")

    undo_import(people["ada"], report.id)

    assert stored(people["ada"], Case, "id") == [(kept,)]
    assert stored(people["ada"], CaseMove, "case_id", "to_status") == [(kept, "closed")]


def test_a_merged_case_is_not_moved_by_a_file(people):
    first = make(people["ada"], "case")
    second = make(people["ada"], "case", subject="Again")
    with unit_of_work(people["ada"]) as work:
        merge_cases(work, second["id"], first["id"])

    report = bring(people["ada"], update({"status": "s"}), f"n,s\n{second['number']},open\n".encode())

    assert counts(report) == (0, 0, 0, 1)


def test_an_import_of_cases_sends_no_more_statements_for_more_rows(people, statements):
    step = Step("t.csv", "case", {"number": "n", "subject": "s", "status": "t"}, key=("number",))
    taken = {}
    for rows in (3, 10, 250):
        data = "n,s,t\n" + "".join(f"R{rows}-{n},Subject {n},open\n" for n in range(rows))
        statements.clear()
        bring(people["ada"], step, data.encode())
        taken[rows] = len(statements)

    assert taken[250] == taken[10]
