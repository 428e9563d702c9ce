"""The screen of one case."""

import pytest
from sqlalchemy import select

from crm.records import records
from crm.service.cases import cases
from crm.service.cases.merge import merge_cases
from crm.work import SYSTEM, reading
from db.models import WorkOrder
from tests.factories import change, make
from tests.pages.service.case_hands import case_of, choose_status, do, keys, menu, messages, stored, submit


@pytest.fixture
def case(house, actor_of):
    """A case of Stan's with its contact and unit."""
    return case_of(actor_of("stan"))


def test_it_shows_its_problem_customer_and_promises(open_page, case):
    page = open_page("case", as_="stan", id=case["id"])

    assert not page.exception
    assert page.title[0].value.startswith("Grinder stops mid-dose")
    assert [m.label for m in page.metric] == ["Solve within", "First answer", "Warranty", "Contract"]
    said = " ".join(m.value for m in page.markdown)
    assert "The left grinder stops." in said
    assert r"Lumen \[Museum\] Café" in " ".join(c.value for c in page.caption)


def test_nobody_sees_it_without_a_session(open_page, case):
    page = open_page("case", as_=None, id=case["id"])

    assert [title.value for title in page.title] == ["You are signed out"]
    assert not page.metric


@pytest.mark.parametrize("asked", ["abc", "", "9" * 30, "-1"])
def test_an_address_without_a_case_is_answered_in_one_sentence(open_page, asked):
    page = open_page("case", as_="stan", id=asked)

    assert not page.exception
    assert "This address names no case" in page.error[0].value


def test_another_teams_case_is_not_there(open_page, case):
    page = open_page("case", as_="sue", id=case["id"])

    assert [e.value for e in page.error] == [f"There is no case {case['id']}, or it is not yours to see."]
    assert not page.metric
    assert not page.chat_message


def test_a_viewer_reads_and_has_no_buttons(open_page, case):
    page = open_page("case", as_="vic", id=case["id"])

    assert not page.exception
    assert page.chat_message
    assert not keys(page) & {
        "case_edit",
        "case_more",
        "case_visit",
        "case_take",
        f"case_{case['id']}_send",
    }


def test_hostile_words_are_shown_as_they_stand(open_page, actor_of):
    evil = "![x](http://evil.example/a.png) **bold** <b>"
    case = make(actor_of("stan"), "case", subject=evil, description=f"{evil}\n# {evil}")

    page = open_page("case", as_="stan", id=case["id"])

    assert not page.exception
    for text in [page.title[0].value, *(m.value for m in page.markdown)]:
        assert "![x](" not in text
        assert "**bold**" not in text


def test_the_menu_offers_the_allowed_moves_and_makes_them(open_page, case):
    page = open_page("case", as_="stan", id=case["id"])
    assert menu(page, f"case_status_{case['id']}").options == [
        "Start work",
        "Wait for customer",
        "Solved",
        "Close unsolved",
    ]

    page = choose_status(page, case, "waiting")

    assert not page.exception
    assert stored(case)["status"] == "waiting"
    assert menu(page, f"case_status_{case['id']}").options == [
        "Go on with it",
        "Solved",
        "Close unsolved",
    ]


def test_a_case_that_somebody_moved_meanwhile_says_so(open_page, case, actor_of):
    page = open_page("case", as_="stan", id=case["id"])
    do(actor_of("mona"), cases.move_case, case["id"], "waiting")

    page = choose_status(page, case, "open")

    assert "it is “Waiting for customer” now, you chose “In progress”" in page.error[0].value
    assert stored(case)["status"] == "waiting"


def test_solving_keeps_how_and_reopening_counts(open_page, case):
    page = choose_status(open_page("case", as_="stan", id=case["id"]), case, "resolved")
    page.text_area(key=f"case_resolution_{case['id']}_0").input("Cleaned the burrs")
    menu(page, f"case_status_{case['id']}").click("resolved")
    submit(page, "Mark as solved")

    assert (stored(case)["status"], stored(case)["resolution"]) == ("resolved", "Cleaned the burrs")

    page = choose_status(open_page("case", as_="stan", id=case["id"]), case, "open")

    assert (stored(case)["status"], stored(case)["reopened"]) == ("open", 1)


def test_a_reply_stands_in_the_thread_and_empties_the_box(open_page, case):
    page = open_page("case", as_="stan", id=case["id"])

    page.text_area(key=f"case_{case['id']}_text_0").input("Does it show E14?").run()
    page = page.button(key=f"case_{case['id']}_send_reply").click().run()

    assert not page.exception
    assert messages() == [("reply", "Does it show E14?")]
    assert stored(case)["status"] == "open"
    assert page.text_area(key=f"case_{case['id']}_text_1").value == ""


def test_a_note_is_kept_inside(open_page, case):
    page = open_page("case", as_="stan", id=case["id"])

    page.segmented_control(key=f"case_{case['id']}_kind").select("note").run()
    page.text_area(key=f"case_{case['id']}_text_0").input("Two sensors in the van").run()
    page = page.button(key=f"case_{case['id']}_send_note").click().run()

    assert messages() == [("note", "Two sensors in the van")]
    assert any("Internal note" in m.value for m in page.markdown)


def test_what_was_typed_stays_when_it_is_refused(open_page, case):
    page = open_page("case", as_="stan", id=case["id"])
    page.text_area(key=f"case_{case['id']}_text_0").input("Hello\x00 Yara").run()

    page = page.button(key=f"case_{case['id']}_send_reply").click().run()

    assert messages() == []
    assert any("cannot be stored" in e.value for e in page.error)
    assert page.text_area(key=f"case_{case['id']}_text_0").value == "Hello\x00 Yara"


def test_a_reply_never_becomes_a_note_because_somebody_closed_the_case(open_page, case, actor_of):
    page = open_page("case", as_="stan", id=case["id"])
    page.text_area(key=f"case_{case['id']}_text_0").input("Hello Yara").run()
    do(actor_of("mona"), cases.move_case, case["id"], "closed")

    page = page.button(key=f"case_{case['id']}_send_reply").click().run()

    assert messages() == []
    assert page.text_area(key=f"case_{case['id']}_text_0").value == "Hello Yara"


def test_nothing_typed_is_answered_in_a_sentence(open_page, case):
    page = open_page("case", as_="stan", id=case["id"])

    page = page.button(key=f"case_{case['id']}_send_reply").click().run()

    assert any("Text is needed" in e.value for e in page.error)
    assert messages() == []


@pytest.mark.parametrize(("part", "shown"), [("With customer", 2), ("Internal", 1), ("Everything", 3)])
def test_the_thread_can_be_narrowed(open_page, case, actor_of, part, shown):
    do(actor_of("stan"), cases.reply, case["id"], "Hello", key="k")
    do(actor_of("stan"), cases.add_note, case["id"], "Inside")

    page = open_page("case", as_="stan", id=case["id"], case_show=part)

    assert len(page.chat_message) == shown


def test_an_unowned_case_is_taken(open_page, case, actor_of):
    do(actor_of("stan"), cases.assign_case, case["id"], None)
    page = open_page("case", as_="stan", id=case["id"])

    page.button(key="case_take").click().run()

    assert stored(case)["owner_id"] == actor_of("stan").user_id


def test_a_merged_case_points_to_its_heir_and_can_be_taken_back(open_page, case, actor_of):
    heir = make(actor_of("stan"), "case", subject="Heir")
    do(actor_of("stan"), merge_cases, case["id"], heir["id"])

    page = open_page("case", as_="stan", id=case["id"])

    assert any(f"lives on in {heir['number']}" in m.value for m in page.markdown)
    assert "case_edit" not in keys(page)
    page.button(key="case_unmerge").click().run()
    assert stored(case)["status"] == "new"


def test_the_merge_question_says_what_happens_and_does_it(open_page, case, actor_of):
    same = {"organisation_id": case["organisation_id"]}
    heir = make(actor_of("stan"), "case", subject="Heir", equipment_id=case["equipment_id"], **same)
    make(actor_of("stan"), "case", subject="Other", **same)
    page = menu(open_page("case", as_="stan", id=case["id"]), "case_more").click("Merge").run()

    into = page.radio(key=f"case_merge_into_{case['id']}")
    assert into.options[0] == f"{heir['number']} · Heir"
    assert into.value == heir["id"]
    assert any("take the merge back" in m.value for m in page.markdown)
    menu(page, "case_more").click("Merge")
    page.button(key="case_merge_go").click().run()

    assert stored(case)["merged_into_id"] == heir["id"]


def test_a_visit_is_planned_from_the_case(open_page, case):
    page = open_page("case", as_="stan", id=case["id"])

    page = page.button(key="case_visit").click().run()
    page.button(key="case_visit").click()
    submit(page, "Plan visit")

    with reading(SYSTEM) as session:
        visit = session.scalars(select(WorkOrder)).one()
    assert (visit.case_id, visit.title) == (case["id"], "Grinder stops mid-dose")
    assert visit.equipment_id == case["equipment_id"]
    assert visit.organisation_id == case["organisation_id"]


def test_editing_a_stale_case_shows_both_values(open_page, case, actor_of):
    page = open_page("case", as_="stan", id=case["id"])
    page = page.button(key="case_edit").click().run()
    change(actor_of("mona"), "case", case, subject="Grinder is silent")

    page.text_input(key=f"edit_case_{case['id']}_subject").input("Grinder hums")
    page.button(key="case_edit").click()
    page = submit(page, "Save")
    page = page.button(key="case_edit").click().run()

    assert stored(case)["subject"] == "Grinder is silent"
    assert any("Someone else changed this case" in m.value for m in page.markdown)


def test_an_archived_case_is_read_and_brought_back(open_page, case, actor_of):
    stan = actor_of("stan")
    do(stan, records.archive_record, "case", case["id"], seen_version=case["version"])
    page = open_page("case", as_="stan", id=case["id"])

    assert any("archived" in i.value for i in page.info)
    assert f"case_{case['id']}_send_note" not in keys(page)
    page.button(key="case_restore").click().run()

    assert stored(case)["archived_at"] is None
