"""Reads that are remembered: whose they are, and of which function."""

import pytest
import streamlit as st

from crm.i18n import set_language
from crm.ui.kit.kept import Kept
from tests.factories import make

asked: list[tuple[str, int]] = []


def first(session, number):
    asked.append(("first", number))
    return f"first {number}"


def second(session, number):
    asked.append(("second", number))
    return f"second {number}"


@pytest.fixture(autouse=True)
def _nothing_kept():
    asked.clear()
    st.cache_data.clear()
    yield
    set_language("en")


def test_a_read_is_done_once_for_what_is_asked_and_again_when_it_is_cleared(actor_of):
    kept, ada = Kept(first), actor_of("ada")

    assert [kept(ada, 1), kept(ada, 1), kept(ada, number=2)] == ["first 1", "first 1", "first 2"]
    assert asked == [("first", 1), ("first", 2)]
    kept.clear()
    assert kept(ada, 1) == "first 1"
    assert asked[2:] == [("first", 1)]


def test_two_reads_of_the_same_question_are_kept_apart(actor_of):
    one, two, ada = Kept(first), Kept(second), actor_of("ada")

    assert (one(ada, 1), two(ada, 1), one(ada, 1)) == ("first 1", "second 1", "first 1")
    one.clear()
    assert two(ada, 1) == "second 1"
    assert asked == [("first", 1), ("second", 1)]


def test_who_sees_other_rows_or_reads_another_language_has_it_read_anew(actor_of):
    kept = Kept(first)
    for name in ("stan", "sue", "stan"):
        kept(actor_of(name), 1)
    set_language("da")
    kept(actor_of("stan"), 1)

    assert len(asked) == 3


def test_own_writes_show_at_once(actor_of):
    kept, stan = Kept(first), actor_of("stan")
    kept(stan, 1)

    make(stan, "task", title="Call")
    kept(stan, 1)

    assert len(asked) == 2
