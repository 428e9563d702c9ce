"""What was begun to be written in a case, and its files: kept for one person, sent once, gone afterwards."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from crm import config
from crm.errors import NotFound, Refused
from crm.service.case_drafts import (
    KEPT_FOR,
    discard,
    drop_file,
    files_of_draft,
    keep_file,
    keep_words,
    my_draft,
)
from crm.service.cases import cases
from crm.service.cases.answers import Attached, Extras
from crm.service.cases.crossing import Seen
from crm.work import SYSTEM, reading, unit_of_work
from db.audit import SYSTEM_OPTIONS
from db.models import DraftFile, ReplyDraft
from tests.factories import make
from tests.service.cases.case_scene import do, view

PHOTO = Attached("photo\r\n.png", "image/png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 40)


@pytest.fixture
def case(people):
    return make(people["stan"], "case")


def draft(actor, case):
    with reading(actor) as session:
        return my_draft(session, case["id"])


def stored():
    with reading(SYSTEM) as session:
        return [session.scalar(select(func.count()).select_from(cls)) for cls in (ReplyDraft, DraftFile)]


def test_words_copies_and_files_are_mine_alone(people, case):
    stan = people["stan"]
    do(stan, keep_words, case["id"], "Since\x00 when?", ["bo@casa.example"], Seen(3, 2))
    do(stan, keep_file, case["id"], PHOTO, Seen(9, 9))
    do(stan, keep_words, case["id"], "Since when? Žofie", [], Seen(3, 2))

    mine = draft(stan, case)
    assert (mine.text, mine.cc, mine.seen) == ("Since when? Žofie", (), Seen(3, 2))
    assert [(f.name, f.size) for f in mine.files] == [("photo .png", 48)]
    assert draft(people["mona"], case).files == ()
    do(people["mona"], drop_file, case["id"], mine.files[0].id)
    assert len(draft(stan, case).files) == 1


def test_who_does_not_see_the_case_keeps_nothing_in_it(people, case):
    for act in (lambda work: keep_words(work, case["id"], "Hi", [], Seen()),
                lambda work: keep_file(work, case["id"], PHOTO, Seen())):  # fmt: skip
        with pytest.raises(NotFound):
            do(people["sue"], act)
    assert stored() == [0, 0]


def test_it_goes_with_the_reply_and_a_note_leaves_the_files(people, case):
    stan = people["stan"]
    do(stan, keep_file, case["id"], PHOTO, Seen())
    do(stan, keep_words, case["id"], "", [], Seen())
    assert stored() == [1, 1]
    with unit_of_work(stan) as work:
        extras = Extras(files=files_of_draft(work.session, case["id"]))
        cases.reply(work, case["id"], "Look", key="k", extras=extras)

    assert stored() == [0, 0]
    assert [f.name for m in view(stan, case).messages for f in m.files] == ["photo .png"]


def test_a_refused_reply_keeps_it(people, case):
    stan = people["stan"]
    do(stan, keep_file, case["id"], PHOTO, Seen())

    with pytest.raises(Refused):
        do(stan, cases.reply, case["id"], "Look", key="k", extras=Extras(["nobody"]))

    assert stored() == [1, 1]


def test_bounds_are_told_with_the_name(people, case, monkeypatch):
    stan = people["stan"]
    monkeypatch.setenv("CRM_FILE_MAX_MB", "1")
    config.settings.cache_clear()
    big = Attached("big.bin", "", b"x" * 600_000)
    do(stan, keep_file, case["id"], big, Seen())
    with pytest.raises(Refused, match=r"With “big\.bin” the files of this reply have more than 1 MB"):
        do(stan, keep_file, case["id"], big, Seen())
    for _ in range(7):
        do(stan, keep_file, make(stan, "case")["id"], big, Seen())
    with pytest.raises(Refused, match="that you began have more than 5 MB"):
        do(stan, keep_file, make(stan, "case")["id"], big, Seen())
    small = Attached("s", "", b"x")
    other = make(people["mona"], "case")["id"]
    for _ in range(20):
        do(people["mona"], keep_file, other, small, Seen())
    with pytest.raises(Refused, match="At most 20 files"):
        do(people["mona"], keep_file, other, small, Seen())


def test_nothing_typed_is_no_draft_and_an_old_one_is_swept(people, case):
    stan, mona = people["stan"], people["mona"]
    do(mona, keep_file, case["id"], PHOTO, Seen())
    with unit_of_work(SYSTEM) as work:
        old = update(ReplyDraft).values(changed_at=work.now - KEPT_FOR - timedelta(minutes=1))
        work.session.connection().execute(old, execution_options=SYSTEM_OPTIONS)
    do(stan, keep_words, case["id"], "Hi", [], Seen())
    assert stored() == [2, 1]

    do(stan, keep_words, case["id"], " \n", [], Seen())

    assert stored() == [0, 0]
    do(stan, discard, case["id"])
