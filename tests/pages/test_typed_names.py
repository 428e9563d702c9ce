"""A name that is typed where a record is to be chosen, as the form reads it; the hands are tried in the browser."""

import pytest

from crm.records import registry
from crm.records.records import create_record
from crm.ui.kit.form_names import doubles
from crm.ui.kit.inputs import NewName, may_make, read_input
from crm.work import unit_of_work
from tests.factories import make

FIRM = registry.entity("contact")["organisation_id"]


def read(actor, typed, *, making=True):
    return read_input(FIRM, typed, actor=actor, making=making)


@pytest.mark.parametrize("typed", ["Kavarna Kjær", "kavarna  kjær", "KAVARNA KJÆR", " Kavarna Kjær "])
def test_a_name_is_found_however_it_is_written(actor_of, typed):
    firm = make(actor_of("ada"), "organisation", name="Kavarna Kjær")
    make(actor_of("ada"), "organisation", name="Kavarna Kjær Holding")

    assert read(actor_of("ada"), typed) == (firm["id"], None)


@pytest.mark.parametrize("typed", ["kav", "Kavarna Kj", "kjæ", "rna"])
def test_the_beginning_of_a_name_takes_the_one_that_fits(actor_of, typed):
    firm = make(actor_of("ada"), "organisation", name="Kavarna Kjær")

    assert read(actor_of("ada"), typed) == (firm["id"], None)


@pytest.mark.parametrize("typed", ["Kjær Kavarna", "Kavarna", "kjær"])
def test_a_name_near_another_says_which(actor_of, typed):
    make(actor_of("ada"), "organisation", name="Kavarna Kjær")

    name, problem = read(actor_of("ada"), typed)

    assert (name, problem, name.like) == (typed, None, ("Kavarna Kjær",))


def test_a_name_of_nobody_is_a_new_one_only_for_those_who_may_make_it(actor_of):
    assert isinstance(read(actor_of("ada"), "Nova")[0], NewName)
    assert read(actor_of("ada"), "Nova", making=False)[1].message.startswith(
        "No organisation is called “Nova”"
    )
    assert read(actor_of("vic"), "Nova")[0] is None


def test_a_firm_of_another_team_is_not_given_away(actor_of):
    make(actor_of("sue"), "organisation", name="Secret Kavarna")

    name, _problem = read(actor_of("stan"), "Secret")

    assert (name, name.like) == ("Secret", ())


def test_only_what_needs_no_more_than_a_name_is_made_of_one(actor_of):
    ada = actor_of("ada")
    kinds = [card.name for card in registry.cards() if may_make(ada, card.name)]

    assert sorted(kinds) == ["category", "organisation"]
    for kind in kinds:
        with unit_of_work(ada) as work:
            assert create_record(work, kind, {registry.title_field(kind): "Nova"})["id"]


class TestDoubles:
    @pytest.fixture
    def told(self, actor_of, monkeypatch):
        """What a form of new contacts tells, by field; one form, so that saving again means it."""
        import streamlit as st

        monkeypatch.setattr(st, "session_state", {})

        def tell(who="ada", entity="contact", **values):
            return doubles(actor_of(who), registry.entity(entity), "form", values)

        return tell

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"email": "ANA@kavarna.example"}, "email"),
            ({"first_name": "ana", "last_name": "ZUPAN"}, "first_name"),
            ({"name": "Ana  Zupan"}, "name"),
        ],
    )
    def test_what_stands_already_is_told_once_with_the_way_there(self, told, actor_of, values, field):
        ana = make(actor_of("ada"), "contact", name="Ana Zupan", email="ana@kavarna.example")

        found = told(**values)

        assert list(found) == [field]
        assert f"[Ana Zupan](/contact?id={ana['id']}) stands already with this" in found[field]
        assert told(**values) == {}

    def test_another_value_is_asked_about_again(self, told, actor_of):
        make(actor_of("ada"), "contact", name="Ana", email="ana@kavarna.example")
        make(actor_of("ada"), "contact", name="Bo", email="bo@kavarna.example")

        assert told(email="ana@kavarna.example")
        assert told(email="bo@kavarna.example")
        assert told(email="cy@kavarna.example", first_name="Cy", last_name="") == {}

    def test_nobody_learns_of_a_colleagues_contact_that_they_may_not_see(self, told, actor_of):
        make(actor_of("sue"), "contact", name="Secret", email="s@far.example")

        assert told("stan", email="s@far.example", name="Secret") == {}

    def test_an_organisation_by_its_name_and_hostile_names_stay_words(self, told, actor_of):
        make(actor_of("ada"), "organisation", name="[x](http://evil.example)")

        found = told(entity="organisation", name="[x](http://evil.example)")

        assert r"[\[x\](" in found["name"]

    @pytest.mark.parametrize("entity", [card.name for card in registry.cards()])
    def test_every_kind_of_record_can_be_asked_about(self, told, entity):
        about = registry.entity(entity)

        assert told(entity=entity, **dict.fromkeys(about.keys, "Nobody")) == {}
