"""Files and originals are handed over to whoever sees their record, to be saved; to nobody else."""

import pytest
from sqlalchemy import select

from crm.access.actors import find_actor
from crm.access.cli import issue_session
from crm.mail.receiving.intake import take_in
from crm.work import SYSTEM, reading
from db.models import IncomingMessage, StoredFile
from tests.factories import make, make_people
from tests.service.mail import mail_letters as letters


@pytest.fixture
def people(web):
    return {name: find_actor(user_id) for name, user_id in make_people().items()}


@pytest.fixture
def stored(people):
    """A photo in a case of Stan's; ids of the file and of its message."""
    ana = make(people["stan"], "contact", email="ana@kavarna.example")
    case = make(people["stan"], "case", contact_id=ana["id"])
    content = letters.with_file(
        sender="ana@kavarna.example", subject=f"[{case['number']}]", name='Mühle "1".jpg'
    )
    take_in(content, source="x")
    with reading(SYSTEM) as session:
        return (
            session.scalars(select(StoredFile.id)).one(),
            session.scalars(select(IncomingMessage.id)).one(),
            content,
        )


def signed_in(web, name):
    web.cookies.set("rapport_session", issue_session(f"{name}@example.com"))
    return web


def test_a_file_is_saved_and_never_shown_by_the_browser(web, people, stored):
    answer = signed_in(web, "stan").get(f"/files/{stored[0]}")

    assert answer.status_code == 200
    assert answer.content.startswith(b"\xff\xd8\xff")
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"M_hle _1_.jpg\"; filename*=UTF-8''M%C3%BChle%20%221%22.jpg"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "image/jpeg"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_the_original_is_byte_for_byte_what_came(web, people, stored):
    assert signed_in(web, "stan").get(f"/messages/{stored[1]}/original").content == stored[2]


def test_what_is_out_of_reach_is_answered_as_what_is_not_there(web, people, stored):
    stranger = signed_in(web, "sue")
    for path in (f"/files/{stored[0]}", f"/messages/{stored[1]}/original", "/files/999", f"/files/{2**70}"):
        assert stranger.get(path).status_code == 404, path


def test_nobody_signed_in_gets_nothing(web, stored):
    assert web.get(f"/files/{stored[0]}").status_code in (303, 401)


def test_a_page_of_a_stranger_is_no_page_of_ours(web, people):
    ana = make(people["stan"], "contact", email="ana@kavarna.example")
    case = make(people["stan"], "case", contact_id=ana["id"])
    page = b"<html><script>alert(1)</script>"
    take_in(
        letters.with_file(
            sender="ana@kavarna.example", subject=f"[{case['number']}]", content=page, name="a.html"
        ),
        source="x",
    )
    with reading(SYSTEM) as session:
        file_id = session.scalars(select(StoredFile.id)).one()

    assert (
        signed_in(web, "stan").get(f"/files/{file_id}").headers["content-type"] == "application/octet-stream"
    )
