"""The screens of web forms: the list, one form with its answers, and its questions."""

from datetime import timedelta

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from crm.campaigns.forms import forms
from crm.records.records import get_record
from crm.ui.messages.form_questions import question_frame, questions
from crm.work import reading
from tests.factories import change, make


@pytest.fixture
def ask_us(actor_of, monkeypatch):
    """Stan's form with one answer that became a lead."""
    made = make(actor_of("stan"), "web_form", title="Ask *us*", purposes=["offers"], review="nothing")
    monkeypatch.setattr(forms, "LEAST_TIME", timedelta(0))
    form = forms.public_form("ask-us")
    sent = {"name": "![x](http://evil.example) Eva", "email": "eva@example.com", "message": "Two grinders"}
    forms.receive(
        form, token=forms.new_token(form), sent=sent, ticked=set(), trap="", address="1.2.3.4"
    )  # fmt: skip
    return made


def metrics(app):
    return {m.label: m.value for m in app.metric}


def test_the_list_counts_answers_and_links_to_each_form(open_page, actor_of, ask_us):
    make(actor_of("stan"), "web_form", name="Repair", slug="repair", kind="service", is_active=False)

    app = open_page("web_forms", as_="stan")

    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["name"]) == ["Ask us", "Repair"]
    assert list(table["answers"]) == [1, 0]
    assert [list(state) for state in table["state"]] == [["Active"], ["Closed"]]
    assert table["address"].iloc[0].endswith("/forms/ask-us")


def test_without_forms_the_list_says_what_they_are_for(open_page):
    app = open_page("web_forms", as_="stan")

    assert any("No web forms yet" in m.value for m in app.markdown)
    assert not app.dataframe


def test_archived_forms_stand_behind_a_switch(open_page, actor_of, ask_us):
    from crm.records.records import archive_record
    from crm.work import unit_of_work

    with unit_of_work(actor_of("stan")) as work:
        archive_record(work, "web_form", ask_us["id"], seen_version=ask_us["version"])

    app = open_page("web_forms", as_="stan", web_forms_archived="true")

    assert list(app.dataframe[0].value["name"]) == ["Ask us"]


def test_a_form_shows_what_became_of_its_answers(open_page, ask_us):
    app = open_page("web_form", as_="stan", id=ask_us["id"])

    assert not app.exception
    assert metrics(app)["Answers"] == "1"
    assert metrics(app)["Leads"] == "1"
    row = app.dataframe[0].value.iloc[0]
    assert row["became"] == "Lead ![x](http://evil.example) Eva"
    assert row["message"] == "Two grinders"
    assert app.code[0].value.endswith("/forms/ask-us")


def test_a_service_form_counts_cases(open_page, actor_of):
    made = make(actor_of("stan"), "web_form", name="Repair", slug="repair", kind="service")

    app = open_page("web_form", as_="stan", id=made["id"])

    assert metrics(app)["Cases"] == "0"
    assert any("No answers yet" in m.value for m in app.markdown)


def test_a_closed_form_says_so(open_page, actor_of, ask_us):
    change(actor_of("stan"), "web_form", ask_us, is_active=False)

    app = open_page("web_form", as_="stan", id=ask_us["id"])

    assert any("The form is closed" in c.value for c in app.caption)


def test_another_teams_form_is_not_shown(open_page, ask_us):
    app = open_page("web_form", as_="sue", id=ask_us["id"])

    assert any("not yours to see" in e.value for e in app.error)
    assert not app.dataframe
    assert not open_page("web_forms", as_="sue").dataframe


def test_nobody_sees_nothing(open_page, ask_us):
    assert not open_page("web_forms", as_=None).dataframe
    assert not open_page("web_form", as_=None, id=ask_us["id"]).dataframe


def test_a_viewer_reads_the_questions_and_cannot_save(open_page, ask_us):
    app = open_page("web_form", as_="vic", id=ask_us["id"], web_form_view="Questions")

    assert not app.exception
    assert [b.label for b in app.button if b.label in ("Edit", "Save questions")] == []
    assert list(app.dataframe[0].value["name"]) == ["name", "email", "phone", "company", "message"]


def test_consents_are_saved_with_the_questions(open_page, actor_of, ask_us):
    app = open_page("web_form", as_="stan", id=ask_us["id"], web_form_view="Questions")

    app.multiselect[0].set_value(["events"])
    next(b for b in app.button if b.label == "Save questions").click()
    app.run()

    assert not app.exception
    with reading(actor_of("stan")) as session:
        assert get_record(session, "web_form", ask_us["id"])["purposes"] == ["events"]


def bare(actor):
    import streamlit as st

    from crm.ui.kit.forms import record_form

    if record_form(actor, "web_form", key="form"):
        st.success("stored")


@pytest.mark.parametrize(
    ("slug", "said"), [("ask-us", "Another form has the address"), ("Über uns", "small letters")]
)
def test_an_address_that_cannot_be_is_told_at_its_field(actor_of, ask_us, slug, said):
    # A drawer runs by itself, which AppTest cannot do; its form is shown on a bare page here.
    page = AppTest.from_function(bare, kwargs={"actor": actor_of("stan")}, default_timeout=30).run()

    page.text_input(key="form_name").input("Another")
    page.text_input(key="form_slug").input(slug)
    page.button(key="FormSubmitter:form_form-Save").click().run()

    assert not page.exception
    assert any(said in c.value for c in page.caption)
    assert not page.success


def test_edited_rows_become_questions_in_the_order_of_their_places():
    stored = [
        {"name": "name", "label": "Name", "kind": "text", "required": True, "choices": []},
        {"name": "cups", "label": "Cups", "kind": "choice", "required": False, "choices": ["1", "2 or more"]},
    ]
    frame = question_frame(stored)
    assert questions(frame) == stored

    added = pd.DataFrame(
        [
            {"place": 1.5, "label": "E-mail", "name": " EMAIL ", "kind": "E-mail", "required": True, "choices": None},
            {"place": None, "label": "Last", "name": "last", "kind": None, "required": None, "choices": None},
            {"place": 9, "label": None, "name": None, "kind": None, "required": None, "choices": None},
        ]
    )  # fmt: skip
    edited = questions(pd.concat([frame, added], ignore_index=True))

    assert [field["name"] for field in edited] == ["name", "email", "cups", "last"]
    assert [field["kind"] for field in edited] == ["text", "email", "choice", "text"]
