"""Settings: firm, pipelines, reasons, rates, limits."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from crm import clock
from crm.config import settings
from crm.firm.firm import firm, set_firm
from crm.firm.rates import read_rates
from crm.jobs import Worker, enqueue
from crm.periods import Calendar
from crm.pipeline.stages import StageForm, read_pipelines
from crm.ui.settings.selling import stage_forms, stage_frame
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Campaign, Case, Deal, Stage


def test_nobody_sees_settings_without_a_session(open_page, house):
    page = open_page("settings", as_=None)

    assert [title.value for title in page.title] == ["You are signed out"]


@pytest.mark.parametrize("who", ["mona", "stan", "vic"])
def test_only_administrators_open_settings(open_page, who):
    page = open_page("settings", as_=who)

    assert not page.exception
    assert len(page.error) == 1
    assert not page.text_input


def test_the_firm_gets_a_name_and_a_currency(open_page, house):
    page = open_page("settings")

    page.text_input(key="settings_firm_name").input("Kavarna Soča")
    page.selectbox(key="settings_firm_currency").select("DKK")
    page.button(key="FormSubmitter:settings_firm-Save").click().run()
    page.button(key="settings_firm_change").click().run()

    assert not page.exception
    with reading(SYSTEM) as session:
        assert (firm(session).name, firm(session).currency) == ("Kavarna Soča", "DKK")


def test_another_time_zone_is_asked_before_and_then_holds_everywhere(open_page, house):
    page = open_page("settings")

    page.selectbox(key="settings_firm_country").select("US")
    page.selectbox(key="settings_firm_zone").select("America/Denver")
    page.button(key="FormSubmitter:settings_firm-Save").click().run()
    assert "near midnight" in page.warning[0].value
    assert clock.zone().key == "Europe/Berlin"
    page.button(key="settings_firm_change").click().run()

    assert not page.exception
    assert (clock.zone().key, clock.country()) == ("America/Denver", "US")


def test_the_firm_gets_a_year_and_a_week(open_page, house):
    page = open_page("settings")

    page.selectbox(key="settings_firm_year").set_value(4)
    page.selectbox(key="settings_firm_week").set_value(6)
    page.button(key="FormSubmitter:settings_firm-Save").click().run()

    assert not page.exception
    with reading(SYSTEM) as session:
        assert firm(session).calendar == Calendar(4, 6)
    assert page.selectbox(key="settings_firm_year").value == 4


def test_a_firm_without_a_name_is_refused(open_page, house):
    page = open_page("settings")

    page.text_input(key="settings_firm_name").input(" ")
    page.button(key="FormSubmitter:settings_firm-Save").click().run()

    assert "needs a name" in page.error[0].value


@pytest.mark.parametrize("part", ["Pipelines", "Loss reasons", "Backups", "Rates", "Limits"])
def test_every_part_opens_by_its_address(open_page, house, part):
    page = open_page("settings", settings_part=part)

    assert not page.exception
    assert not page.error
    assert page.title[0].value == "Settings"


def test_a_pipeline_is_renamed_and_keeps_its_stages(open_page, house):
    with reading(SYSTEM) as session:
        (before,) = read_pipelines(session)
    page = open_page("settings", settings_part="Pipelines")

    page.text_input(key=f"settings_pipeline_{before.id}_name_{before.version}").input("Machines")
    page.button(key=f"FormSubmitter:settings_pipeline_{before.id}-Save pipeline").click().run()

    assert not page.exception
    assert not page.error
    with reading(SYSTEM) as session:
        (after,) = read_pipelines(session)
    assert (after.name, after.stages) == ("Machines", before.stages)


def test_edited_rows_become_stages_in_the_order_of_their_places():
    known = (
        StageForm(7, "Ask", "open", 0.1, 14),
        StageForm(8, "Offer", "open", 0.5, None),
        StageForm(9, "Won", "won", 1.0, None),
    )
    edited = stage_frame(known).drop(index=1)
    edited.loc[0, ["name", "chance"]] = ["Qualify", 12.5]
    edited.loc[3] = [1.5, "Demo", "Open", 30.0, 21.0]

    assert stage_forms(edited, known) == [
        StageForm(7, "Qualify", "open", 0.125, 14),
        StageForm(None, "Demo", "open", 0.3, 21),
        StageForm(9, "Won", "won", 1.0, None),
    ]


def test_rows_without_place_or_name_come_last_and_stay_blank():
    known = (StageForm(7, "Ask", "open", 0.1, 14),)
    edited = pd.concat([stage_frame(known), pd.DataFrame([{"name": None, "kind": None}], index=[1])])

    assert stage_forms(edited, known)[1] == StageForm(None, "", "open", 0.0, None)


def test_rates_are_entered_one_by_one_and_pasted(open_page, house):
    page = open_page("settings", settings_part="Rates")

    page.selectbox(key="settings_rate_currency").select("USD")
    page.number_input(key="settings_rate_rate").set_value(0.9)
    page.button(key="FormSubmitter:settings_rate_one-Save rate").click().run()
    page.text_area(key="settings_rate_text").input("2026-01-31, GBP, 1.15\n2026-01-31, DKK, 0.134")
    page.button(key="FormSubmitter:settings_rate_paste-Store all").click().run()

    assert not page.exception
    with reading(SYSTEM) as session:
        assert {r.currency: r.rate for r in read_rates(session)} == {"USD": 0.9, "GBP": 1.15, "DKK": 0.134}


def test_a_bad_line_is_named_and_the_text_stays(open_page, house):
    page = open_page("settings", settings_part="Rates")

    page.text_area(key="settings_rate_text").input("2026-01-31, GBP, dear")
    page.button(key="FormSubmitter:settings_rate_paste-Store all").click().run()

    assert "cannot be read" in page.error[0].value
    assert page.text_area(key="settings_rate_text").value == "2026-01-31, GBP, dear"
    with reading(SYSTEM) as session:
        assert read_rates(session) == []


@pytest.mark.usefixtures("at_noon")
def test_a_year_from_april_and_weeks_from_sunday_hold_on_every_screen(open_page, house):
    with unit_of_work(SYSTEM) as work:
        set_firm(work, name="Kavarna", currency="EUR", calendar=Calendar(4, 6))
        stage = work.session.query(Stage).filter_by(kind="won").first()
        november = {"status": "won", "closed_on": date(2025, 11, 10), "opened_on": date(2025, 11, 1)}
        deal = Deal(
            title="D",
            pipeline_id=stage.pipeline_id,
            stage_id=stage.id,
            currency="EUR",
            amount_minor=500_00,
            **november,
        )
        opened = datetime(2025, 11, 10, 12, tzinfo=UTC)
        campaign = Campaign(
            name="Spring", number="M1", status="running", channel="letter", starts_on=date(2025, 11, 10)
        )
        work.session.add_all([deal, campaign, Case(number="C1", subject="Leaks", opened_at=opened)])

    def said(page):
        assert not page.exception
        return " ".join(text.value for kind in (page.markdown, page.caption) for text in kind)

    assert {m.label: m.value for m in open_page("sales", sales_period="Year").metric}["Won value"] == "€500"
    for screen in ("sales", "service", "marketing"):
        assert "1 Apr 2025" in said(open_page(screen, **{f"{screen}_period": "Year"})), screen
    assert "8 Mar 2026" in said(open_page("work_orders", work_orders_view="Week"))


class TestBackups:
    @pytest.fixture
    def folder(self, house, tmp_path, monkeypatch):
        monkeypatch.setenv("CRM_BACKUP_FOLDER", str(tmp_path / "backups"))
        settings.cache_clear()
        yield tmp_path / "backups"
        monkeypatch.undo()
        settings.cache_clear()

    def bell(self, page):
        return [link.proto.label for link in page.get("page_link") if "cannot be written" in link.proto.label]

    def test_without_a_place_the_screen_says_how_to_set_one(self, open_page, house):
        page = open_page("settings", settings_part="Backups")

        assert not page.exception
        assert any("No backups are made" in one.value for one in page.markdown)

    def test_one_is_made_at_once_and_the_screen_tells_of_it(self, open_page, folder):
        page = open_page("settings", settings_part="Backups")
        page.button(key="settings_backup_now").click().run()
        assert not page.exception
        assert Worker().run_one()

        page = open_page("settings", settings_part="Backups")

        (made,) = folder.iterdir()
        assert made.stem.partition("-")[2] in page.table[0].value.to_string().replace("\\", "")
        assert not page.error

    def test_a_failure_is_said_there_and_in_the_bell_of_administrators_alone(self, open_page, folder):
        folder.write_text("no folder")
        enqueue(SYSTEM, "backup", {})
        Worker().run_one()

        page = open_page("settings", settings_part="Backups")

        assert any("cannot be written" in one.value for one in page.error)
        assert len(self.bell(page)) == 1
        assert self.bell(open_page("my_day", as_="mona")) == []
