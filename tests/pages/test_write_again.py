"""A contact whose mail came back says so, and takes mail again at a click."""

from crm.access.actors import find_actor
from crm.mail.receiving.reachable import mark_address, problem_of
from crm.work import SYSTEM, reading, unit_of_work
from tests.factories import make


def test_mail_that_came_back_is_said_and_can_be_written_again(open_page, house):
    ana = make(find_actor(house["stan"]), "contact", email="ana@kavarna.example")
    with unit_of_work(SYSTEM) as work:
        mark_address(work, "ana@kavarna.example", reason="550 5.1.1 nobody", source="x")

    page = open_page("contact", as_="stan", id=ana["id"])
    assert not page.exception
    assert "550 5.1.1 nobody" in " ".join(c.value for c in page.caption)
    page.button(key="record_write_again").click().run()

    assert not page.exception
    with reading(SYSTEM) as session:
        assert problem_of(session, "ana@kavarna.example") == ""
    assert "record_write_again" not in [b.key for b in page.button]
