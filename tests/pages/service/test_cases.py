"""The screens of cases: the list, the board, the queue, and cases on other screens."""

import pytest

from crm.records import records
from crm.service.cases import cases
from crm.work import SYSTEM, reading
from tests.factories import make
from tests.pages.service.case_hands import case_of, do, keys, menu, stored, submit


@pytest.fixture
def case(house, actor_of):
    """A case of Stan's with its contact and unit."""
    return case_of(actor_of("stan"))


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
