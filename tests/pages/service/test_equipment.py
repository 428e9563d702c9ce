"""The screens of equipment: lists, a unit's page, contracts and plans."""

from datetime import timedelta

import pytest

from crm.clock import today
from crm.work import unit_of_work
from tests.factories import make
from tests.pages.grids import listed

LISTS = [
    ("equipment_list", "equipment"),
    ("contracts", "contract"),
    ("maintenance_plans", "maintenance_plan"),
]


@pytest.fixture
def unit(house, actor_of):
    """A unit of Stan's at Lumen, under warranty, with a contract, a plan, a case and two visits, one of them done."""
    from crm.service.equipment.equipment import record_meter
    from crm.service.visits.visits import PartUsed, finish_visit, plan_visit

    stan = actor_of("stan")
    firm = make(stan, "organisation", name="Lumen")
    made = make(
        stan,
        "equipment",
        organisation_id=firm["id"],
        place="Bar",
        installed_on=today() - timedelta(days=300),
        warranty_until=today() + timedelta(days=65),
        warranty_covers=["parts"],
        meter_unit="shots",
    )
    make(stan, "contract", equipment_id=made["id"], starts_on=today(), covers=["labour"])
    make(stan, "maintenance_plan", name="Descale", equipment_id=made["id"], every_days=400)
    make(stan, "case", equipment_id=made["id"])
    with unit_of_work(stan) as work:
        record_meter(work, made["id"], 1200.0)
        plan_visit(work, title="Look again", equipment_id=made["id"], planned_on=today())
        done = plan_visit(work, title="Change the burrs", equipment_id=made["id"], planned_on=today())
        finish_visit(
            work,
            done["id"],
            seen_version=done["version"],
            done_on=today(),
            parts=[PartUsed("Burrs", after_failure=True)],
        )
    return made


def texts(page):
    return " ".join(e.value for kind in ("markdown", "caption", "title") for e in getattr(page, kind))


class TestLists:
    def record(self, actor_of, entity, who="ada"):
        unit = make(actor_of(who), "equipment")
        if entity == "equipment":
            return unit["name"]
        values = {"equipment_id": unit["id"]} | (
            {"name": "Descale", "every_days": 30} if entity == "maintenance_plan" else {}
        )
        return make(actor_of(who), entity, **values)["name"]

    @pytest.mark.parametrize(("screen", "entity"), LISTS)
    def test_records_are_shown(self, open_page, actor_of, screen, entity):
        name = self.record(actor_of, entity)

        page = open_page(screen)

        assert not page.exception
        assert list(listed(page)[0]["name"]) == [name]

    @pytest.mark.parametrize(("screen", "entity"), LISTS)
    def test_an_empty_list_says_what_belongs_there(self, open_page, screen, entity):
        page = open_page(screen)

        assert not page.exception
        assert page.button(key=f"{screen}_first").label.startswith("New ")

    @pytest.mark.parametrize(("screen", "entity"), LISTS)
    def test_another_team_sees_an_empty_list(self, open_page, actor_of, screen, entity):
        self.record(actor_of, entity, "stan")

        page = open_page(screen, as_="sue")

        assert not page.exception
        assert not listed(page)

    @pytest.mark.parametrize(("screen", "entity"), [*LISTS, ("equipment", "equipment")])
    def test_nobody_sees_anything_without_a_session(self, open_page, actor_of, screen, entity):
        self.record(actor_of, entity)

        page = open_page(screen, as_=None, id=1)

        assert [title.value for title in page.title] == ["You are signed out"]


class TestUnit:
    def test_it_says_at_once_whether_it_is_covered_and_why(self, open_page, unit):
        page = open_page("equipment", id=unit["id"])

        assert not page.exception
        assert "Warranty: parts and labour" in page.title[0].value
        assert [m.label for m in page.metric] == ["Warranty", "Contract", "Meter", "Open cases"]
        assert [m.value for m in page.metric][1:] == ["Gold", "1,200 shots", "1"]
        assert "covers parts; contract Gold, without an end, covers labour." in texts(page)
        assert "every 400 days" in texts(page)

    def test_a_unit_out_of_cover_says_what_ended(self, open_page, actor_of):
        ended = today() - timedelta(days=1)
        made = make(actor_of("stan"), "equipment", warranty_until=ended)

        page = open_page("equipment", id=made["id"])

        assert "Not covered" in page.title[0].value
        assert "Warranty ended on" in texts(page)

    @pytest.mark.parametrize(
        ("tab", "said"),
        [
            ("history", "Change the burrs"),
            ("history", "Changed: Burrs."),
            ("history", "Meter 1,200"),
            ("cases", "In progress"),
            ("visits", "Planned"),
            ("parts", "Burrs"),
        ],
    )
    def test_each_tab_shows_what_belongs_to_it(self, open_page, unit, tab, said):
        page = open_page("equipment", id=unit["id"], tab=tab)

        assert not page.exception
        if tab == "parts":
            shown = page.table[0].value.to_string()
        elif tab == "history":
            shown = texts(page) + " ".join(e.label for e in page.expander)
        else:
            shown = texts(page)
        assert said.replace("In progress", "New") in shown

    @pytest.mark.parametrize("tab", ["overview", "history", "cases", "visits", "parts", "changes"])
    def test_an_empty_unit_says_so_in_every_tab(self, open_page, actor_of, tab):
        made = make(actor_of("stan"), "equipment")

        page = open_page("equipment", id=made["id"], tab=tab)

        assert not page.exception
        assert not page.error

    def test_another_team_is_told_that_it_is_not_there(self, open_page, unit):
        page = open_page("equipment", as_="sue", id=unit["id"])

        assert not page.exception
        assert "not yours to see" in page.error[0].value
        assert not page.metric

    def test_a_viewer_finds_no_button_that_writes(self, open_page, unit):
        page = open_page("equipment", as_="vic", id=unit["id"])

        assert not page.exception
        keys = {button.key for button in page.button}
        assert not keys & {"unit_plan", "record_edit"}

    def test_a_forged_address_is_answered_in_a_sentence(self, open_page, house):
        page = open_page("equipment", id="1;drop")

        assert "names no equipment" in page.error[0].value

    def test_names_are_shown_as_they_are(self, open_page, actor_of):
        made = make(actor_of("stan"), "equipment", serial="![x](http://evil) :smile:", place="<b>bar</b>")

        page = open_page("equipment", id=made["id"])

        assert not page.exception
        assert "![x]" not in page.title[0].value.replace("\\[", "")

    @pytest.mark.parametrize("tab", ["overview", "history", "cases", "visits", "parts", "changes"])
    def test_the_page_costs_the_same_statements_for_one_and_for_many(
        self, open_page, actor_of, unit, statements, tab
    ):
        from crm.service.equipment.equipment import record_meter
        from crm.service.visits.visits import PartUsed, finish_visit, plan_visit

        counts = []
        for more in (0, 25):
            with unit_of_work(actor_of("stan")) as work:
                for n in range(more):
                    order = plan_visit(work, title=f"V{n}", equipment_id=unit["id"], planned_on=today())
                    finish_visit(
                        work,
                        order["id"],
                        seen_version=order["version"],
                        done_on=today(),
                        parts=[PartUsed(f"P{n}", after_failure=True)],
                    )
                    record_meter(work, unit["id"], 2000.0 + n)
                    plan_visit(work, title=f"Open {n}", equipment_id=unit["id"], planned_on=today())
            for n in range(more):
                make(actor_of("stan"), "case", subject=f"C{n}", equipment_id=unit["id"])
            page = open_page("equipment", id=unit["id"], tab=tab)
            statements.clear()
            page.run()
            assert not page.exception
            counts.append(len(statements))

        assert counts[0] == counts[1]


class TestElsewhere:
    @pytest.mark.parametrize("entity", ["contact", "organisation"])
    def test_a_customers_page_shows_units_with_cover_and_the_next_visit(self, open_page, actor_of, entity):
        from crm.service.visits.visits import plan_visit

        stan = actor_of("stan")
        party = make(stan, entity)
        unit = make(
            stan, "equipment", warranty_until=today() + timedelta(days=9), **{f"{entity}_id": party["id"]}
        )
        with unit_of_work(stan) as work:
            plan_visit(work, title="Clean it", equipment_id=unit["id"], planned_on=today())

        page = open_page(entity, as_="stan", id=party["id"])

        assert not page.exception
        links = {e.proto.label for e in page.get("page_link")}
        assert any("V3-118842" in label for label in links)
        assert any("Clean it" in label for label in links)
        assert "verified_user: Warranty" in texts(page)

    def test_the_rate_of_an_hour_is_a_setting(self, open_page, actor_of, house):
        from crm.service.equipment.labour import labour_rate
        from crm.work import reading

        page = open_page("settings", settings_part="Visits")
        page.number_input(key="settings_visits_rate").set_value(85.5)
        page.button(key="FormSubmitter:settings_visits-Save").click().run()

        assert not page.exception
        with reading(actor_of("ada")) as session:
            assert labour_rate(session).minor == 8550
