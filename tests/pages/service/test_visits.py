"""The screens of visits: a technician's day, the week, the list, one visit."""

from datetime import time, timedelta

import pytest

from crm.clock import today
from crm.work import reading, unit_of_work
from tests.factories import make
from tests.pages.grids import listed
from tests.pages.service.case_hands import submit


@pytest.fixture
def unit(house, actor_of):
    stan = actor_of("stan")
    firm = make(stan, "organisation", name="Lumen", phone="+4930123456", city="Berlin")
    return make(
        stan,
        "equipment",
        organisation_id=firm["id"],
        warranty_until=today() + timedelta(days=65),
        meter_unit="shots",
        meter_value=100.0,
    )


@pytest.fixture
def visit(actor_of, unit):
    return plan(actor_of, equipment_id=unit["id"], planned_on=today(), checklist=["Look", "Clean"])


def plan(actor_of, who="stan", **values):
    from crm.service.visits.visits import plan_visit

    with unit_of_work(actor_of(who)) as work:
        return plan_visit(work, **values)


def stored(actor_of, order):
    from crm.records import records

    with reading(actor_of("ada")) as session:
        return records.get_record(session, "work_order", order["id"])


def titles(actor_of):
    from sqlalchemy import select

    from db.models import WorkOrder

    with reading(actor_of("ada")) as session:
        return set(session.scalars(select(WorkOrder.title)))


def links_of(page):
    return {link.proto.label for link in page.get("page_link")}


def texts(page):
    return " ".join(e.value for kind in ("markdown", "caption", "title") for e in getattr(page, kind))


class TestDay:
    def test_late_today_and_next_stand_in_this_order_with_their_cover(self, open_page, actor_of, unit):
        for title, days in (("Third", 3), ("First", -2), ("Second", 0), ("Far", 30)):
            plan(actor_of, title=title, equipment_id=unit["id"], planned_on=today() + timedelta(days=days))

        page = open_page("work_orders", as_="stan")

        assert not page.exception
        shown = texts(page)
        assert shown.index("First") < shown.index("Second") < shown.index("Third")
        assert "Far" not in shown
        assert "verified_user: Warranty" in shown
        assert "1 visit today, 1 late" in shown

    def test_a_call_and_a_map_are_one_tap_away(self, open_page, visit):
        page = open_page("work_orders", as_="stan")

        links = {e.proto.label.split()[0]: e.proto.url for e in page.get("link_button")}
        assert links["Call"] == "tel:+4930123456"
        assert links["Map"] == "https://www.openstreetmap.org/search?query=Berlin"

    def test_visits_of_colleagues_are_not_mine(self, open_page, visit):
        page = open_page("work_orders", as_="mona")

        assert not page.exception
        assert "Nothing planned for you" in texts(page)

    def test_start_takes_it_under_way_and_opens_it(self, open_page, actor_of, visit):
        page = open_page("work_orders", as_="stan")

        page.button(key=f"day_start_{visit['id']}").click().run()

        assert not page.exception
        assert stored(actor_of, visit)["status"] == "under_way"
        assert visit["title"] in page.title[0].value

    def test_the_day_costs_the_same_statements_for_one_and_for_forty(
        self, open_page, actor_of, unit, visit, statements
    ):
        counts = []
        for more in (0, 40):
            for n in range(more):
                plan(actor_of, title=f"V{n}", equipment_id=unit["id"], planned_on=today())
            page = open_page("work_orders", as_="stan")
            statements.clear()
            page.run()
            counts.append(len(statements))

        assert counts[0] == counts[1]


class TestWeekAndList:
    def test_the_week_shows_the_reach_or_mine(self, open_page, actor_of, visit):
        page = open_page("work_orders", as_="mona", work_orders_view="Week")
        assert not page.exception
        assert any(visit["title"] in b.label for b in page.button)

        mine = open_page("work_orders", as_="mona", work_orders_view="Week", work_orders_whose="Mine")

        assert not any(visit["title"] in b.label for b in mine.button)

    def test_another_team_sees_an_empty_week(self, open_page, visit):
        page = open_page("work_orders", as_="sue", work_orders_view="Week")

        assert not page.exception
        assert not any(visit["title"] in b.label for b in page.button)

    def test_a_forged_week_is_this_week(self, open_page, visit):
        page = open_page("work_orders", as_="stan", work_orders_view="Week", work_orders_week="yesterday")

        assert not page.exception
        assert any(visit["title"] in b.label for b in page.button)

    def test_the_list_shows_all_of_the_reach(self, open_page, visit):
        page = open_page("work_orders", as_="mona", work_orders_view="List")

        assert not page.exception
        assert list(listed(page)[0]["title"]) == [visit["title"]]

    @pytest.mark.parametrize("view", ["My day list", "By technician", "Week", "List"])
    def test_an_empty_view_has_no_error(self, open_page, view):
        page = open_page("work_orders", work_orders_view=view)

        assert not page.exception
        assert not page.error

    @pytest.mark.parametrize("screen", ["work_orders", "work_order"])
    def test_nobody_sees_anything_without_a_session(self, open_page, visit, screen):
        page = open_page(screen, as_=None, id=visit["id"])

        assert [title.value for title in page.title] == ["You are signed out"]


class TestVisit:
    def test_it_says_whether_it_is_covered_and_why(self, open_page, visit):
        page = open_page("work_order", as_="stan", id=visit["id"])

        assert not page.exception
        assert "verified_user: Warranty" in page.title[0].value
        assert "covers parts, labour and travel." in texts(page)

    def test_a_tick_is_kept_at_once(self, open_page, actor_of, visit):
        page = open_page("work_order", as_="stan", id=visit["id"])

        page.checkbox(key=f"visit_step_{visit['id']}_1").set_value(True).run()

        assert not page.exception
        assert [s["done"] for s in stored(actor_of, visit)["checklist"]] == [False, True]
        assert "1 of 2 ticked" in texts(page)

    def test_done_stores_all_and_shows_it(self, open_page, actor_of, visit):
        key = f"visit_end_{visit['id']}"
        page = open_page("work_order", as_="stan", id=visit["id"])

        page.number_input(key=f"{key}_hours").set_value(1.5)
        page.number_input(key=f"{key}_meter").set_value(150.0)
        page.text_area(key=f"{key}_report").set_value("Cleaned.")
        page.date_input(key=f"{key}_next").set_value(today() + timedelta(days=9))
        page.button(key=f"visit_done_{visit['id']}").click().run()
        # Nobody ticked the steps: that is asked about first.
        assert "2 steps are open: Look, Clean." in page.warning[0].value
        assert stored(actor_of, visit)["status"] == "planned"
        page.button(key=f"visit_done_{visit['id']}").click().run()

        assert not page.exception
        now = stored(actor_of, visit)
        assert (now["status"], now["hours"], now["meter_value"]) == ("done", 1.5, 150.0)
        assert now["next_on"] == today() + timedelta(days=9)
        assert "Cleaned." in texts(page)

    def test_a_refusal_names_the_field_and_keeps_what_was_typed(self, open_page, actor_of, visit):
        key = f"visit_end_{visit['id']}"
        page = open_page("work_order", as_="stan", id=visit["id"])

        page.number_input(key=f"{key}_meter").set_value(50.0)
        page.text_area(key=f"{key}_report").set_value("Cleaned.")
        for _press in range(2):
            page.button(key=f"visit_done_{visit['id']}").click().run()

        assert "The meter showed 100" in page.error[0].value
        assert page.text_area(key=f"{key}_report").value == "Cleaned."
        assert stored(actor_of, visit)["status"] == "planned"

    def test_a_part_is_a_line_until_it_is_stored(self, open_page, actor_of, unit, visit):
        from crm.service.visits.visits import PartUsed, finish_visit

        before = plan(actor_of, equipment_id=unit["id"])
        with unit_of_work(actor_of("stan")) as work:
            burrs = [PartUsed("Burrs", after_failure=True)]
            finish_visit(work, before["id"], seen_version=before["version"], done_on=today(), parts=burrs)
        key = f"visit_part_{visit['id']}_0"
        page = open_page("work_order", as_="stan", id=visit["id"])

        page.checkbox(key=f"{key}_failed").set_value(True)
        page.button(key=f"FormSubmitter:{key}_form-Add").click().run()
        assert "Say which part." in page.error[0].value

        page.selectbox(key=f"{key}_name").set_value("Burrs")
        page.button(key=f"FormSubmitter:{key}_form-Add").click().run()
        assert "Burrs" in texts(page)
        for _press in range(2):
            page.button(key=f"visit_done_{visit['id']}").click().run()

        assert not page.exception
        assert (
            "Had failed" in page.table[-1].value.to_string()
            or "Had failed" in page.table[0].value.to_string()
        )

    def test_another_team_is_told_that_it_is_not_there(self, open_page, visit):
        page = open_page("work_order", as_="sue", id=visit["id"])

        assert not page.exception
        assert "not yours to see" in page.error[0].value

    def test_a_viewer_sees_it_and_changes_nothing(self, open_page, visit):
        page = open_page("work_order", as_="vic", id=visit["id"])

        assert not page.exception
        assert not page.checkbox
        assert "visit_start" not in {b.key for b in page.button}

    def test_a_visit_without_unit_has_no_cover_to_speak_of(self, open_page, actor_of):
        order = plan(actor_of, title="Advice")

        page = open_page("work_order", as_="stan", id=order["id"])

        assert not page.exception
        assert page.metric[1].value == "–"

    def test_what_was_changed_is_one_switch_away(self, open_page, actor_of, visit):
        from tests.factories import change

        change(actor_of("mona"), "work_order", visit, title="Another title")
        page = open_page("work_order", as_="stan", id=visit["id"])

        page.toggle(key="visit_changes").set_value(True).run()

        assert not page.exception
        assert any("Mona" in step.label for step in page.expander)


class TestByTechnician:
    def test_each_technician_has_a_card_with_what_overlaps_and_nobodys_stand_below(
        self, open_page, actor_of, unit
    ):
        for title, hour in (("First", 8), ("Second", 9)):
            plan(actor_of, title=title, planned_on=today(), planned_at=time(hour), minutes=90)
        plan(actor_of, title="Free", planned_on=today(), team_id=actor_of("stan").teams[0])

        page = open_page("work_orders", as_="mona", work_orders_view="By technician")

        assert not page.exception
        shown = texts(page)
        assert "2 visits, 3.0 h" in shown
        assert shown.count("Overlaps") == 2
        assert "Nobody yet" in shown
        assert "**08:00–09:30** First" in links_of(page)

    def test_what_speaks_against_an_hour_is_told_before_it_is_stored(self, open_page, actor_of, visit):
        plan(actor_of, title="First", planned_on=today(), planned_at=time(9), minutes=120)
        page = open_page("work_orders", as_="stan").button(key="visits_new").click().run()

        page.button(key="visits_new").click()
        stan = actor_of("stan").user_id
        page.text_input(key="visit_title_").set_value("Second")
        page.time_input(key="visit_time").set_value(time(10))
        page.selectbox(key="visit_owner").set_value(stan)
        submit(page, "Plan visit")

        assert "Stan is at" in page.warning[0].value
        assert "Second" not in titles(actor_of)
        page.button(key="visits_new").click()
        submit(page, "Plan visit")
        assert "Second" in titles(actor_of)


class TestEndOfTheCase:
    def test_a_done_visit_offers_to_solve_its_case_and_uses_the_report(self, open_page, actor_of, unit):
        from crm.records import records
        from crm.service.visits.visits import finish_visit

        case = make(actor_of("stan"), "case", equipment_id=unit["id"])
        order = plan(actor_of, case_id=case["id"])
        with unit_of_work(actor_of("stan")) as work:
            finish_visit(work, order["id"], seen_version=1, done_on=today(), report="New seal.")
        page = open_page("work_order", as_="stan", id=order["id"])

        page.button(key="visit_case_solved").click().run()

        assert not page.exception
        with reading(actor_of("stan")) as session:
            solved = records.get_record(session, "case", case["id"])
        assert (solved["status"], solved["resolution"]) == ("resolved", "New seal.")
        assert "visit_case_solved" not in {button.key for button in page.button}
