"""Whose a received message is: any address, a colleague, the thread; what matches nobody waits and is never lost."""

import pytest
from sqlalchemy import select, update

from crm.mail.inbox.free_mail import is_free_mail
from crm.mail.inbox.matching import who_wrote
from crm.mail.receiving.intake import read_place, take_in, told
from crm.records.records import update_record
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Case, CaseMessage, Channel, IncomingMessage, StoredFile
from db.session import engine
from tests.factories import make
from tests.service.mail import mail_letters as letters


@pytest.fixture
def case(people):
    """A case of Ana's, who works at Kavarna and has an address of her own."""
    firm = make(people["stan"], "organisation", name="Kavarna")
    ana = make(people["stan"], "contact", name="Ana", email="ana@kavarna.example", organisation_id=firm["id"])
    with unit_of_work(SYSTEM) as work:
        work.session.add(Channel(contact_id=ana["id"], kind="email", value="Ana.Private@mail.example"))
    return make(people["stan"], "case", contact_id=ana["id"]) | {"ana": ana, "firm": firm}


def thread(case):
    with reading(SYSTEM) as session:
        columns = CaseMessage.kind, CaseMessage.author, CaseMessage.contact_id, CaseMessage.body
        asked = select(*columns).where(CaseMessage.case_id == case["id"]).order_by(CaseMessage.id)
        return [tuple(row) for row in session.execute(asked)]


def status(case):
    with reading(SYSTEM) as session:
        return session.get_one(Case, case["id"]).status


def answer(case, sender="ana@kavarna.example", **more):
    return letters.answer(sender=sender, subject=f"Re: [{case['number']}] Grinder", **more)


@pytest.mark.parametrize("sender", ["ANA@kavarna.example", "ana.private@mail.example"])
def test_every_address_on_the_record_is_the_customers(case, sender):
    assert take_in(answer(case, sender), source="x") == "answered"

    assert thread(case) == [("customer", None, case["ana"]["id"], "Yes please")]


@pytest.mark.parametrize(
    ("known", "wrote"),
    [("ana@gmail.com", "ana+shop@googlemail.com"), ("ana@münchen.example", "ana@xn--mnchen-3ya.example"),
     ("ana@xn--mnchen-3ya.example", "ana@münchen.example")],
)  # fmt: skip
def test_an_address_is_known_in_every_spelling_of_it(people, known, wrote):
    with unit_of_work(SYSTEM) as work:
        ana = make(people["stan"], "contact", name="Ana")
        work.session.add(Channel(contact_id=ana["id"], kind="email", value=known))

    with reading(SYSTEM) as session:
        assert who_wrote(session, wrote).contact_id == ana["id"]


def test_an_address_from_before_a_change_is_the_customers(case, people):
    with unit_of_work(people["stan"]) as work:
        version = case["ana"]["version"]
        update_record(work, "contact", case["ana"]["id"], {"email": "ana@new.example"}, seen_version=version)

    assert take_in(answer(case), source="x") == "answered"
    assert take_in(answer(case, "ana@new.example", message_id="<2@x>"), source="x") == "answered"


def test_a_colleague_speaks_in_the_case_under_their_own_name(case, people):
    bob = make(
        people["stan"],
        "contact",
        name="Bob",
        email="bob@elsewhere.example",
        organisation_id=case["firm"]["id"],
    )

    assert take_in(answer(case, "boris@kavarna.example"), source="x") == "answered"
    assert take_in(answer(case, "bob@elsewhere.example", message_id="<2@x>"), source="x") == "answered"

    assert thread(case) == [
        ("customer", "Somebody (boris@kavarna.example)", None, "Yes please"),
        ("customer", None, bob["id"], "Yes please"),
    ]


def test_whoever_shares_only_a_free_domain_is_no_colleague(people):
    ana = make(people["stan"], "contact", email="ana@gmail.com")
    case = make(people["stan"], "case", contact_id=ana["id"])

    assert take_in(answer(case, "eve@gmail.com"), source="x") == "waits"
    assert thread(case) == []


def test_the_thread_of_an_earlier_message_finds_the_case(case):
    take_in(answer(case, message_id="<first@kavarna.example>"), source="x")

    later = letters.answer(
        sender="stranger@far.example", message_id="<2@x>", References="<other@x> <first@kavarna.example>"
    )

    assert take_in(later, source="x") == "answered"
    assert [row[1] for row in thread(case)] == [None, "Somebody (stranger@far.example)"]


def test_what_a_machine_answers_is_shown_and_changes_nothing(case):
    with engine().execution_options(system=True).begin() as connection:
        connection.execute(update(Case).values(status="resolved"))

    take_in(answer(case, Auto_Submitted="auto-replied", text="I am away"), source="x")

    assert thread(case) == [("automatic", None, case["ana"]["id"], "I am away")]
    assert status(case) == "resolved"

    take_in(answer(case, message_id="<2@x>"), source="x")
    assert status(case) == "open"


def test_a_photo_without_words_stands_in_the_case_with_its_file(case, tmp_path):
    content = letters.with_file(sender="ana@kavarna.example", subject=f"[{case['number']}]", text="")
    (tmp_path / "a.eml").write_bytes(content)

    (row,) = read_place(tmp_path)

    assert (row["kind"], row["case"], row["contact"], row["characters"]) == (
        "answer",
        case["number"],
        "Ana",
        0,
    )
    assert [(f["name"], f["kind"], f["size"]) for f in row["attachments"]] == [
        ("grinder.jpg", "image/jpeg", 14)
    ]
    with reading(SYSTEM) as session:
        file = session.scalars(select(StoredFile)).one()
        step = session.scalars(select(CaseMessage)).one()
    assert (file.case_id, file.case_message_id) == (case["id"], step.id)
    assert (step.body, step.incoming_id) == ("", row["id"])


def test_a_question_of_somebody_known_names_them_and_waits(case):
    take_in(letters.answer(sender="ana@kavarna.example", subject="A new grinder?"), source="x")
    take_in(letters.answer(sender="eve@far.example", message_id="<2@x>"), source="x")

    with reading(SYSTEM) as session:
        columns = IncomingMessage.state, IncomingMessage.kind, IncomingMessage.contact_id
        found = session.execute(select(*columns).order_by(IncomingMessage.id)).all()
    assert [tuple(row) for row in found] == [
        ("waiting", "question", case["ana"]["id"]),
        ("waiting", "question", None),
    ]


def test_the_same_message_is_stored_once_and_another_under_its_id_too(case):
    first = answer(case, text="One")
    assert take_in(first, source="x") == take_in(b"Received: from mx\n" + first, source="y") == "answered"
    take_in(first.replace(b"\n", b"\r\n"), source="z")
    assert take_in(answer(case, text="Two"), source="x") == "answered"

    assert [row[3] for row in thread(case)] == ["One", "Two"]


def test_a_broken_file_is_a_sentence_and_the_rest_goes_on(case, tmp_path):
    (tmp_path / "a.eml").write_bytes(b"\x00\xff\xfe not a message")
    (tmp_path / "b.eml").write_bytes(answer(case))
    (tmp_path / "c.mbox").mkdir()
    (tmp_path / "d.mbox").write_bytes(b"From x\n" + answer(case, message_id="<3@x>", text="In a box"))

    rows = read_place(tmp_path)

    assert [(row["file"], row["kind"]) for row in rows] == [
        ("a.eml", "unknown"),
        ("b.eml", "answer"),
        ("d.mbox", "answer"),
    ]
    assert [row[3] for row in thread(case)] == ["Yes please", "In a box"]


def test_a_program_that_was_stopped_before_it_decided_does_so_later(case):
    from crm.mail.receiving.intake import decide_waiting
    from crm.mail.receiving.storing import store

    message_id, _new = store(answer(case), source="x")
    assert told(message_id)["state"] == "stored"

    assert decide_waiting() == 1
    assert told(message_id)["outcome"] == "answered"
    assert len(thread(case)) == 1


def test_an_organisation_is_known_by_the_domain_that_is_its_alone(people):
    one = make(people["stan"], "organisation", name="One", website="https://www.one.example/shop")
    two = make(people["stan"], "organisation", name="Two", email="office@shared.example")
    make(people["stan"], "organisation", name="Three", email="hello@shared.example")
    with reading(SYSTEM) as session:
        assert who_wrote(session, "new@one.example").organisation_id == one["id"]
        assert who_wrote(session, "office@shared.example").organisation_id == two["id"]
        assert not who_wrote(session, "other@shared.example").is_known
        assert not who_wrote(session, "a%@one_example").is_known
        assert not who_wrote(session, "").is_known


@pytest.mark.parametrize(
    "domain", ["gmail.com", "gmx.at", "yahoo.co.uk", "web.de", "seznam.cz", "siol.net", "mail.ru"]
)
def test_free_domains_are_known(domain):
    assert is_free_mail(domain)
    assert not is_free_mail("mail.kavarna.example")


def test_a_box_ends_a_message_only_where_another_one_begins(case, tmp_path):
    first = answer(
        case,
        text="Hello\n\nFrom here on it is loud.\n>From the works\n\nFrom 9:00 to 17:00 in 2026 we are open.",
    )
    second = answer(case, message_id="<2@x>", text="Second").replace(b"\n", b"\r\n")
    box = (
        b"From ana@x Mon Mar  9 10:00:00 2026\n"
        + first
        + b"\n\nFrom - Tue, 10 Mar 2026 10:00:00 +0100 2026\r\n"
        + second
    )
    (tmp_path / "a.mbox").write_bytes(box)

    read_place(tmp_path)

    assert [row[3] for row in thread(case)] == [
        "Hello\n\nFrom here on it is loud.\nFrom the works\n\nFrom 9:00 to 17:00 in 2026 we are open.",
        "Second",
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"From": "Assistant <a@far.example>, ana@kavarna.example"},
        {"From": "Form <form@far.example>", "Reply-To": "Ana <ana@kavarna.example>"},
        {"From": "far@far.example", "Sender": "ana@kavarna.example"},
    ],
    ids=["two", "reply-to", "sender"],
)
def test_any_of_several_writers_is_known(case, headers):
    content = answer(case, "REPLACED@x.example").split(b"\n", 1)[1]
    head = "".join(f"{name}: {value}\n" for name, value in headers.items()).encode()

    assert take_in(head + content, source="x") == "answered"
    assert thread(case)[0][2] == case["ana"]["id"]
