"""Every card: its fields exist, its form gives back what it was given, and its generic screens hold to everybody's rights."""

import dataclasses
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from crm.records import records, registry
from crm.records.card import Card
from crm.records.fields import Kind
from crm.work import reading
from db.models import Category, Contact
from tests.factories import make
from tests.pages.grids import listed

GENERIC = [card.name for card in registry.cards() if card.menu]
#: Entities whose records are made beside others, or by the program.
BY_THE_WAY = {
    "campaign_arm", "campaign_member", "consent", "social_post", "deal_line", "failure", "part_change", "meter_reading",
    "equipment_event", "interaction", "case_step",
}  # fmt: skip
#: The others, whose records a person makes in a form, with what the test's record needs beside the usual.
FORMS = {card.name: {} for card in registry.cards() if card.form and card.name not in BY_THE_WAY} | {
    "maintenance_plan": {"name": "Yearly", "every_days": 365, "equipment_id": 1},
    "contract": {"equipment_id": 1},
}
#: Fields that stand in no form, and who fills them instead.
NOT_IN_FORMS = {
    "any": {"created_at", "changed_at", "archived_at"},
    "segment": {"kind", "counted", "counted_at"},  # the page fixes and counts
    "campaign": {"status"},  # the steps of the page
    "web_form": {"purposes"},  # the page's questions
    "deal": {"pipeline_id", "status", "loss_reason_id", "stage_since"},  # follow the stage; closing asks for the reason
    "deal_line": {"amount_minor", "currency", "owner_id", "team_id"},  # follow from the line and its deal
    "equipment": {"meter_at"},  # a reading
    "case": {
        "number", "status", "priority", "first_response_at", "resolved_at", "closed_at", "reopened", "response_due_at",
        "resolution_due_at", "resolution_breached_at", "satisfaction", "satisfaction_note",
    },  # the case's clock, moves and mail
    "work_order": {
        "number", "status", "done_on", "hours", "labour_minor", "parts_minor", "currency", "meter_value", "next_on",
    },  # finishing
    "task": {"done_at", "number"},  # ticking off
    "interaction": {"number"},  # imports
    "lead": set(),
    "social_post": {
        "number", "published_at", "weekday", "hour", "reach", "impressions", "engaged", "clicks", "likes", "comments",
        "shares", "interactions",
    },  # metrics
    "user": {"name", "email", "team_id", "manager_id", "job_title", "is_active", "role_id"},  # the screen People
    "campaign_arm": {"is_control", "share"},  # the card of arms
    "campaign_member": {
        "arm", "state", "sent_at", "responded_at", "response_by", "responded", "converted", "revenue_minor", "currency",
    },  # drawing and sending
    "meter_reading": {"source"},  # where it was entered
}  # fmt: skip


@pytest.mark.parametrize("part", ["list", "pill", "sort", "find", "add", "form", "more", "later", "facts"])
def test_a_card_that_names_no_field_fails_loudly(part):
    wrong = Card(model=Contact, **{part: "nickname"})

    with pytest.raises(ValueError, match=f"{part}: nickname"):
        registry.register(wrong)


def test_two_cards_of_one_name_and_a_field_asked_twice_fail_loudly():
    with pytest.raises(ValueError, match="two cards called category"):
        registry.register(Card(model=Category))
    with pytest.raises(ValueError, match="asks twice for name"):
        Card(model=Contact, form="name", more="name").check()


def test_every_field_stands_in_a_form_or_is_filled_by_something_named():
    missing = {}
    for card in registry.cards():
        fields = {f.name for f in registry.entity(card.name).fields}
        left = fields - set(card.names("form", "more", "later")) - NOT_IN_FORMS["any"]
        if left != NOT_IN_FORMS.get(card.name, set()):
            missing[card.name] = sorted(left ^ NOT_IN_FORMS.get(card.name, set()))
    assert not missing


def test_parents_stand_before_what_links_to_them():
    names = registry.names()
    late = [
        (name, field.link)
        for name in names
        for field in registry.entity(name).fields
        if field.link in names and names.index(field.link) > names.index(name)
    ]
    assert not late


def bare(actor, entity, record):
    import streamlit as st

    from crm.ui.kit.forms import record_form

    if record_form(actor, entity, key="form", record=record):
        st.success("stored")


@pytest.mark.parametrize("entity", FORMS)
def test_a_form_gives_back_what_it_was_given(actor_of, entity):
    ada = actor_of("ada")
    if "equipment_id" in FORMS[entity]:
        make(ada, "equipment")
    record = make(ada, entity, **FORMS[entity])
    page = AppTest.from_function(
        bare, kwargs={"actor": ada, "entity": entity, "record": record}, default_timeout=30
    ).run()

    page.button(key="FormSubmitter:form_form-Save").click().run()

    assert not page.exception
    assert [s.value for s in page.success] == ["stored"]
    with reading(ada) as session:
        assert records.get_record(session, entity, record["id"]) == record


def test_a_form_marks_personal_data_and_takes_help_and_labels_literally(actor_of):
    page = AppTest.from_function(
        bare, kwargs={"actor": actor_of("ada"), "entity": "contact", "record": None}, default_timeout=30
    ).run()

    marked = {i.key.removeprefix("form_") for i in page.text_input if "shield_person" in i.label}
    personal = {f.name for f in registry.entity("contact").fields if f.personal and f.kind is not Kind.DATE}

    assert {"first_name", "last_name", "email", "phone"} <= marked <= personal


def titles(entity):
    return registry.title_field(entity)


@pytest.mark.parametrize("entity", GENERIC)
def test_a_generic_list_shows_its_records(open_page, actor_of, entity):
    made, card = make(actor_of("ada"), entity), registry.card(entity)

    page = open_page(card.screen)

    assert not page.exception
    assert list(listed(page)[0][titles(entity)]) == [made[titles(entity)]]
    assert f"{card.screen}_new" in {b.key for b in page.button}


@pytest.mark.parametrize("entity", GENERIC)
def test_an_empty_generic_list_says_what_belongs_there(open_page, entity):
    page = open_page(registry.card(entity).screen)

    assert not page.exception
    assert any(registry.card(entity).empty in text.value for text in page.caption)


@pytest.mark.parametrize("entity", GENERIC)
def test_a_generic_screen_is_not_for_those_without_a_session_or_right(
    open_page, actor_of, entity, monkeypatch
):
    made, card = make(actor_of("ada"), entity), registry.card(entity)
    for screen in (card.screen, card.page):
        page = open_page(screen, as_=None, id=made["id"])
        assert [title.value for title in page.title] == ["You are signed out"]
        assert not listed(page)

    from crm.access import roles

    monkeypatch.setattr(roles, "default_grants", lambda _role: {("task", "read"): "all"})
    monkeypatch.setattr(
        roles, "_effective", roles._effective.__wrapped__
    )  # what is remembered stays true afterwards
    for screen in (card.screen, card.page):
        page = open_page(screen, as_="vic", id=made["id"])
        assert any("does not open this screen" in e.value for e in page.error)
        assert not listed(page)


@pytest.mark.parametrize("entity", GENERIC)
@pytest.mark.parametrize("tab", ["", "changes", "details"])
def test_a_generic_page_shows_the_record(open_page, actor_of, entity, tab):
    made = make(actor_of("ada"), entity)

    page = open_page(registry.card(entity).page, id=made["id"], tab=tab)

    assert not page.exception
    # The pill of a card stands behind the name.
    assert page.title[0].value.partition(" :small[")[0] == made[titles(entity)]
    assert "record_edit" in {b.key for b in page.button}


@pytest.mark.parametrize("entity", GENERIC)
def test_a_generic_page_of_no_record_says_so(open_page, entity):
    page = open_page(registry.card(entity).page, id=999)

    assert not page.exception
    assert page.error


def test_an_order_lists_its_lines_and_a_category_what_is_in_it(open_page, actor_of):
    ada = actor_of("ada")
    order = make(ada, "order")
    make(ada, "order_line", order_id=order["id"])
    category = make(ada, "category")
    make(ada, "product", category_id=category["id"])
    make(ada, "category", name="Burrs", parent_id=category["id"])

    lines = open_page("order", id=order["id"])
    products = open_page("category", id=category["id"], tab="product")
    below = open_page("category", id=category["id"])

    assert not lines.exception
    assert list(listed(lines)[0]["amount_minor"]) == ["€1,235"]
    assert list(listed(products)[0]["name"]) == ["Duo 3"]
    assert list(listed(below)[0]["name"]) == ["Burrs"]


def test_an_order_of_another_team_is_nobodys_business(open_page, actor_of):
    order = make(actor_of("sue"), "order", number="QUIBBLE-1")

    page = open_page("order", as_="stan", id=order["id"])

    assert not page.exception
    assert "QUIBBLE" not in str(page._tree)


def test_a_viewer_finds_no_button_that_writes_on_a_generic_page(open_page, actor_of):
    order = make(actor_of("stan"), "order")
    make(actor_of("stan"), "order_line", order_id=order["id"])

    page = open_page("order", as_="vic", id=order["id"])

    assert len(listed(page)[0]) == 1
    assert not {b.key for b in page.button} & {"record_edit", "beside_order_line_new"}


def test_a_card_cannot_be_changed_afterwards():
    with pytest.raises(dataclasses.FrozenInstanceError):
        registry.card("contact").form = "name"


@pytest.mark.parametrize(
    ("entity", "name", "mine", "theirs"),
    [
        ("campaign", "expected_response", 0.012, 0.014),
        ("case", "opened_at", datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 11, 20, 15, tzinfo=UTC)),
        ("product", "name", "Duo 3", "Duo 4"),
    ],
)
def test_two_values_of_a_conflict_never_read_alike(sqlite_database, entity, name, mine, theirs):
    from crm.ui.kit.forms import _apart

    one, other = _apart(registry.entity(entity)[name], mine, theirs, "EUR")

    assert one != other
