"""The screens of cases: the list, the board, the queue, and one case."""

import pytest
from sqlalchemy import select

from crm import records
from crm.service import cases
from crm.service.case_merge import merge_cases
from crm.work import SYSTEM, reading, unit_of_work
from db.models import CaseMessage, WorkOrder
from tests.factories import change, make


@pytest.fixture
def case(house, actor_of):
    """A case of Stan's with its contact and unit."""
    stan = actor_of("stan")
    firm = make(stan, "organisation", name="Lumen [Museum] Café")
    yara = make(stan, "contact", name="Yara Marin", email="yara@example.com", organisation_id=firm["id"])
    unit = make(stan, "equipment", organisation_id=firm["id"])
    return make(
        stan,
        "case",
        contact_id=yara["id"],
        equipment_id=unit["id"],
        impact="high",
        description="The left grinder stops.\n\nThe right one works.",
    )


def stored(case):
    with reading(SYSTEM) as session:
        return records.get_record(session, "case", case["id"])


def messages():
    with reading(SYSTEM) as session:
        rows = session.execute(select(CaseMessage.kind, CaseMessage.body).order_by(CaseMessage.id))
        return [tuple(row) for row in rows]


def do(actor, act, *args, **more):
    with unit_of_work(actor) as work:
        return act(work, *args, **more)


def menu(page, key):
    return next(m for m in page.get("menu_button") if m.key == key)


def choose_status(page, case, status):
    return menu(page, f"case_status_{case['id']}").click(status).run()


def submit(page, label):
    """Send the form of a drawer. AppTest reruns the whole page where a browser reruns the drawer alone, so the caller
    opens the drawer once more in the same run."""
    return next(b for b in page.button if b.label == label and (b.key or "").startswith("Form")).click().run()


def keys(page):
    return {b.key for b in page.button} | {m.key for m in page.get("menu_button")}


class TestOneCase:
    def test_it_shows_its_problem_customer_and_promises(self, open_page, case):
        page = open_page("case", as_="stan", id=case["id"])

        assert not page.exception
        assert page.title[0].value.startswith("Grinder stops mid-dose")
        assert [m.label for m in page.metric] == ["Solve within", "First answer", "Warranty", "Contract"]
        said = " ".join(m.value for m in page.markdown)
        assert "The left grinder stops." in said
        assert r"Lumen \[Museum\] Café" in " ".join(c.value for c in page.caption)

    def test_nobody_sees_it_without_a_session(self, open_page, case):
        page = open_page("case", as_=None, id=case["id"])

        assert [title.value for title in page.title] == ["You are signed out"]
        assert not page.metric

    @pytest.mark.parametrize("asked", ["abc", "", "9" * 30, "-1"])
    def test_an_address_without_a_case_is_answered_in_one_sentence(self, open_page, asked):
        page = open_page("case", as_="stan", id=asked)

        assert not page.exception
        assert "This address names no case" in page.error[0].value

    def test_another_teams_case_is_not_there(self, open_page, case):
        page = open_page("case", as_="sue", id=case["id"])

        assert [e.value for e in page.error] == [f"There is no case {case['id']}, or it is not yours to see."]
        assert not page.metric
        assert not page.chat_message

    def test_a_viewer_reads_and_has_no_buttons(self, open_page, case):
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

    def test_hostile_words_are_shown_as_they_stand(self, open_page, actor_of):
        evil = "![x](http://evil.example/a.png) **bold** <b>"
        case = make(actor_of("stan"), "case", subject=evil, description=f"{evil}\n# {evil}")

        page = open_page("case", as_="stan", id=case["id"])

        assert not page.exception
        for text in [page.title[0].value, *(m.value for m in page.markdown)]:
            assert "![x](" not in text
            assert "**bold**" not in text

    def test_the_menu_offers_the_allowed_moves_and_makes_them(self, open_page, case):
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

    def test_a_case_that_somebody_moved_meanwhile_says_so(self, open_page, case, actor_of):
        page = open_page("case", as_="stan", id=case["id"])
        do(actor_of("mona"), cases.move_case, case["id"], "waiting")

        page = choose_status(page, case, "open")

        assert "it is “Waiting for customer” now, you chose “In progress”" in page.error[0].value
        assert stored(case)["status"] == "waiting"

    def test_solving_keeps_how_and_reopening_counts(self, open_page, case):
        page = choose_status(open_page("case", as_="stan", id=case["id"]), case, "resolved")
        page.text_area(key=f"case_resolution_{case['id']}_0").input("Cleaned the burrs")
        menu(page, f"case_status_{case['id']}").click("resolved")
        submit(page, "Mark as solved")

        assert (stored(case)["status"], stored(case)["resolution"]) == ("resolved", "Cleaned the burrs")

        page = choose_status(open_page("case", as_="stan", id=case["id"]), case, "open")

        assert (stored(case)["status"], stored(case)["reopened"]) == ("open", 1)

    def test_a_reply_stands_in_the_thread_and_empties_the_box(self, open_page, case):
        page = open_page("case", as_="stan", id=case["id"])

        page.text_area(key=f"case_{case['id']}_text_0").input("Does it show E14?").run()
        page = page.button(key=f"case_{case['id']}_send_reply").click().run()

        assert not page.exception
        assert messages() == [("reply", "Does it show E14?")]
        assert stored(case)["status"] == "open"
        assert page.text_area(key=f"case_{case['id']}_text_1").value == ""

    def test_a_note_is_kept_inside(self, open_page, case):
        page = open_page("case", as_="stan", id=case["id"])

        page.segmented_control(key=f"case_{case['id']}_kind").select("note").run()
        page.text_area(key=f"case_{case['id']}_text_0").input("Two sensors in the van").run()
        page = page.button(key=f"case_{case['id']}_send_note").click().run()

        assert messages() == [("note", "Two sensors in the van")]
        assert any("Internal note" in m.value for m in page.markdown)

    def test_what_was_typed_stays_when_it_is_refused(self, open_page, case):
        page = open_page("case", as_="stan", id=case["id"])
        page.text_area(key=f"case_{case['id']}_text_0").input("Hello\x00 Yara").run()

        page = page.button(key=f"case_{case['id']}_send_reply").click().run()

        assert messages() == []
        assert any("cannot be stored" in e.value for e in page.error)
        assert page.text_area(key=f"case_{case['id']}_text_0").value == "Hello\x00 Yara"

    def test_a_reply_never_becomes_a_note_because_somebody_closed_the_case(self, open_page, case, actor_of):
        page = open_page("case", as_="stan", id=case["id"])
        page.text_area(key=f"case_{case['id']}_text_0").input("Hello Yara").run()
        do(actor_of("mona"), cases.move_case, case["id"], "closed")

        page = page.button(key=f"case_{case['id']}_send_reply").click().run()

        assert messages() == []
        assert page.text_area(key=f"case_{case['id']}_text_0").value == "Hello Yara"

    def test_nothing_typed_is_answered_in_a_sentence(self, open_page, case):
        page = open_page("case", as_="stan", id=case["id"])

        page = page.button(key=f"case_{case['id']}_send_reply").click().run()

        assert any("Text is needed" in e.value for e in page.error)
        assert messages() == []

    @pytest.mark.parametrize(("part", "shown"), [("With customer", 2), ("Internal", 1), ("Everything", 3)])
    def test_the_thread_can_be_narrowed(self, open_page, case, actor_of, part, shown):
        do(actor_of("stan"), cases.reply, case["id"], "Hello", key="k")
        do(actor_of("stan"), cases.add_note, case["id"], "Inside")

        page = open_page("case", as_="stan", id=case["id"], case_show=part)

        assert len(page.chat_message) == shown

    def test_an_unowned_case_is_taken(self, open_page, case, actor_of):
        do(actor_of("stan"), cases.assign_case, case["id"], None)
        page = open_page("case", as_="stan", id=case["id"])

        page.button(key="case_take").click().run()

        assert stored(case)["owner_id"] == actor_of("stan").user_id

    def test_a_merged_case_points_to_its_heir_and_can_be_taken_back(self, open_page, case, actor_of):
        heir = make(actor_of("stan"), "case", subject="Heir")
        do(actor_of("stan"), merge_cases, case["id"], heir["id"])

        page = open_page("case", as_="stan", id=case["id"])

        assert any(f"lives on in {heir['number']}" in m.value for m in page.markdown)
        assert "case_edit" not in keys(page)
        page.button(key="case_unmerge").click().run()
        assert stored(case)["status"] == "new"

    def test_the_merge_question_says_what_happens_and_does_it(self, open_page, case, actor_of):
        heir = make(actor_of("stan"), "case", subject="Heir", organisation_id=case["organisation_id"])
        page = menu(open_page("case", as_="stan", id=case["id"]), "case_more").click("Merge").run()

        assert page.radio(key=f"case_merge_into_{case['id']}").options == [f"{heir['number']} · Heir"]
        assert any("take the merge back" in m.value for m in page.markdown)
        menu(page, "case_more").click("Merge")
        page.button(key="case_merge_go").click().run()

        assert stored(case)["merged_into_id"] == heir["id"]

    def test_a_visit_is_planned_from_the_case(self, open_page, case):
        page = open_page("case", as_="stan", id=case["id"])

        page = page.button(key="case_visit").click().run()
        page.button(key="case_visit").click()
        submit(page, "Plan visit")

        with reading(SYSTEM) as session:
            visit = session.scalars(select(WorkOrder)).one()
        assert (visit.case_id, visit.title) == (case["id"], "Grinder stops mid-dose")
        assert visit.equipment_id == case["equipment_id"]
        assert visit.organisation_id == case["organisation_id"]

    def test_editing_a_stale_case_shows_both_values(self, open_page, case, actor_of):
        page = open_page("case", as_="stan", id=case["id"])
        page = page.button(key="case_edit").click().run()
        change(actor_of("mona"), "case", case, subject="Grinder is silent")

        page.text_input(key=f"edit_case_{case['id']}_subject").input("Grinder hums")
        page.button(key="case_edit").click()
        page = submit(page, "Save")
        page = page.button(key="case_edit").click().run()

        assert stored(case)["subject"] == "Grinder is silent"
        assert any("Someone else changed this case" in m.value for m in page.markdown)

    def test_an_archived_case_is_read_and_brought_back(self, open_page, case, actor_of):
        stan = actor_of("stan")
        do(stan, records.archive_record, "case", case["id"], seen_version=case["version"])
        page = open_page("case", as_="stan", id=case["id"])

        assert any("archived" in i.value for i in page.info)
        assert f"case_{case['id']}_send_note" not in keys(page)
        page.button(key="case_restore").click().run()

        assert stored(case)["archived_at"] is None


class TestAllCases:
    @pytest.mark.parametrize("view", ["List", "Board", "My queue"])
    def test_every_view_opens(self, open_page, case, view):
        page = open_page("cases", as_="stan", cases_view=view)

        assert not page.exception
        assert page.title[0].value == "Cases"

    @pytest.mark.parametrize("view", ["List", "Board", "My queue"])
    def test_every_view_says_when_it_is_empty(self, open_page, view):
        page = open_page("cases", as_="stan", cases_view=view)

        assert not page.exception
        said = " ".join(m.value for m in page.markdown)
        assert "No cases yet" in said or "Nothing waits for you" in said

    @pytest.mark.parametrize("view", ["List", "Board", "My queue"])
    def test_nobody_sees_them_without_a_session(self, open_page, case, view):
        page = open_page("cases", as_=None, cases_view=view)

        assert [title.value for title in page.title] == ["You are signed out"]

    def test_the_header_counts_what_is_to_be_done(self, open_page, case, actor_of):
        free = make(actor_of("stan"), "case", subject="Free")
        do(actor_of("stan"), cases.assign_case, free["id"], None)

        page = open_page("cases", as_="stan", cases_view="Board")

        assert "2 open cases · 1 mine · 1 that nobody has" in [c.value for c in page.caption]

    def test_a_viewer_cannot_add_or_take(self, open_page, case, actor_of):
        do(actor_of("stan"), cases.assign_case, case["id"], None)

        page = open_page("cases", as_="vic", cases_view="My queue")

        assert not keys(page) & {"cases_new_one", f"queue_take_{case['id']}"}

    def test_a_case_is_taken_from_the_queue(self, open_page, case, actor_of):
        do(actor_of("mona"), cases.assign_case, case["id"], None)
        page = open_page("cases", as_="stan", cases_view="My queue")

        page.button(key=f"queue_take_{case['id']}").click().run()

        assert stored(case)["owner_id"] == actor_of("stan").user_id

    def test_a_case_that_somebody_took_meanwhile_is_not_taken(self, open_page, case, actor_of):
        do(actor_of("mona"), cases.assign_case, case["id"], None)
        page = open_page("cases", as_="stan", cases_view="My queue")
        do(actor_of("mona"), cases.take_case, case["id"])

        page = page.button(key=f"queue_take_{case['id']}").click().run()

        assert "Mona has" in page.error[0].value
        assert stored(case)["owner_id"] == actor_of("mona").user_id

    def test_a_new_case_is_written_down_in_the_drawer(self, open_page, case):
        page = open_page("cases", as_="stan", cases_view="Board")
        page = page.button(key="cases_new_one").click().run()

        page.text_input(key="new_case_subject").input("Steam wand leaks")
        page.button(key="cases_new_one").click()
        submit(page, "Save")

        with reading(SYSTEM) as session:
            assert records.get_record(session, "case", case["id"] + 1)["subject"] == "Steam wand leaks"


class TestElsewhere:
    @pytest.mark.parametrize("screen", ["contact", "organisation"])
    def test_a_customers_page_shows_their_cases(self, open_page, case, screen):
        page = open_page(screen, as_="stan", id=case[f"{screen}_id"])

        assert not page.exception
        assert any("Grinder stops mid-dose" in str(e.proto) for e in page.get("page_link"))
        assert any(f"{case['number']} ·" in m.value for m in page.markdown)
        assert any(f"{case['number']} Grinder stops mid-dose" in e.label for e in page.expander)

    def test_a_new_case_of_a_customer_is_theirs(self, open_page, case):
        page = open_page("contact", as_="stan", id=case["contact_id"])

        page = page.button(key="record_new_case").click().run()
        page.text_input(key="new_case_subject").input("Steam wand leaks")
        page.button(key="record_new_case").click()
        submit(page, "Save")

        with reading(SYSTEM) as session:
            made = records.get_record(session, "case", case["id"] + 1)
        assert (made["contact_id"], made["organisation_id"]) == (case["contact_id"], case["organisation_id"])

    def test_a_case_can_be_added_from_anywhere(self, open_page):
        page = open_page("my_day", as_="stan")

        assert "New case" in menu(page, "frame_add").options
