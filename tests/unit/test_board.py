"""The board's payload and its memory of answered moves, without a browser."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from crm.errors import Conflict
from crm.ui.kit.board import BoardCard, BoardColumn, default_labels, payload
from crm.ui.kit.board_moves import Acks, Move, new_acks, parse_move, settle


def sent(op: str, acks: Acks, **changes: Any) -> dict[str, Any]:
    return {
        "op": op,
        "session": acks["session"],
        "id": 7,
        "from": "lead",
        "to": "offer",
        "before": None,
        "version": 3,
        **changes,
    }


def card(number: int, **changes: Any) -> BoardCard:
    values: dict[str, Any] = {
        "id": number,
        "title": "Kaffi & Korn",
        "subtitle": "Two shops",
        "amount_minor": 3_400_000,
        "currency": "EUR",
        "weighted_minor": 340_000,
        "due": "7 Feb",
        "initials": "AV",
        "owner": "Ana Vidal",
        "version": 2,
    }
    return BoardCard(**values | changes)


def column(*cards: BoardCard) -> BoardColumn:
    return BoardColumn("lead", "Lead", len(cards), 3_400_000, 340_000, 0.1, "open", cards)


def board_of(*cards: BoardCard, acks: Acks | None = None) -> dict[str, Any]:
    return payload(
        [column(*cards)],
        acks=acks or Acks(session="s", done=[], refused={}, opened=""),
        currency="EUR",
        locale="en_GB",
        labels=default_labels(),
        reorder=False,
        can_open=True,
        can_more=False,
    )


def test_moves_are_done_in_the_order_sent() -> None:
    acks, done = new_acks(), []

    settle(acks, [sent("a", acks), sent("b", acks, id=8)], done.append)

    assert done == [Move("a", 7, "lead", "offer", None, 3), Move("b", 8, "lead", "offer", None, 3)]
    assert acks["done"] == ["a", "b"]


def test_a_repeated_move_is_not_done_again() -> None:
    acks, done = new_acks(), []
    settle(acks, [sent("a", acks)], done.append)

    tried = settle(acks, [sent("a", acks), sent("b", acks)], done.append)

    assert tried
    assert [move.op for move in done] == ["a", "b"]
    assert not settle(acks, [sent("a", acks), sent("b", acks)], done.append)


def test_a_refusal_keeps_its_message_and_lets_the_next_move_through() -> None:
    acks, done = new_acks(), []

    def save(move: Move) -> None:
        if move.op == "a":
            raise Conflict("Someone else was first.")
        done.append(move.op)

    settle(acks, [sent("a", acks), sent("b", acks)], save)

    assert (acks["done"], acks["refused"], done) == (["a", "b"], {"a": "Someone else was first."}, ["b"])


def test_a_bug_in_saving_is_logged_and_told_in_general_words(caplog: pytest.LogCaptureFixture) -> None:
    acks = new_acks()

    def save(move: Move) -> None:
        raise ZeroDivisionError("secret detail")

    with caplog.at_level(logging.ERROR):
        settle(acks, [sent("a", acks)], save)

    assert acks["done"] == ["a"]
    assert "secret" not in acks["refused"]["a"]
    assert "ZeroDivisionError" in caplog.text


def test_a_run_broken_off_inside_a_move_leaves_it_open() -> None:
    class BrokenOff(BaseException):
        pass

    acks, done = new_acks(), []

    def save(move: Move) -> None:
        if move.op == "b" and not done[1:]:
            done.append("tried")
            raise BrokenOff
        done.append(move.op)

    with pytest.raises(BrokenOff):
        settle(acks, [sent("a", acks), sent("b", acks)], save)
    assert acks["done"] == ["a"]

    settle(acks, [sent("a", acks), sent("b", acks)], save)

    assert done == ["a", "tried", "b"]


def test_fifty_answers_are_remembered_and_never_fewer_than_the_outbox_holds() -> None:
    acks = new_acks()

    settle(acks, [sent(f"old{n}", acks) for n in range(70)], lambda move: None)
    held = list(acks["done"])
    settle(acks, [sent("new", acks)], lambda move: None)

    assert len(held) == 70
    assert acks["done"] == [*(f"old{n}" for n in range(21, 70)), "new"]


def test_a_forgotten_answer_takes_its_refusal_along() -> None:
    acks = new_acks()

    def refuse(move: Move) -> None:
        raise Conflict(move.op)

    for n in range(60):
        settle(acks, [sent(f"op{n}", acks)], refuse)

    assert list(acks["refused"]) == acks["done"] == [f"op{n}" for n in range(10, 60)]


def test_an_outbox_left_from_before_a_restart_is_not_done() -> None:
    before, after = new_acks(), new_acks()

    assert not settle(after, [sent("a", before)], lambda move: pytest.fail("done again"))


@pytest.mark.parametrize(
    "change",
    [
        {"id": "7"},
        {"id": True},
        {"version": None},
        {"version": 1.5},
        {"before": "x"},
        {"op": ""},
        {"op": "x" * 65},
        {"op": 3},
        {"from": None},
        {"to": ["offer"]},
        {"to": ""},
        {"session": "other"},
    ],
)
def test_what_a_browser_may_not_send_is_no_move(change: dict[str, Any]) -> None:
    acks = new_acks()

    assert parse_move({**sent("a", acks), **change}, session=acks["session"]) is None


@pytest.mark.parametrize("outbox", [None, "x", {}, [None], [[]], [{}]])
def test_a_malformed_outbox_counts_as_empty(outbox: object) -> None:
    assert not settle(new_acks(), outbox, lambda move: pytest.fail("done"))


def test_equal_boards_give_equal_payloads() -> None:
    assert json.dumps(board_of(card(1), card(2))) == json.dumps(board_of(card(1), card(2)))


def test_a_card_says_rare_things_only_when_they_are_so() -> None:
    plain, rare = board_of(card(1), card(2, flag="Stalled", movable=False))["columns"][0]["cards"]

    assert not {"flag", "tone", "fixed"} & plain.keys()
    assert (rare["flag"], rare["tone"], rare["fixed"]) == ("Stalled", "gray", True)


def test_a_locale_becomes_a_language_tag() -> None:
    assert board_of()["locale"] == "en-GB"


def test_six_full_columns_stay_below_sixty_kilobytes() -> None:
    full = board_of(*(card(n) for n in range(50)))["columns"][0]

    assert 6 * len(json.dumps(full)) < 60_000


def test_the_browser_gets_every_card_that_was_asked_for():
    sent_cards = board_of(*(card(n) for n in range(60)))["columns"][0]["cards"]

    assert [one["id"] for one in sent_cards] == list(range(60))
