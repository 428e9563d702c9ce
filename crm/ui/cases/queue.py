"""A queue to work through: the cases beside the one that is read, walked and answered by keys."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import cast

import streamlit as st

from crm.clock import now
from crm.i18n import _, ngettext
from crm.records import registry
from crm.service.case_queue import US, Waiting, waiting
from crm.service.cases.board import Whose
from crm.service.cases.news import mark_read
from crm.service.cases.queries import read_case
from crm.ui.cases import side as case_side
from crm.ui.cases.box import show_box, show_company
from crm.ui.cases.head import buttons, line, show_strip
from crm.ui.cases.thread import show_thread, shown_messages
from crm.ui.cases.words import moment_words, news_word, priority_tag, promise_words, status_tag
from crm.ui.frame import routes
from crm.ui.frame.guard import show_refused, showing_problems
from crm.ui.kit import look
from crm.ui.kit.grid import Column, Row, grid
from crm.ui.records.list_bulk import bulk_actions, bulk_bar, undo_bar
from crm.work import Actor, reading, unit_of_work

PAGE = "cases_queue"
#: The case that is read, in the address.
OPENED = "cases_queue_case"
_TONES = {look.BAD: "red", look.WATCH: "orange", look.QUIET: "gray", look.GOOD: "green"}
_keys = st.components.v2.component(
    "rapport_queue", html="<span></span>", js=(Path(__file__).parent / "queue.js").read_text("utf-8")
)


def show_queue(actor: Actor) -> None:
    """Mine and what waits in my teams' queues, the most urgent first, with the chosen case beside it."""
    show_refused()
    moment = now()
    whose = {"own": _("Mine and nobody's"), "mine": _("Mine"), "free": _("Nobody's"), "team": _("Team")}
    only = {"waits": _("Waits for us"), "late": _("Late"), "unread": _("Unread")}
    with look.toolbar():
        chosen = look.switch(_("Whose"), whose, key="cases_queue_whose")
        wanted = look.filters(_("Only"), only, key="cases_queue_only")
    opened = _asked()
    with reading(actor) as session:
        found = waiting(session, moment, whose=cast("Whose", chosen))
    kept = [one for one in found if one.card.id == opened or _fits(one, wanted)]
    panes = st.grid(3, min_column_width=300, gap="small")
    with panes.cell(), st.container(gap="xsmall"):
        opened = _list(actor, kept, opened, moment, narrowed=bool(wanted) or len(found) > len(kept))
    with panes.cell(column_span=2), st.container(key="queue_case", gap="small"):
        if opened is not None:
            with showing_problems():
                _case(actor, opened, next((one for one in kept if one.card.id == opened), None), moment)
        elif kept:
            look.empty(
                _("Choose a case"),
                _("J opens the next one and K the one before; R goes to the answer. A click opens one, too."),
                key="cases_queue_choose",
            )
    undo_bar(actor, "case", PAGE)


def _asked() -> int | None:
    text = st.query_params.get(OPENED, "")
    return int(text) if text.isdecimal() and len(text) < 16 else None


def _fits(one: Waiting, wanted: list[str]) -> bool:
    is_so = {"waits": one.waits_for_us, "late": one.card.flag == "late", "unread": bool(one.news)}
    return all(is_so[name] for name in wanted)


def _list(
    actor: Actor, kept: list[Waiting], opened: int | None, moment: datetime, *, narrowed: bool
) -> int | None:
    """The cases, and the keys that walk them; the one to show."""
    waits = sum(1 for one in kept if one.waits_for_us)
    note = ngettext("{n} waits for us", "{n} wait for us", waits).format(n=waits)
    look.section(_("Who waits for an answer?"), f"{note}. {_('Most urgent first; a dot: not read yet.')}")
    if not kept:
        if narrowed:
            look.empty(_("Nothing matches"), _("Take a pill away to see the rest."), key="cases_queue_narrow")
        else:
            look.empty(
                _("Nothing waits for you"),
                _("Your open cases stand here, and those in your team's queues that nobody has taken."),
                key="cases_queue_none",
            )
        return opened
    ids = [one.card.id for one in kept]
    place = ids.index(opened) if opened in ids else -1
    with st.container(horizontal=True, gap="xsmall"):
        for text, key, to, icon in (
            (_("Next"), "J", place + 1, "arrow_downward"),
            (_("Before"), "K", place - 1, "arrow_upward"),
        ):
            st.button(
                text, key=f"queue_{key.lower()}", icon=f":material/{icon}:", shortcut=key,
                disabled=not 0 <= to < len(ids), on_click=_open, args=(ids[max(0, min(to, len(ids) - 1))],),
            )  # fmt: skip
    about = registry.entity("case")
    answer = grid(
        f"{PAGE}_list",
        [
            Column("subject", _("Subject")),
            Column("state", _("State"), kind="chips"),
            Column("customer", _("Customer")),
            Column("words", _("Last words")),
        ],
        [_row(one, one.card.id == opened, moment) for one in kept],
        label=_("Cases that wait"),
        total=len(kept),
        pick=bool(bulk_actions(actor, about)),
    )
    _keys(key="queue_keys", data={"case": opened or 0}, height=0)
    if answer.opened is not None and answer.opened != opened:
        _open(answer.opened)
        st.rerun()
    if answer.picked:
        bulk_bar(actor, about, answer.picked, archived=False, page=PAGE)
    return opened


def _open(case_id: int) -> None:
    st.query_params[OPENED] = str(case_id)


def _row(one: Waiting, is_open: bool, moment: datetime) -> Row:
    card = one.card
    promise, tone = promise_words(card, now=moment)
    chips = [(_("Open now"), "blue")] if is_open else []
    chips += [(promise, _TONES.get(tone, "gray"))] if promise else []
    chips += [(news_word(one.news), "blue")] if one.news else []
    said = one.words or _("No words")
    when = moment_words(one.last_at, now=moment)
    words = f"↰ {_('We')}: {said}" if one.last_by == US else said
    return Row(
        card.id,
        card.version,
        card.subject,
        (
            "",
            chips,
            " · ".join(p for p in (card.customer, card.number, card.owner) if p),
            f"{words} · {when}",
        ),
        href=routes.address("case", id=card.id),
        fresh=bool(one.news),
    )


def _case(actor: Actor, case_id: int, one: Waiting | None, moment: datetime) -> None:
    with reading(actor) as session:
        case = read_case(session, case_id, moment, messages=shown_messages(case_id))
    if one is not None and one.news:
        with unit_of_work(actor) as work:
            mark_read(work, [case_id])
    record = case.record
    tags = " ".join((status_tag(record["status"]), priority_tag(record["priority"])))
    routes.link("case", case_id, record["subject"], f":small[{tags}] {look.quiet(line(case))}")
    if case.about.may_change and not case.about.archived and record["status"] != "merged":
        with st.container(horizontal=True, gap="xsmall"):
            buttons(actor, case)
    show_strip(case)
    show_thread(case)
    show_company(case_id, case.seen)
    show_box(
        case_id,
        seen=case.seen,
        copies=case.copies,
        status=record["status"],
        contact=case.name_of("contact_id"),
        no_mail=case.no_mail,
        may_write=case.about.may_change and not case.about.archived,
    )
    case_side.show_machine(case)
    case_side.show_seen_before(case)
