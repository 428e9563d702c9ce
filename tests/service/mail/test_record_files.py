"""Files that people add by hand, and words of messages, in lists and in Find."""

import pytest
from sqlalchemy import func, select

from crm.config import settings
from crm.errors import NotAllowed, NotFound, Refused
from crm.mail.receiving.files import read_file
from crm.mail.record_files import OWNERS, attach, list_files, put_back, remove_file
from crm.records.search import find_anything
from crm.service.cases import cases
from crm.service.cases.answers import Attached, Extras
from crm.work import SYSTEM, reading, unit_of_work
from db.models import CaseMessage, FileContent, StoredFile
from tests.factories import make
from tests.service.cases.case_scene import do

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"x" * 50


def listed(actor, entity, record):
    with reading(actor) as session:
        return [(f.name, f.kind, f.size, f.who) for f in list_files(session, entity, record["id"])]


def found(actor, text):
    with reading(actor) as session:
        return [(h.entity, h.title, h.detail) for h in find_anything(session, text)]


@pytest.mark.parametrize("entity", OWNERS)
def test_a_file_is_added_listed_removed_and_put_back(people, entity):
    stan, record = people["stan"], make(people["stan"], entity)

    file = do(stan, attach, entity, record["id"], "Offer\r\n 1.txt", PDF, "text/plain")
    again = do(people["mona"], attach, entity, record["id"], "Offer 1.txt", PDF)
    assert file == again
    assert listed(stan, entity, record) == [("Offer 1.txt", "application/pdf", len(PDF), "Stan")]
    assert do(stan, remove_file, file) == "Offer 1.txt"
    assert listed(stan, entity, record) == []
    with pytest.raises(NotFound):
        read_file(stan, file)

    do(stan, put_back, file)
    assert listed(stan, entity, record)[0][0] == "Offer 1.txt"
    assert read_file(stan, file).content == PDF


def test_bytes_stand_once_and_records_keep_their_own(people):
    stan = people["stan"]
    one, two = (make(stan, "contact") for _n in range(2))
    first = do(stan, attach, "contact", one["id"], "a.pdf", PDF)
    do(stan, attach, "contact", two["id"], "a.pdf", PDF)
    do(stan, remove_file, first)

    assert (len(listed(stan, "contact", one)), len(listed(stan, "contact", two))) == (0, 1)
    with reading(SYSTEM) as session:
        assert session.scalar(select(func.count()).select_from(FileContent)) == 1


def test_what_may_not_be_is_refused_and_stores_nothing(people, dump, monkeypatch):
    stan, contact = people["stan"], make(people["stan"], "contact")
    file = do(stan, attach, "contact", contact["id"], "a.pdf", PDF)
    case = make(stan, "case")
    do(stan, cases.reply, case["id"], "Hello", key="k", extras=Extras(files=[Attached("b", "", b"b")]))
    with reading(SYSTEM) as session:
        sent = session.scalar(select(StoredFile.id).where(StoredFile.name == "b"))
    before = dump()

    for actor, act, args, error in (
        (people["sue"], attach, ("contact", contact["id"], "x", b"x"), NotFound),
        (people["sue"], remove_file, (file,), NotFound),
        (people["vic"], attach, ("contact", contact["id"], "x", b"x"), NotAllowed),
        (people["vic"], remove_file, (file,), NotAllowed),
        (stan, attach, ("product", 1, "x", b"x"), NotFound),
        (stan, attach, ("contact", contact["id"], " \r\n", b"x"), Refused),
        (stan, attach, ("contact", contact["id"], "x", b"x" * 20_000_001), Refused),
        (stan, remove_file, (sent,), Refused),
    ):
        with pytest.raises(error):
            do(actor, act, *args)

    assert dump() == before
    assert settings().file_max_mb == 20


def test_a_file_is_found_by_its_name_within_reach(people):
    stan, contact = people["stan"], make(people["stan"], "contact", name="Ana Olivares")
    file = do(stan, attach, "contact", contact["id"], "Invoice_2041 grinder.pdf", PDF)

    assert found(stan, "voice_2041 GRIND") == [("contact", "Invoice_2041 grinder.pdf", "Ana Olivares")]
    assert found(people["sue"], "invoice_2041") == []
    do(stan, remove_file, file)
    assert found(stan, "invoice_2041") == []


def test_words_of_messages_are_found_within_reach(people):
    stan, case = people["stan"], make(people["stan"], "case", subject="Noise")
    do(SYSTEM, cases.customer_message, case["id"], "Since Monday the left burrs squeak badly.\n" * 3, key="a")
    do(stan, cases.add_note, case["id"], "Überdruckventil prüfen")

    (hit,) = found(stan, "burrs squeak")
    assert hit[:2] == ("case", f"{case['number']} Noise")
    assert "left burrs squeak" in hit[2]
    assert [h[1] for h in found(stan, "druckventil")] == [f"{case['number']} Noise"]
    assert found(people["sue"], "burrs") == []
    assert found(stan, "burrs quiet") == []


def test_a_very_long_message_is_stored_and_found(people):
    stan, case = people["stan"], make(people["stan"], "case", subject="Log")
    words = "needleword " + " ".join(f"w{n:07x}" for n in range(120_000))
    with unit_of_work(SYSTEM) as work:
        work.session.add(CaseMessage(case_id=case["id"], kind="customer", body=words, at=work.now))

    assert [h[1] for h in found(stan, "needleword")] == [f"{case['number']} Log"]
