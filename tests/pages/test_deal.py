"""The screen of one deal."""

from datetime import date

import pytest

from crm.clock import today
from crm.records import records
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Stage


@pytest.fixture
def deal(house, actor_of):
    """A deal of Stan's with its organisation; the id."""
    with unit_of_work(actor_of("stan")) as work:
        hotel = records.create_record(work, "organisation", {"name": "Hotel [Bergblick]"})
        made = records.create_record(
            work,
            "deal",
            {
                "title": "Six machines",
                "amount_minor": 1234500,
                "currency": "EUR",
                "organisation_id": hotel["id"],
            },
        )
    return made["id"]


def stored(deal_id):
    with reading(SYSTEM) as session:
        return records.get_record(session, "deal", deal_id)


def stage(name):
    with reading(SYSTEM) as session:
        return session.query(Stage).filter_by(name=name).one().id


def change(deal_id, **values):
    with unit_of_work(SYSTEM) as work:
        now = records.get_record(work.session, "deal", deal_id)
        records.update_record(work, "deal", deal_id, values, seen_version=now["version"])


def test_a_deal_shows_what_it_is_worth_and_where_it_stands(open_page, deal):
    page = open_page("deal", as_="stan", id=deal)

    assert not page.exception
    assert page.title[0].value.startswith("Six machines")
    assert [m.value for m in page.metric] == ["€12k", "10%", "–", "0 days"]
    assert page.segmented_control(key=f"deal_stage_{deal}_{stored(deal)['version']}").value == stage(
        "Qualification"
    )


def test_nobody_sees_a_deal_without_a_session(open_page, deal):
    page = open_page("deal", as_=None, id=deal)

    assert [title.value for title in page.title] == ["You are signed out"]
    assert not page.metric


@pytest.mark.parametrize("asked", ["abc", "", "9" * 30, "-1", "٣"])
def test_an_address_without_a_deal_is_answered_in_one_sentence(open_page, asked):
    page = open_page("deal", as_="stan", id=asked)

    assert not page.exception
    assert len(page.error) == 1
    assert "This address names no deal" in page.error[0].value


def test_another_teams_deal_is_not_there(open_page, deal):
    page = open_page("deal", as_="sue", id=deal)

    assert not page.exception
    assert [e.value for e in page.error] == [f"There is no deal {deal}, or it is not yours to see."]
    assert not page.metric


def test_a_viewer_sees_and_changes_nothing(open_page, deal):
    page = open_page("deal", as_="vic", id=deal)

    assert not page.exception
    assert page.title[0].value.startswith("Six machines")
    keys = {button.key for button in page.button}
    assert not keys & {"deal_won", "deal_lost", "deal_edit", "deal_archive", "deal_line_add"}
    assert page.segmented_control(key=f"deal_stage_{deal}_{stored(deal)['version']}").disabled


def test_a_click_on_a_stage_moves_the_deal(open_page, deal):
    page = open_page("deal", as_="stan", id=deal)

    page.segmented_control(key=f"deal_stage_{deal}_{stored(deal)['version']}").select(
        stage("Offer sent")
    ).run()

    assert not page.exception
    assert stored(deal)["stage_id"] == stage("Offer sent")
    assert page.metric[1].value == "50%"


def test_a_stale_screen_does_not_move_a_deal_that_somebody_moved(open_page, deal):
    page = open_page("deal", as_="stan", id=deal)
    key = f"deal_stage_{deal}_{stored(deal)['version']}"
    change(deal, stage_id=stage("Negotiation"))

    page.segmented_control(key=key).select(stage("Offer sent")).run()

    assert stored(deal)["stage_id"] == stage("Negotiation")
    assert "it is in “Negotiation” now, you chose “Offer sent”" in page.error[0].value
    assert page.metric[1].value == "75%"


def test_winning_and_reopening(open_page, deal):
    page = open_page("deal", as_="stan", id=deal)

    page.button(key="deal_won").click().run()
    assert (stored(deal)["status"], stored(deal)["closed_on"]) == ("won", today())
    page.button(key="deal_reopen").click().run()

    assert not page.exception
    assert stored(deal)["status"] == "open"


def test_the_next_step_is_stored_with_its_day(open_page, deal):
    page = open_page("deal", as_="stan", id=deal)

    page.text_input(key=f"deal_next_{deal}_text").input("Send the offer")
    page.date_input(key=f"deal_next_{deal}_on").set_value(date(2030, 1, 2))
    page.button(key=f"FormSubmitter:deal_next_{deal}-Save").click().run()

    assert not page.exception
    assert (stored(deal)["next_step"], stored(deal)["next_step_on"]) == ("Send the offer", date(2030, 1, 2))


def test_a_next_step_written_over_a_newer_one_shows_both(open_page, deal):
    page = open_page("deal", as_="stan", id=deal)
    change(deal, next_step="Call Ana")

    page.text_input(key=f"deal_next_{deal}_text").input("Send the offer")
    page.button(key=f"FormSubmitter:deal_next_{deal}-Save").click().run()

    assert stored(deal)["next_step"] == "Call Ana"
    assert "Someone else changed this deal" in page.error[0].value
    shown = page.table[0].value.to_string()
    assert "Send the offer" in shown
    assert "Call Ana" in shown
    page.button(key=f"FormSubmitter:deal_next_{deal}-Save").click().run()
    assert stored(deal)["next_step"] == "Send the offer"


def test_another_field_changed_meanwhile_is_no_reason_to_refuse_a_next_step(open_page, deal):
    page = open_page("deal", as_="stan", id=deal)
    change(deal, source="Fair")

    page.text_input(key=f"deal_next_{deal}_text").input("Send the offer")
    page.button(key=f"FormSubmitter:deal_next_{deal}-Save").click().run()

    assert (stored(deal)["next_step"], stored(deal)["source"]) == ("Send the offer", "Fair")


def test_a_line_that_somebody_changed_is_not_removed_unseen(open_page, deal):
    with unit_of_work(SYSTEM) as work:
        line = records.create_record(work, "deal_line", {"deal_id": deal, "unit_price_minor": 100_00})
    page = open_page("deal", as_="stan", id=deal)
    with unit_of_work(SYSTEM) as work:
        records.update_record(work, "deal_line", line["id"], {"quantity": 2}, seen_version=line["version"])

    page.button(key=f"deal_line_remove_{line['id']}").click().run()
    assert "Someone else changed this deal line" in page.error[0].value
    assert stored(deal)["amount_minor"] == 200_00
    page.button(key=f"deal_line_remove_{line['id']}").click().run()

    assert not page.exception
    with reading(SYSTEM) as session:
        assert session.get(records.registry.model("deal_line"), line["id"]) is None


def test_archiving_and_restoring(open_page, deal):
    page = open_page("deal", as_="stan", id=deal)

    page.button(key="deal_archive").click().run()
    assert stored(deal)["archived_at"] is not None
    assert "archived" in page.info[0].value
    page.button(key="deal_restore").click().run()

    assert not page.exception
    assert stored(deal)["archived_at"] is None


def test_a_deals_screen_takes_the_same_statements_for_many_talks_and_lines(open_page, deal, statements):
    def count():
        statements.clear()
        assert not open_page("deal", as_="stan", id=deal).exception
        return len(statements)

    with unit_of_work(SYSTEM) as work:
        records.create_record(work, "deal_line", {"deal_id": deal, "unit_price_minor": 100})
        records.create_record(
            work, "interaction", {"kind": "call", "subject": "Talk", "deal_id": deal, "happened_at": work.now}
        )
    count()  # fills what the process keeps, such as choices
    one = count()
    with unit_of_work(SYSTEM) as work:
        for n in range(8):
            records.create_record(work, "deal_line", {"deal_id": deal, "unit_price_minor": 100 + n})
            records.create_record(
                work,
                "interaction",
                {"kind": "call", "subject": f"Talk {n}", "deal_id": deal, "happened_at": work.now},
            )

    assert count() == one


def test_a_stored_change_of_the_form_is_said_in_passing(open_page, deal):
    page = open_page("deal", as_="stan", id=deal)
    page.button(key="deal_edit").click().run()
    page.text_input(key=f"edit_deal_{deal}_title").input("Seven machines")

    # AppTest reruns the whole page where a browser reruns the drawer alone, so the drawer is opened once more.
    page.button(key="deal_edit").click()
    page.button(key=f"FormSubmitter:edit_deal_{deal}_form-Save").click().run()

    assert stored(deal)["title"] == "Seven machines"
    assert [toast.value for toast in page.toast] == ["The changes are stored."]
