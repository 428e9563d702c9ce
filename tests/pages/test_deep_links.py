"""A deep link shows a record to whoever may see it, and to nobody else so much as its name."""

from time import monotonic

import pytest

from crm.ui.frame import routes
from tests.factories import make

RECORDS = {
    "contact": ("contact", {"name": "Zoltan Quibbleworth"}),
    "organisation": ("organisation", {"name": "Quibbleworth Holding"}),
    "deal": ("deal", {"title": "Quibbleworth machines"}),
    "case": ("case", {"subject": "Quibbleworth leaks"}),
    "equipment": ("equipment", {"serial": "QUIBBLEWORTH-1", "name": "Quibbleworth One"}),
    "work_order": ("work_order", {"title": "Visit Quibbleworth"}),
    "campaign": ("campaign", {"name": "Quibbleworth autumn"}),
    "segment": ("segment", {"name": "Quibbleworth people"}),
    "template": ("message_template", {"name": "Quibbleworth letter"}),
    "web_form": ("web_form", {"name": "Quibbleworth asks", "slug": "quibble"}),
}


def everything(app):
    """All text that reached the browser, titles, tables and labels included."""
    return str(app._tree) + " ".join(str(e.proto) for e in app.main)


@pytest.mark.parametrize("screen", RECORDS)
@pytest.mark.parametrize(
    ("name", "may"),
    [("ada", True), ("mona", True), ("sue", True), ("stan", False), ("vic", False), (None, False)],
)
def test_a_deep_link_reaches_only_who_may_see_the_record(open_page, actor_of, screen, name, may):
    entity, values = RECORDS[screen]
    record = make(actor_of("sue"), entity, **values)

    app = open_page(screen, as_=name, id=record["id"])

    assert not app.exception
    assert ("Quibbleworth" in everything(app)) is may


LISTS = (
    "contacts", "organisations", "pipeline", "sales", "my_day", "cases", "equipment_list", "contracts", "maintenance_plans",
    "work_orders", "wear",
    "service", "campaigns", "segments", "templates", "web_forms", "social", "marketing",
)  # fmt: skip


@pytest.mark.parametrize("screen", LISTS)
@pytest.mark.parametrize(("name", "may"), [("stan", False), ("vic", False), (None, False)])
def test_no_list_or_dashboard_names_another_teams_record(open_page, actor_of, screen, name, may):
    for entity, values in RECORDS.values():
        make(actor_of("sue"), entity, **values)

    app = open_page(screen, as_=name)

    assert not app.exception
    assert ("Quibbleworth" in everything(app)) is may


@pytest.mark.parametrize("screen", ["people", "settings", "import_data", "imports"])
@pytest.mark.parametrize("name", ["stan", "vic"])
def test_administration_is_refused_by_its_address_too(open_page, screen, name):
    app = open_page(screen, as_=name)

    assert not app.exception
    assert any("does not open this screen" in e.value for e in app.error)


def test_a_change_of_screen_that_another_run_undid_takes_place(open_page, actor_of, monkeypatch):
    record = {"id": str(make(actor_of("stan"), "contact", name="Zoe Quibble")["id"])}
    page = open_page("contacts", as_="stan")

    monkeypatch.setattr(routes, "is_overtaken", lambda here: here == "contacts")
    page.session_state[routes.GOING] = routes.Going("contacts", "contact", record, monotonic())
    page.run()

    assert page.query_params == record
    assert "Zoe Quibble" in everything(page)


@pytest.mark.parametrize(
    ("name", "ago", "here", "overtaken"),
    [("contact", 0, "contacts", False), ("contact", 60, "contacts", True), ("contact", 0, "tasks", True)],
)
def test_a_person_who_went_back_stays_there(open_page, monkeypatch, name, ago, here, overtaken):
    page = open_page("contacts", as_="stan")

    monkeypatch.setattr(routes, "is_overtaken", lambda here: overtaken)
    page.session_state[routes.GOING] = routes.Going(here, name, {"id": "7"}, monotonic() - ago)
    page.run()

    assert page.title[0].value == "Contacts"
    assert routes.GOING not in page.session_state
