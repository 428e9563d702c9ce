"""What the wizard makes of foreign files when its guesses are accepted: contents decide, doubt is asked."""

import pytest
from sqlalchemy import func, select

from crm.errors import Refused
from crm.exchange.asking import wizard
from crm.exchange.storing.engine import run_import
from crm.work import reading
from db.models import Contact, Deal, Organisation, User
from tests.service.exchange.import_scene import stored

OUTLOOK = (
    b"First Name,Middle Name,Last Name,Company,Department,Birthday,E-mail Address,E-mail 2 Address,Web Page\n"
    b"Ida,Marie,Holm,Holm AS,Indkoeb,0/0/00,ida@holm.example,kontor@holm.example,\n"
    b"Per,,Dahl,Dahl AB,,3/5/62,per@dahl.example,,dahl.example\n"
)
OWNED = (
    b"CONTACTID,Last Name,Contact Owner Id,Contact Owner,Account Id,Email\n"
    b"2585,Holm,1007,Dora Lund,386,holm@ex.example\n2593,Dahl,1001,Rolf Diez,394,dahl@ex.example\n"
)
ODD = (
    b'id,name,has_company,income,department,manager\n1,Ida Holm,True,"$84,835.00",Sales,Rolf Diez\n'
    b'2,Per Dahl,False,"$24,835.00",HR,Rolf Diez\n'
)
NEWSLETTER = (
    b"Email Address,First Name,Last Name,MEMBER_RATING\nida@x.example,Ida,Holm,2\nper@x.example,Per,Dahl,3\n"
)
MEETINGS = b"Event Id,Title,Start,End,Event Owner Id\n1,Meeting,2026-01-04 10:00,2026-01-04 11:00,1003\n"
TILL = b"Product,Unit Price,Qty,Order No,Order Date\n" + b"".join(
    b"Filter %d,%d.50,%d,%d,2026-03-%02d\n" % (n % 4, 18 + n % 5, n % 7 + 1, 900 + n // 3, n % 27 + 1)
    for n in range(40)
)
STAFF = b"sales_agent,manager,regional_office\nIda Holm,Per Dahl,North\nEva Krog,Per Dahl,South\n"
SWAPPED = b"Name;Vorname;Firma;E-Mail\nHolm;Ida;Holm AS;ida@holm.example\nDahl;Per;Dahl AB;per@dahl.example\n"
CLOSING = (
    b"Potential Name,Stage,Amount,Closing Date\n"
    b'Alder,Closed Won,"$1,000.00","15 Apr, 2025 00:03:00"\nBirch,Qualification,$500.00,"16 Apr, 2027 00:03:00"\n'
)


@pytest.fixture
def drafted(people, tmp_path):
    """``drafted("contacts.csv", b"...")``: the draft that the wizard makes of a file."""

    def draft(name, data):
        path = tmp_path / name
        path.write_bytes(data)
        return wizard.draft_of(people["ada"], name, path)

    return draft


@pytest.fixture
def taken(people, drafted):
    """The same, brought in with every guess accepted: draft and report."""

    def bring(name, data):
        draft = drafted(name, data)
        return draft, run_import(people["ada"], wizard.plan_of([draft], name=name), {name: data})

    return bring


def fields(draft):
    return {column: field for column, field in draft["fields"].items() if field}


def test_a_second_address_a_middle_name_and_a_department_are_not_taken_for_something_else(people, taken):
    draft, report = taken("contacts.csv", OUTLOOK)

    assert fields(draft) == {
        "First Name": "first_name",
        "Last Name": "last_name",
        "Company": "organisation_id",
        "Birthday": "birth_date",
        "E-mail Address": "email",
        "E-mail 2 Address": "email_2",
    }
    assert report.failed == 0
    assert stored(people["ada"], Contact, "name", "email") == [
        ("Ida Holm", "ida@holm.example"),
        ("Per Dahl", "per@dahl.example"),
    ]


def test_numbers_of_people_and_firms_name_nobody(people, taken):
    ada = people["ada"]
    with reading(ada) as session:
        staff = session.scalar(select(func.count()).select_from(User))
    draft, report = taken("Contacts.csv", OWNED)

    assert fields(draft)["CONTACTID"] == "number"
    assert "Contact Owner Id" not in fields(draft)
    assert report.failed == 0
    assert stored(ada, Contact, "name", "number") == [("Holm", "2585"), ("Dahl", "2593")]
    assert stored(ada, Organisation, "name") == []
    with reading(ada) as session:
        assert session.scalar(select(func.count()).select_from(User)) == staff


def test_money_is_no_web_address_and_yes_no_firm(drafted):
    draft = drafted("people.csv", ODD)

    assert draft["entity"] == "contact"
    assert fields(draft) == {"id": "number", "name": "name"}


@pytest.mark.parametrize(
    ("name", "data", "entity"),
    [
        ("list.csv", NEWSLETTER, "contact"),
        ("Events.csv", MEETINGS, ""),
        ("till.csv", TILL, "order_line"),
        ("sales_teams.csv", STAFF, ""),
        ("numbers.csv", b"time,observed\n5,1\n7,0\n", ""),
    ],
)
def test_what_a_file_holds_is_told_by_its_contents_or_asked(drafted, name, data, entity):
    draft = drafted(name, data)

    assert draft["entity"] == entity
    assert bool(wizard.blocked(draft)) is (entity == "")


def test_beside_first_names_a_column_of_single_words_is_last_names(people, taken):
    _draft, report = taken("kontakte.csv", SWAPPED)

    assert report.failed == 0
    assert stored(people["ada"], Contact, "name") == [("Ida Holm",), ("Per Dahl",)]


def test_two_columns_for_one_field_stop_until_one_is_chosen(drafted):
    draft = drafted("contacts.csv", OUTLOOK)
    draft["fields"]["E-mail 2 Address"] = "email"

    assert ["fed twice" in heading for heading, _told in wizard.blocked(draft)] == [True]
    with pytest.raises(Refused, match="two columns"):
        wizard.step_of(draft)


def test_one_closing_date_is_the_day_of_won_and_the_hope_of_open_deals(people, taken):
    taken("Potentials.csv", CLOSING)

    rows = stored(people["ada"], Deal, "title", "closed_on", "expected_close_on")
    assert [(title, str(closed), str(hoped)) for title, closed, hoped in rows] == [
        ("Alder", "2025-04-15", "None"),
        ("Birch", "None", "2027-04-16"),
    ]


def test_what_is_known_by_a_number_alone_keeps_it_as_its_number(people, taken):
    lines = b"CustomerID,Date,Product,Quantity,Amount\n17850,2026-01-04,Filter,2,5.10\n14527,2026-01-05,Filter,1,2.55\n"

    _draft, report = taken("order_lines.csv", lines)

    assert report.failed == 0
    assert stored(people["ada"], Contact, "name", "number") == [
        ("Contact 17850", "17850"),
        ("Contact 14527", "14527"),
    ]


def test_a_file_that_cannot_be_read_leaves_the_others_in_peace(people, tmp_path):
    paths = wizard.keep_uploads(
        [("a.csv", b"Name\nIda Holm\n"), ("a.csv", b"Name\nPer Dahl\n"), ("b.csv", b"")]
    )

    drafts = [draft for name, path in paths.items() for draft in wizard.drafts_of(people["ada"], name, path)]

    assert [(d["name"], d["left_out"]) for d in drafts] == [
        ("a.csv", False),
        ("a (2).csv", False),
        ("b.csv", True),
    ]
    assert "empty" in drafts[2]["error"]
