"""The box of a case: crossing answers, copies, canned replies, who is writing; and the bell."""

import pytest
from sqlalchemy import select

from crm.service.cases import cases
from crm.service.cases.canned import Canned, canned_replies, save_canned
from crm.work import SYSTEM, reading, unit_of_work
from db.models import DraftFile, StoredFile
from tests.pages.grids import grids
from tests.pages.service.case_hands import case_of, do, menu, messages, submit

PHOTO = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@pytest.fixture
def case(house, actor_of):
    """A case of Stan's with its contact and unit."""
    return case_of(actor_of("stan"))


def test_an_answer_that_crosses_another_shows_it_and_keeps_what_was_typed(open_page, case, actor_of):
    page = open_page("case", as_="stan", id=case["id"])
    page.text_area(key=f"case_{case['id']}_text_0").input("Hello Yara").run()
    do(actor_of("mona"), cases.reply, case["id"], "We come tomorrow", key="m")

    page = page.button(key=f"case_{case['id']}_send_reply").click().run()

    assert messages() == [("reply", "We come tomorrow")]
    assert any("Mona answered a moment ago" in e.value for e in page.error)
    assert any("We come tomorrow" in m.value for m in page.markdown)
    assert page.text_area(key=f"case_{case['id']}_text_0").value == "Hello Yara"
    page.button(key=f"case_{case['id']}_send_reply").click().run()
    assert messages()[1:] == [("reply", "Hello Yara")]


def test_copies_go_along_and_a_wrong_one_is_told(open_page, case):
    page = open_page("case", as_="stan", id=case["id"])
    page.text_area(key=f"case_{case['id']}_text_0").input("Hello Yara").run()
    page.session_state[f"case_{case['id']}_cc_0"] = ["bo"]
    page = page.button(key=f"case_{case['id']}_send_reply").click().run()
    assert any("Copy to “bo”" in e.value for e in page.error)
    assert page.text_area(key=f"case_{case['id']}_text_0").value == "Hello Yara"

    page.session_state[f"case_{case['id']}_cc_0"] = ["bo@example.com"]
    page = page.button(key=f"case_{case['id']}_send_reply").click().run()

    assert messages() == [("reply", "Hello Yara")]
    assert any("copy to bo@:small[]example.com" in m.value for m in page.markdown)


def test_a_canned_reply_is_added_to_what_was_typed(open_page, case, actor_of):
    with unit_of_work(actor_of("stan")) as work:
        save_canned(work, Canned(None, "Thanks", "Dear {{ contact.name }}, thank you for {{ case.number }}."))
    page = open_page("case", as_="stan", id=case["id"])
    page.text_area(key=f"case_{case['id']}_text_0").input("Since when?").run()

    page = menu(page, f"case_{case['id']}_canned").click("1").run()

    assert not page.exception
    text = page.text_area(key=f"case_{case['id']}_text_0").value
    assert text == f"Since when?\n\nDear Yara Marin, thank you for {case['number']}."
    assert (
        "Thanks"
        not in menu(open_page("case", as_="mona", id=case["id"]), f"case_{case['id']}_canned").options
    )


def test_canned_replies_are_written_beside_the_case_and_under_the_settings(open_page, case, actor_of):
    page = open_page("case", as_="stan", id=case["id"])
    page = menu(page, f"case_{case['id']}_canned").click("manage").run()
    assert not page.exception
    assert "canned_new_0_reach" in {c.key for c in page.get("button_group")} | {
        c.key for c in page.segmented_control
    }
    settings = open_page("settings", as_="ada", settings_part="Canned replies")
    assert not settings.exception
    settings.text_input(key="canned_new_0_name").input("Hello")
    settings.text_area(key="canned_new_0_body").input("{{ case.owner }}")
    settings = submit(settings, "Save canned reply")
    assert any("no field “case.owner”" in e.value for e in settings.error)
    settings.text_area(key="canned_new_0_body").input("{{ case.number }}")
    settings = submit(settings, "Save canned reply")
    with reading(actor_of("ada")) as session:
        assert [(c.name, c.body) for c in canned_replies(session)] == [("Hello", "{{ case.number }}")]


def test_others_see_who_is_writing(open_page, case, actor_of):
    page = open_page("case", as_="stan", id=case["id"])
    page.text_area(key=f"case_{case['id']}_text_0").input("Hello Yara").run()

    assert not [i for i in page.info if "writing" in i.value]
    other = open_page("case", as_="mona", id=case["id"])
    assert [i.value for i in other.info if "writing" in i.value] == ["Stan is writing here now."]


def test_the_bell_lists_what_customers_wrote_and_opening_takes_it_away(open_page, case, actor_of):
    do(SYSTEM, cases.customer_message, case["id"], "Hello?", key="c")
    page = open_page("my_day", as_="stan")
    assert not page.exception
    assert "The customer wrote" in " ".join(m.value for m in page.markdown)
    assert any("Hello" not in w and case["number"] in w for w in links(page))

    opened = open_page("case", as_="stan", id=case["id"])
    assert not any(case["number"] in w for w in links(opened))
    assert "The customer wrote" not in " ".join(m.value for m in open_page("my_day", as_="stan").markdown)


def test_all_is_marked_read_at_once_and_viewers_of_nothing_see_no_news(open_page, case, actor_of):
    do(SYSTEM, cases.customer_message, case["id"], "Hello?", key="c")
    other = open_page("my_day", as_="sue")
    assert not any(case["number"] in w for w in links(other))
    page = open_page("cases", as_="stan")
    assert any(row.get("fresh") for told in grids(page) for row in told["rows"])

    page = page.button(key="frame_news_read").click().run()

    assert not any(case["number"] in w for w in links(page))
    assert not any(row.get("fresh") for told in grids(page) for row in told["rows"])


def links(page):
    return [link.proto.label for link in page.get("page_link")]


def test_files_and_words_stand_there_in_another_visit_and_go_with_the_reply(open_page, case, actor_of):
    number = case["id"]
    page = open_page("case", as_="stan", id=number)
    page.text_area(key=f"case_{number}_text_0").input("Look at this").run()
    page.file_uploader(key=f"case_{number}_files_0").set_value(("a [b].png", PHOTO, "image/png")).run()
    assert not page.exception
    do(actor_of("mona"), cases.reply, number, "We come tomorrow", key="m")

    page = open_page("case", as_="stan", id=number)

    assert page.text_area(key=f"case_{number}_text_0").value == "Look at this"
    assert any(r"a \[b\]" in m.value for m in page.markdown)
    page = page.button(key=f"case_{number}_send_reply").click().run()
    assert any("Mona answered a moment ago" in e.value for e in page.error)
    page = page.button(key=f"case_{number}_send_reply").click().run()
    assert messages()[1:] == [("reply", "Look at this")]
    with reading(SYSTEM) as session:
        assert session.scalars(select(StoredFile.name)).all() == ["a [b].png"]
    assert open_page("case", as_="stan", id=number).text_area(key=f"case_{number}_text_0").value == ""


def test_a_file_is_taken_out_and_a_draft_discarded(open_page, case):
    number = case["id"]
    page = open_page("case", as_="stan", id=number)
    page.text_area(key=f"case_{number}_text_0").input("Look").run()
    page.file_uploader(key=f"case_{number}_files_0").set_value(("a.png", PHOTO, "image/png")).run()
    with reading(SYSTEM) as session:
        file = session.scalars(select(DraftFile.id)).one()

    page = page.button(key=f"case_{number}_file_{file}").click().run()
    with reading(SYSTEM) as session:
        assert not session.scalars(select(DraftFile.id)).all()
    page = page.button(key=f"case_{number}_drop_go_0").click().run()

    assert not page.exception
    assert page.text_area(key=f"case_{number}_text_1").value == ""
    assert open_page("case", as_="stan", id=number).text_area(key=f"case_{number}_text_0").value == ""
