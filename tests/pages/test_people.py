"""The screen People, and how texts that people typed are repeated."""

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from crm.access import users
from crm.access.actors import find_actor
from crm.errors import Refused
from crm.records.records import create_record
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Task, User


def test_an_administrator_sees_everybody(open_page):
    page = open_page("people")

    assert not page.exception
    assert page.title[0].value.startswith("People")
    assert list(page.dataframe[0].value["name"]) == ["Ada", "Mona", "Stan", "Sue", "Vic"]


def test_nobody_sees_anything_without_a_session(open_page):
    page = open_page("people", as_=None)

    assert [title.value for title in page.title] == ["You are signed out"]
    assert not page.dataframe
    assert not page.selectbox


def test_staff_are_refused(open_page):
    page = open_page("people", as_="stan")

    assert not page.exception
    assert not page.dataframe
    assert "Your role does not open this screen" in page.error[0].value


def test_a_user_moves_to_another_team(open_page, house, actor_of):
    page = open_page("people")
    page.selectbox(key="people_user").select(house["stan"]).run()

    page.selectbox(key=f"people_user_{house['stan']}_team").select(actor_of("sue").teams[0])
    page.button(key=f"FormSubmitter:people_user_{house['stan']}-Save").click().run()

    assert not page.exception
    assert actor_of("stan").teams == actor_of("sue").teams


def test_the_last_administrator_stays(open_page, house, actor_of):
    page = open_page("people")
    page.selectbox(key="people_user").select(house["ada"]).run()

    page.toggle(key=f"people_user_{house['ada']}_active").set_value(False)
    page.button(key=f"FormSubmitter:people_user_{house['ada']}-Save").click().run()

    assert "Somebody must stay administrator" in page.error[0].value
    assert actor_of("ada").role == "administrator"


def test_the_rights_of_a_role_are_shown(open_page):
    page = open_page("people")

    page.segmented_control(key="people_view").select("rights").run()

    assert not page.exception
    assert page.selectbox(key="people_role").value is not None


def test_a_team_is_added_and_renamed(open_page, actor_of):
    page = open_page("people")
    page.segmented_control(key="people_view").select("teams").run()

    page.text_input(key="people_team_0_name").input("West")
    page.button(key="FormSubmitter:people_team_0_form-Save").click().run()

    assert not page.exception
    assert "West" in list(page.dataframe[0].value["name"])

    team = actor_of("stan").teams[0]
    page.selectbox(key="people_team_id").select(team).run()
    page.text_input(key=f"people_team_{team}_name").input("Northwest")
    page.button(key=f"FormSubmitter:people_team_{team}_form-Save").click().run()

    assert sorted(page.dataframe[0].value["name"]) == ["Northwest", "South", "West"]


def test_a_name_is_told_as_it_stands_and_never_as_a_picture_or_link(open_page):
    page = open_page("people")
    page.segmented_control(key="people_view").select("teams").run()

    page.text_input(key="people_team_0_name").input("![x](http://pixel.example) $a$")
    page.button(key="FormSubmitter:people_team_0_form-Save").click().run()

    assert page.toast[0].value == r"Team !\[x\](http:/:small[]/pixel.example) \$a\$ is stored."


def test_a_problem_repeats_a_value_as_it_stands():
    app = AppTest.from_function(refuse).run()

    assert app.error[0].value.split("\n") == [r"No \<b> \`x\`", r"- Bad \[a\](b)", r"- Worse \_c\_"]


def refuse():
    from crm.errors import Problem, Refused
    from crm.ui.frame.guard import show

    show(Refused("No <b> `x`", problems=[Problem("a", "Bad [a](b)"), Problem("b", "Worse _c_")]))


def test_a_role_of_ones_own_begins_without_rights(open_page):
    page = open_page("people")
    page.segmented_control(key="people_view").select("rights").run()
    page.text_input(key="people_role_name").input("Partner")
    page.button(key="FormSubmitter:people_role_new-Add role").click().run()

    assert not page.exception
    assert "Partner" in page.selectbox(key="people_role").options


def test_what_a_leaver_has_is_told_handed_over_and_taken_back(open_page, house, actor_of):
    with unit_of_work(actor_of("stan")) as work:
        task = int(create_record(work, "task", {"title": "Call", "due_on": date(2026, 3, 11)})["id"])
    page = open_page("people")

    page.selectbox(key="people_user").select(house["stan"]).run()
    page.selectbox(key=f"people_hand_over_{house['stan']}_to").select(house["sue"]).run()
    page.button(key=f"people_hand_over_{house['stan']}_do").click().run()

    assert not page.exception
    with reading(SYSTEM) as session:
        assert session.get(Task, task).owner_id == house["sue"]
    page.button(key=f"people_handed_{house['stan']}_undo").click().run()
    with reading(SYSTEM) as session:
        assert session.get(Task, task).owner_id == house["stan"]


def test_people_get_a_manager(open_page, house):
    page = open_page("people")
    page.selectbox(key="people_user").select(house["stan"]).run()

    page.selectbox(key=f"people_user_{house['stan']}_manager").select(house["mona"])
    page.button(key=f"FormSubmitter:people_user_{house['stan']}-Save").click().run()

    assert not page.exception
    with reading(SYSTEM) as session:
        assert session.get(User, house["stan"]).manager_id == house["mona"]


def test_formats_chosen_for_oneself_hold_from_the_next_click(house):
    users.change_own_language(house["stan"], language="en", formats="en_DE")
    actor = find_actor(house["stan"])
    assert (actor.language, actor.formats) == ("en", "en_DE")

    for language, formats in (("cs", ""), ("en", "xx_YY")):  # not translated, no way to write anything
        with pytest.raises(Refused):
            users.change_own_language(house["stan"], language=language, formats=formats)
