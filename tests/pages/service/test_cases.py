"""The screens of cases: the list, the board, the queue, and cases on other screens."""

import pytest

from crm.records import records
from crm.service.cases import cases
from crm.work import SYSTEM, reading
from tests.factories import make
from tests.pages.grids import does, grids
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

        assert not keys(page) & {"cases_new_one", "case_take"}
        page = open_page("cases", as_="vic", cases_view="My queue", cases_queue_case=case["id"])
        assert not keys(page) & {"cases_new_one", "case_take"}

    def test_a_case_is_taken_from_the_queue(self, open_page, case, actor_of):
        do(actor_of("mona"), cases.assign_case, case["id"], None)
        page = open_page("cases", as_="stan", cases_view="My queue", cases_queue_case=case["id"])

        page.button(key="case_take").click().run()

        assert stored(case)["owner_id"] == actor_of("stan").user_id

    def test_a_case_that_somebody_took_meanwhile_is_not_taken(self, open_page, case, actor_of):
        do(actor_of("mona"), cases.assign_case, case["id"], None)
        page = open_page("cases", as_="stan", cases_view="My queue", cases_queue_case=case["id"])
        do(actor_of("mona"), cases.take_case, case["id"])

        page = page.button(key="case_take").click().run()

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


class TestQueue:
    def row(self, page):
        return {row["id"]: row for row in grids(page)[0]["rows"]}

    def test_rows_say_who_spoke_last_and_what_nobody_read(self, open_page, case, actor_of):
        other = make(actor_of("stan"), "case", subject="Second")
        do(actor_of("mona"), cases.reply, case["id"], "Please send a photo.", key="a")
        do(actor_of("mona"), cases.customer_message, other["id"], "It is more now.\n\n> old words", key="b")

        rows = self.row(open_page("cases", as_="stan", cases_view="My queue"))

        assert rows[case["id"]]["cells"][-1].startswith("↰ We: Please send a photo. · ")
        assert rows[other["id"]]["cells"][-1].startswith("It is more now. · ")
        assert (rows[other["id"]].get("fresh"), rows[case["id"]].get("fresh")) == (True, None)
        assert rows[other["id"]]["href"].endswith(f"/case?id={other['id']}")

    def test_the_keys_walk_and_the_address_says_what_is_read(self, open_page, case, actor_of):
        other = make(actor_of("stan"), "case", subject="Second")
        do(actor_of("mona"), cases.customer_message, other["id"], "Hello?", key="b")
        page = open_page("cases", as_="stan", cases_view="My queue")
        first, second = (row["id"] for row in grids(page)[0]["rows"])
        assert page.button(key="queue_k").disabled

        page.button(key="queue_j").click().run()
        assert page.query_params["cases_queue_case"] == str(first)
        page.button(key="queue_j").click().run()
        assert not page.exception
        assert page.query_params["cases_queue_case"] == str(second)
        assert page.button(key="queue_j").disabled
        page = does(page, open=first)

        assert page.query_params["cases_queue_case"] == str(first)
        assert not self.row(page)[other["id"]].get("fresh")

    def test_pills_narrow_and_keep_the_case_that_is_read(self, open_page, case, actor_of):
        other = make(actor_of("stan"), "case", subject="Second")
        do(actor_of("mona"), cases.reply, other["id"], "Done?", key="a")
        asked = {"cases_view": "My queue", "cases_queue_only": "Waits for us"}

        assert set(self.row(open_page("cases", as_="stan", **asked))) == {case["id"]}
        kept = open_page("cases", as_="stan", cases_queue_case=other["id"], **asked)
        assert set(self.row(kept)) == {case["id"], other["id"]}
        none = open_page("cases", as_="stan", cases_view="My queue", cases_queue_only="Late")
        assert "Nothing matches" in " ".join(m.value for m in none.markdown)

    @pytest.mark.parametrize("asked", ["x", "9" * 30, "-1", "999999"])
    def test_a_case_that_is_not_there_is_told_in_one_sentence_or_left_out(self, open_page, case, asked):
        page = open_page("cases", as_="stan", cases_view="My queue", cases_queue_case=asked)

        assert not page.exception
        assert len(page.error) == (asked == "999999")
