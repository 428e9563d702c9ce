"""Units, contracts, plans and visits of another team, on every road; and what a viewer may not do."""

from datetime import timedelta

import pytest

from crm.clock import today
from crm.errors import NotAllowed, NotFound, Refused
from crm.exchange.export import export_csv
from crm.exchange.storing.plan import Step
from crm.records import records, registry
from crm.records.lists import link_options, list_rows
from crm.records.search import find_anything
from crm.service.cases import queries as case_queries
from crm.service.equipment import equipment_queries
from crm.service.equipment import history as unit_history
from crm.service.equipment.equipment import coverages
from crm.service.visits import page as visit_page
from crm.service.visits import queries as visit_queries
from crm.service.visits.visits import PartUsed, cancel_visit, finish_visit, plan_visit, start_visit, tick_step
from crm.work import Actor, reading, unit_of_work
from tests.factories import change, make
from tests.service.exchange.import_scene import STORY, bring, counts
from tests.service.parity.roads import by_api, by_file, by_form

#: What tells of a road and not of what came in by it.
ROADS_OWN = STORY | {"jobs", "leases"}
ENTITIES = (
    "equipment",
    "contract",
    "maintenance_plan",
    "work_order",
    "failure",
    "part_change",
    "meter_reading",
)


@pytest.fixture
def scene(people):
    """A unit of Stan's in North with everything that hangs on it, by entity."""
    stan = people["stan"]
    firm = make(stan, "organisation", name="Lumen")
    unit = make(stan, "equipment", organisation_id=firm["id"], meter_value=10.0)
    made = {
        "organisation": firm,
        "equipment": unit,
        "contract": make(stan, "contract", equipment_id=unit["id"]),
        "maintenance_plan": make(
            stan, "maintenance_plan", name="Descale", equipment_id=unit["id"], every_days=90
        ),
    }
    with unit_of_work(stan) as work:
        order = plan_visit(
            work, title="Burrs", equipment_id=unit["id"], planned_on=today(), checklist=["Look"]
        )
        part = [PartUsed("Burrs", after_failure=True)]
        finish_visit(
            work, order["id"], seen_version=order["version"], done_on=today(), parts=part, meter=20.0
        )
        plan_visit(work, title="Seals", equipment_id=unit["id"], planned_on=today(), checklist=["Look"])
    with reading(stan) as session:
        for entity in ("work_order", "failure", "part_change", "meter_reading"):
            cls = registry.model(entity)
            newest = session.query(cls).order_by(cls.id.desc()).first()
            made[entity] = {"id": newest.id, "version": getattr(newest, "version", 1)}
    return made


@pytest.mark.parametrize("entity", ENTITIES)
class TestRecords:
    def test_lists_and_exports_hold_them_for_the_team_alone(self, people, scene, entity):
        for who, seen in (("stan", True), ("vic", True), ("mona", True), ("sue", False)):
            with reading(people[who]) as session:
                assert bool(len(list_rows(session, entity).rows)) == seen
                assert bool(link_options(session, entity)) == seen
        with reading(people["ada"]) as session:
            assert b"\n" in b"".join(export_csv(session, entity)).strip()

    def test_a_record_of_another_team_is_not_there(self, people, scene, entity, dump):
        record = scene[entity]
        before = dump()

        with reading(people["sue"]) as session, pytest.raises(NotFound):
            records.get_record(session, entity, record["id"])
        with unit_of_work(people["sue"]) as work, pytest.raises(NotFound):
            records.update_record(work, entity, record["id"], {}, seen_version=1)
        assert dump() == before

    def test_nothing_is_hung_on_a_unit_of_another_team(self, people, scene, entity, dump):
        values = {
            "equipment": {"serial": "S", "organisation_id": scene["organisation"]["id"]},
            "contract": {"equipment_id": scene["equipment"]["id"]},
            "maintenance_plan": {"name": "P", "every_days": 5, "equipment_id": scene["equipment"]["id"]},
            "work_order": {"equipment_id": scene["equipment"]["id"]},
            "meter_reading": {"equipment_id": scene["equipment"]["id"], "value": 99.0},
        }.get(entity, {"equipment_id": scene["equipment"]["id"], "part": "Burrs"})
        before = dump()

        with pytest.raises((NotAllowed, NotFound, Refused)):
            make(people["sue"], entity, **values)

        assert dump() == before

    def test_a_viewer_makes_none(self, people, scene, entity, dump):
        values = {
            "equipment": {"serial": "S"},
            "contract": {
                "equipment_id": scene["equipment"]["id"],
                "starts_on": today() + timedelta(days=9999),
            },
            "maintenance_plan": {"name": "P", "every_days": 5, "equipment_id": scene["equipment"]["id"]},
            "work_order": {"title": "W"},
            "meter_reading": {"equipment_id": scene["equipment"]["id"], "value": 99.0},
        }.get(entity, {"equipment_id": scene["equipment"]["id"], "part": "Burrs"})
        if entity == "contract":
            values["equipment_id"] = None
            values["organisation_id"] = scene["organisation"]["id"]
        before = dump()

        with pytest.raises(NotAllowed):
            make(people["vic"], entity, **values)

        assert dump() == before


class TestQueries:
    @pytest.mark.parametrize(
        "ask",
        [
            lambda s, x: equipment_queries.unit_page(s, x["equipment"]["id"], on=today()),
            lambda s, x: unit_history.unit_history(s, x["equipment"]["id"]),
            lambda s, x: unit_history.unit_parts(s, x["equipment"]["id"]),
            lambda s, x: visit_page.visit_page(s, x["work_order"]["id"], day=today()),
        ],
    )
    def test_pages_of_another_team_are_not_there(self, people, scene, ask):
        with reading(people["vic"]) as session:
            assert ask(session, scene)
        with reading(people["sue"]) as session, pytest.raises(NotFound):
            ask(session, scene)

    @pytest.mark.parametrize(
        "ask",
        [
            lambda s, x: coverages(s, [x["equipment"]["id"]], on=today()),
            lambda s, x: case_queries.cases_of_unit(s, x["equipment"]["id"]),
            lambda s, x: equipment_queries.units_of(s, "organisation", x["organisation"]["id"], on=today())[
                0
            ],
            lambda s, x: visit_queries.visits_of_unit(s, x["equipment"]["id"], day=today()),
            lambda s, x: visit_queries.visits_of(s, "organisation", x["organisation"]["id"], day=today()),
            lambda s, x: visit_queries.week_visits(
                s, first=today() - timedelta(days=3), day=today(), everyone=True
            ),
            lambda s, x: visit_queries.my_visits(s, day=today()),
            lambda s, x: visit_queries.day_visits(s, on=today(), day=today()),
            lambda s, x: [h for h in find_anything(s, "V3-118842") if h.entity == "equipment"],
        ],
    )
    def test_lists_of_another_team_are_empty(self, people, scene, ask):
        make(people["stan"], "case", equipment_id=scene["equipment"]["id"])
        with reading(people["sue"]) as session:
            assert not ask(session, scene)

    @pytest.mark.parametrize("who", ["sue", "vic"])
    @pytest.mark.parametrize(
        "act",
        [
            lambda w, o: start_visit(w, o["id"], seen_version=o["version"]),
            lambda w, o: cancel_visit(w, o["id"], seen_version=o["version"]),
            lambda w, o: tick_step(w, o["id"], 0, done=True),
            lambda w, o: finish_visit(w, o["id"], seen_version=o["version"], done_on=today(), hours=1.0),
        ],
    )
    def test_neither_another_team_nor_a_viewer_works_on_a_visit(self, people, scene, dump, who, act):
        before = dump()

        with pytest.raises((NotFound, NotAllowed)), unit_of_work(people[who]) as work:
            act(work, scene["work_order"])

        assert dump() == before


class TestRoads:
    def test_a_contract_that_was_put_away_does_not_come_back_over_a_new_one(self, people, scene, dump):
        stan, gold = people["stan"], scene["contract"]
        with unit_of_work(stan) as work:
            gold = records.archive_record(work, "contract", gold["id"], seen_version=gold["version"])
        make(stan, "contract", name="Silver", equipment_id=scene["equipment"]["id"])
        before = dump()

        with pytest.raises(Refused, match="“Silver” runs"), unit_of_work(stan) as work:
            records.restore_record(work, "contract", gold["id"], seen_version=gold["version"])

        assert dump() == before

    def test_a_reading_entered_as_a_record_moves_the_unit_and_fits_between_its_neighbours(
        self, people, scene, dump
    ):
        unit = scene["equipment"]
        make(people["stan"], "meter_reading", equipment_id=unit["id"], value=30.0)
        with reading(people["stan"]) as session:
            assert records.get_record(session, "equipment", unit["id"])["meter_value"] == 30.0
        before = dump()

        with pytest.raises(Refused, match="The meter showed 30"):
            make(people["stan"], "meter_reading", equipment_id=unit["id"], value=29.0)

        assert dump() == before

    @pytest.mark.parametrize(("entity", "field"), [("failure", "part"), ("part_change", "part")])
    def test_rows_without_a_version_of_their_own_can_be_corrected(self, people, scene, entity, field):
        assert change(people["stan"], entity, scene[entity], **{field: "Upper burrs"})[field] == "Upper burrs"

    def test_the_end_of_a_visit_is_not_entered_by_hand(self, people, scene, dump):
        with reading(people["stan"]) as session:
            order = records.get_record(session, "work_order", scene["work_order"]["id"])
        before = dump()

        with pytest.raises(Refused, match="Use Start, Finish"):
            change(people["stan"], "work_order", order, done_on=today())
        with pytest.raises(Refused, match="A visit that is done has a day"):
            make(people["stan"], "work_order", status="done")

        assert dump() == before

    def test_a_past_visit_entered_as_done_says_whether_it_was_covered(self, people, scene):
        made = make(people["stan"], "work_order", done_on=today(), equipment_id=scene["equipment"]["id"])

        assert (made["status"], made["covered"]) == ("done", "contract")


@pytest.fixture
def onlooker(people):
    """Somebody of South who sees everything of the service and changes what is South's."""
    sue, seen = people["sue"], ("equipment", "work_order", "organisation", "contact")
    grants = {grant for grant in sue.grants if grant[0] not in seen}
    grants |= {(entity, "read", "all") for entity in seen}
    grants |= {(entity, action, "team") for entity in seen for action in ("create", "update", "import")}
    return Actor(user_id=sue.user_id, name=sue.name, role=sue.role, teams=sue.teams, grants=frozenset(grants))


@pytest.mark.parametrize("road", [by_form, by_api, by_file])
class TestWhoSeesMoreThanTheyChange:
    @pytest.mark.parametrize("about", ["equipment", "maintenance_plan"])
    def test_a_visit_that_comes_in_as_done_moves_no_meter_and_no_plan_of_others(
        self, onlooker, scene, dump, road, about
    ):
        link, field = {
            "equipment": ("equipment_id", "meter_value"),
            "maintenance_plan": ("plan_id", "plan_id"),
        }[about]
        values = {"title": "Burrs", "done_on": today(), link: scene[about]["id"]}
        kept = {name: rows for name, rows in dump().items() if name not in ROADS_OWN}

        came = road(onlooker, "work_order", values | ({"meter_value": 99.0} if about == "equipment" else {}))

        assert [name for name, _text in came.problems] == [field]
        assert "not change it" in next(iter(came.problems))[1]
        assert {name: rows for name, rows in dump().items() if name not in ROADS_OWN} == kept

    def test_they_enter_a_past_visit_that_changes_nothing_else(self, onlooker, scene, road):
        values = {"title": "Burrs", "done_on": today(), "equipment_id": scene["equipment"]["id"]}

        assert not road(onlooker, "work_order", values).problems


@pytest.mark.parametrize("entity", ["failure", "part_change"])
def test_a_file_that_names_no_unit_changes_no_row_of_a_unit_of_others(onlooker, scene, dump, entity):
    when = {"failure": "failed_at", "part_change": "at"}[entity]
    step = Step("r.csv", entity, {"part": "part", when: "at"}, key=("part",), mode="update", overwrite=True)
    kept = dump()[registry.model(entity).__tablename__]

    report = bring(onlooker, step, b"part,at\nBurrs,2026-01-05\n")

    assert counts(report) == (0, 0, 0, 1)
    assert dump()[registry.model(entity).__tablename__] == kept
