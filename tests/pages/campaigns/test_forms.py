"""The one form of any record. A drawer runs by itself, which AppTest cannot do; the form is shown on a bare page here."""

import pytest
from streamlit.testing.v1 import AppTest

from crm.records import records
from crm.work import reading
from tests.factories import change, make

SAVE = "FormSubmitter:form_form-Save"


def bare(actor, entity, record, fields):
    import streamlit as st

    from crm.ui.kit.forms import record_form

    if record_form(actor, entity, key="form", record=record, fields=fields):
        st.success("stored")


@pytest.fixture
def form(actor_of):
    """``form("contact", record=None, as_="stan")``: the form, drawn once."""

    def draw(entity, *, record=None, as_="stan", fields=("name", "email", "phone", "lifecycle", "city")):
        kwargs = {"actor": actor_of(as_), "entity": entity, "record": record, "fields": fields}
        return AppTest.from_function(bare, kwargs=kwargs, default_timeout=30).run()

    return draw


def stored(actor, entity, record_id):
    with reading(actor) as session:
        return records.get_record(session, entity, record_id)


def test_a_wrong_email_is_told_at_its_field_and_everything_typed_stays(form, actor_of):
    page = form("contact")
    page.text_input(key="form_name").set_value("Ana")
    page.text_input(key="form_email").set_value("ana@")

    page.button(key=SAVE).click().run()

    assert not page.exception
    assert any("is not an e-mail address" in text.value for text in page.caption)
    assert (page.text_input(key="form_name").value, page.text_input(key="form_email").value) == (
        "Ana",
        "ana@",
    )
    assert not page.success


def test_what_was_told_is_gone_once_it_is_right(form, actor_of):
    page = form("contact")
    page.text_input(key="form_name").set_value("Ana")
    page.text_input(key="form_email").set_value("ana@")
    page.button(key=SAVE).click().run()
    page.text_input(key="form_email").set_value("ana@example.com")

    page.button(key=SAVE).click().run()

    assert page.success[0].value == "stored"
    assert stored(actor_of("stan"), "contact", 1)["email"] == "ana@example.com"


def test_a_stale_version_shows_both_values_and_mine_can_be_kept(form, actor_of):
    ana = make(actor_of("stan"), "contact", city="Porto")
    page = form("contact", record=ana)
    change(actor_of("mona"), "contact", ana, city="Lisbon")
    page.text_input(key="form_city").set_value("Berlin")

    page.button(key=SAVE).click().run()

    assert not page.exception
    shown = page.table[0].value.astype(str).to_string()
    assert "Berlin" in shown
    assert "Lisbon" in shown
    assert stored(actor_of("stan"), "contact", ana["id"])["city"] == "Lisbon"


def in_conflict(form, actor_of):
    """Stan typed a city and a job; Mona stored another city and a phone meanwhile. The page after Stan's first save."""
    ana = make(actor_of("stan"), "contact", city="Porto")
    page = form("contact", record=ana, fields=("name", "city", "job_title", "phone"))
    change(actor_of("mona"), "contact", ana, city="Lisbon", phone="+4533123456")
    page.text_input(key="form_city").set_value("Berlin")
    page.text_input(key="form_job_title").set_value("Cook")
    page.button(key=SAVE).click().run()
    return page, ana["id"]


def test_whoever_keeps_theirs_overwrites_only_what_they_changed(form, actor_of):
    page, record_id = in_conflict(form, actor_of)
    page.button(key="form_keep_mine").click().run()

    page.button(key=SAVE).click().run()

    after = stored(actor_of("stan"), "contact", record_id)
    assert page.success[0].value == "stored"
    assert (after["city"], after["job_title"], after["phone"]) == ("Berlin", "Cook", "+4533123456")


def test_whoever_takes_the_stored_values_keeps_the_rest_of_what_they_typed(form, actor_of):
    page, record_id = in_conflict(form, actor_of)
    page.button(key="form_take_theirs").click().run()
    shown = [page.text_input(key=f"form_{name}_1").value for name in ("city", "job_title", "phone")]

    page.button(key=SAVE).click().run()

    after = stored(actor_of("stan"), "contact", record_id)
    assert shown == ["Lisbon", "Cook", "+4533123456"]
    assert (after["city"], after["job_title"], after["phone"]) == ("Lisbon", "Cook", "+4533123456")


def test_a_third_change_after_the_decision_is_a_conflict_again(form, actor_of):
    page, record_id = in_conflict(form, actor_of)
    page.button(key="form_keep_mine").click().run()
    change(actor_of("mona"), "contact", stored(actor_of("mona"), "contact", record_id), city="Rome")

    page.button(key=SAVE).click().run()

    assert "Rome" in page.table[0].value.astype(str).to_string()
    assert stored(actor_of("stan"), "contact", record_id)["city"] == "Rome"


def test_a_viewer_who_sends_a_form_all_the_same_is_refused(form, actor_of):
    ana = make(actor_of("stan"), "contact", city="Porto")
    page = form("contact", record=ana, as_="vic")
    page.text_input(key="form_city").set_value("Berlin")

    page.button(key=SAVE).click().run()

    assert "You may not do this" in page.error[0].value
    assert page.text_input(key="form_city").value == "Berlin"
    assert stored(actor_of("stan"), "contact", ana["id"])["city"] == "Porto"
