"""The files on the page of a record."""

import pytest

from crm.mail.record_files import OWNERS, attach, list_files
from crm.work import reading, unit_of_work
from tests.factories import make


@pytest.mark.parametrize("entity", OWNERS)
def test_files_are_shown_removed_and_put_back(open_page, actor_of, entity):
    stan = actor_of("stan")
    record = make(stan, entity)

    def names():
        with reading(stan) as session:
            return [f.name for f in list_files(session, entity, record["id"])]

    with unit_of_work(stan) as work:
        file = attach(work, entity, record["id"], "offer [1].pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    page = open_page(entity, as_="stan", id=record["id"])
    assert not page.exception
    assert f"/files/{file}" in " ".join(m.value for m in page.markdown)

    page = page.button(key=f"files_{entity}_{record['id']}_remove_{file}").click().run()
    assert (names(), page.exception) == ([], [])
    page = page.button(key=f"files_{entity}_{record['id']}_undo").click().run()
    assert names() == ["offer [1].pdf"]


def test_a_viewer_reads_them_and_an_empty_card_is_left_out(open_page, actor_of):
    record = make(actor_of("stan"), "contact")
    empty = open_page("contact", as_="vic", id=record["id"])
    assert "Files" not in " ".join(m.value for m in empty.markdown)
    with unit_of_work(actor_of("stan")) as work:
        file = attach(work, "contact", record["id"], "a.txt", b"a")

    page = open_page("contact", as_="vic", id=record["id"])

    assert f"/files/{file}" in " ".join(m.value for m in page.markdown)
    assert not [b for b in page.button if (b.key or "").startswith("files_")]
