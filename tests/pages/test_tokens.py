"""The screen API tokens: made and shown once, listed, revoked after a second click; others' for who keeps users."""

import pytest
from sqlalchemy import select

from crm.access.sessions import hash_of
from crm.access.tokens import tokens
from crm.work import SYSTEM, reading, unit_of_work
from db.models import ApiToken


@pytest.fixture
def given(actor_of):
    def give(who, **more):
        with unit_of_work(actor_of(who)) as work:
            return tokens.make_token(work, **{"name": f"{who} sync", **more})

    return give


def said(page):
    return " ".join(text.value for kind in (page.markdown, page.caption) for text in kind)


def test_nobody_sees_anything_without_a_session(open_page, given):
    given("stan")

    page = open_page("tokens", as_=None)

    assert [title.value for title in page.title] == ["You are signed out"]
    assert "sync" not in said(page)


def test_there_is_none_yet(open_page):
    page = open_page("tokens", as_="vic")

    assert not page.exception
    assert "No token in use" in said(page)


def test_a_token_is_made_shown_once_and_kept_as_a_hash(open_page, actor_of):
    page = open_page("tokens", as_="stan")
    page.text_input(key="tokens_name").input("Web shop")
    page.multiselect(key="tokens_only").select("contact")
    page.button(key="FormSubmitter:tokens_form-Make token").click().run()

    assert not page.exception
    token = page.code[0].value
    with reading(SYSTEM) as session:
        row = session.scalars(select(ApiToken)).one()
    assert (row.token_hash, row.name, row.may_write, row.entities) == (
        hash_of(token),
        "Web shop",
        False,
        ["contact"],
    )
    assert (row.expires_at - row.made_at).days == 90
    assert token not in repr(page.session_state)
    again = open_page("tokens", as_="stan")
    assert token[8:14] in said(again).replace("\\", "")
    assert token not in str(again._tree)
    assert "Reads only: Contacts" in said(again)


def test_what_is_wrong_is_said_and_nothing_made(open_page):
    page = open_page("tokens", as_="stan")
    page.button(key="FormSubmitter:tokens_form-Make token").click().run()

    assert "Say what the token is for" in page.error[0].value
    assert not page.code


def test_a_token_is_revoked_by_its_person(open_page, given):
    token_id, token = given("stan")
    page = open_page("tokens", as_="stan")

    page.button(key=f"token_{token_id}_revoke").click().run()

    assert not page.exception
    assert not tokens.is_live(hash_of(token))
    assert "No token in use" in said(page)


def test_others_are_seen_and_revoked_by_who_keeps_users_only(open_page, given):
    token_id, token = given("mona")
    assert "mona sync" not in said(open_page("tokens", as_="stan"))
    assert "mona sync" not in said(open_page("tokens"))

    page = open_page("tokens")
    page.segmented_control(key="tokens_view").select("all").run()
    assert "mona sync" in said(page)
    page.button(key=f"token_{token_id}_revoke").click().run()

    assert not tokens.is_live(hash_of(token))


def test_a_name_is_shown_as_it_stands(open_page, given):
    given("stan", name="![x](http://pixel.example)")

    assert r"\!\[x\]" in said(open_page("tokens", as_="stan")) or r"!\[x\]" in said(
        open_page("tokens", as_="stan")
    )
