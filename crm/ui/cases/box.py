"""The box to answer in; nothing typed is ever lost, and who answers has read what was said."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from crm.clock import now
from crm.config import settings
from crm.i18n import _, ngettext
from crm.service.case_drafts import (
    Draft,
    discard,
    drop_file,
    files_of_draft,
    keep_file,
    keep_words,
    my_draft,
)
from crm.service.cases.answers import MOST_COPIES, Attached, Extras
from crm.service.cases.cases import add_note, customer_message, reply
from crm.service.cases.crossing import Crossed, Seen, others_writing, seen_now, write_on
from crm.ui.cases.canned import choose_canned
from crm.ui.cases.thread import MOST_DRAWN, paragraphs
from crm.ui.frame.guard import act_in_callback, current_actor, show_refused, storing
from crm.ui.kit import look
from crm.ui.kit.formats import size_words
from crm.work import Actor, Work, reading, unit_of_work

#: So often a box that holds words says so to the others, and looks whether something came.
BEAT = "15s"
_MOST = 20_000


def _turn(case_id: int) -> int:
    """Which text of this person's in the case it is; a browser keeps what was typed into an input."""
    return int(st.session_state.get(f"case_{case_id}_turn", 0))


def _name(case_id: int, what: str) -> str:
    return f"case_{case_id}_{what}_{_turn(case_id)}"


@st.fragment(run_every=BEAT)
def show_company(case_id: int, seen: Seen) -> None:
    """Who else is writing here right now, and that something came since the page was drawn."""
    actor = current_actor()
    if (st.session_state.get(_name(case_id, "text")) or "").strip():
        with unit_of_work(actor) as work:
            write_on(work, case_id)
    with reading(actor) as session:
        names = others_writing(session, case_id, now())
        came = seen_now(session, case_id).newest > seen.newest
    if names:
        said = ngettext("{who} is writing here now.", "{who} are writing here now.", len(names))
        st.info(look.plain(said.format(who=", ".join(names))), icon=":material/edit:")
    if came and st.button(
        _("Something new was said: show it"), key=f"case_{case_id}_fresh", icon=":material/mark_chat_unread:"
    ):
        st.rerun(scope="app")


@st.fragment
def show_box(
    case_id: int,
    *,
    seen: Seen,
    copies: Sequence[str],
    status: str,
    contact: str,
    no_mail: str,
    may_write: bool,
) -> None:
    """The box with reply, internal note, and what the customer said elsewhere.

    It runs by itself, so that what is typed is with the server as soon as the cursor leaves it, and it stays there as
    this person's draft, with its files, when they look at another screen or come back another day.
    """
    actor = current_actor()
    if not may_write or status == "merged":
        return
    kinds = {
        "reply": _("Reply to {name}").format(name=contact.split()[0]) if contact else _("Reply"),
        "note": _("Internal note"),
        "customer": _("Customer said"),
    }
    if status == "closed":
        del kinds["reply"]
    with reading(actor) as session:
        draft = my_draft(session, case_id)
    _take_up(case_id, draft)
    with st.container(border=True, gap="xsmall", key="case_box"):
        kind = st.segmented_control(
            _("Kind"),
            list(kinds),
            default=next(iter(kinds)),
            required=True,
            format_func=kinds.__getitem__,
            key=f"case_{case_id}_kind",
            label_visibility="collapsed",
            persist_state="session",
        )
        kind = kind if kind in kinds else next(iter(kinds))
        text = st.text_area(
            _("Text"),
            key=_name(case_id, "text"),
            height=110,
            max_chars=_MOST,
            placeholder=_placeholder(kind, contact),
            label_visibility="collapsed",
            persist_state="session",
        )
        _remember(case_id, seen, text or "", draft)
        cc: list[str] = []
        quote = True
        if kind == "reply":
            show_refused()
            with st.container(horizontal=True):
                choose_canned(actor, case_id, _name(case_id, "text"))
                cc, quote = _extras(actor, case_id, copies, draft)
        _keep(actor, case_id, text or "", cc)
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.caption(look.plain(_hint(kind, status, no_mail)))
            label, icon = {
                "reply": (_("Send"), ":material/send:"),
                "note": (_("Keep note"), ":material/lock:"),
                "customer": (_("Write down"), ":material/edit_note:"),
            }[kind]
            # A click on "Send" must never keep a note because somebody closed the case meanwhile.
            with st.container(horizontal=True, width="content"):
                if (text or "").strip() or draft.files:
                    _discarding(actor, case_id)
                sent = st.button(label, key=f"case_{case_id}_send_{kind}", icon=icon)
        if sent:
            _send(actor, case_id, kind, text or "", cc, quote, no_mail)
        elif crossed := st.session_state.get(_name(case_id, "crossed")):
            _show_crossed(crossed)


def _take_up(case_id: int, draft: Draft) -> None:
    """What was begun before stands in the box of a new visit."""
    state = st.session_state
    if _name(case_id, "kept") not in state:
        state[_name(case_id, "kept")] = (draft.text, list(draft.cc))
        if draft.text or draft.cc:
            state.setdefault(_name(case_id, "text"), draft.text)
            state.setdefault(_name(case_id, "cc"), list(draft.cc))
        if draft.text:
            state.setdefault(_name(case_id, "seen"), (draft.seen.newest, draft.seen.count))


def _keep(actor: Actor, case_id: int, text: str, cc: Sequence[str]) -> None:
    """Store what changed since it was stored last; what another tab has is left alone meanwhile."""
    kept = _name(case_id, "kept")
    if st.session_state[kept] != (text, list(cc)):
        with unit_of_work(actor) as work:
            keep_words(work, case_id, text, cc, _seen(case_id))
        st.session_state[kept] = (text, list(cc))


def _remember(case_id: int, seen: Seen, text: str, draft: Draft) -> None:
    """How far the thread was read before the first word was typed; what comes later is shown before it is sent."""
    name = _name(case_id, "seen")
    if not text.strip() and not draft.files:
        st.session_state[name] = (seen.newest, seen.count)
    else:
        st.session_state.setdefault(name, (seen.newest, seen.count))


def _seen(case_id: int) -> Seen:
    return Seen(*st.session_state[_name(case_id, "seen")])


def _next(case_id: int) -> None:
    st.session_state[f"case_{case_id}_turn"] = _turn(case_id) + 1


def _discarding(actor: Actor, case_id: int) -> None:
    with st.popover(_("Discard"), type="tertiary", icon=":material/delete:", key=_name(case_id, "drop")):
        st.markdown(_("The words and files of this draft go for good."))

        def gone() -> None:
            act_in_callback(actor, lambda work: discard(work, case_id), _("The draft is discarded."))
            _next(case_id)

        st.button(_("Discard the draft"), key=_name(case_id, "drop_go"), on_click=gone)


def _send(
    actor: Any, case_id: int, kind: str, text: str, cc: Sequence[str], quote: bool, no_mail: str
) -> None:
    def empty() -> None:
        _next(case_id)
        st.rerun()

    with storing(actor, _told(kind, no_mail), then=empty) as work:
        key = _key(case_id)
        if kind == "reply":
            try:
                extras = Extras(cc, files_of_draft(work.session, case_id), quote)
                reply(work, case_id, text, key=key, extras=extras, seen=_seen(case_id))
            except Crossed as crossed:
                # It is read now, so the next click sends, unless something came again.
                st.session_state[_name(case_id, "seen")] = (crossed.seen.newest, crossed.seen.count)
                told = (crossed.message, [(m.who, m.text) for m in crossed.messages])
                st.session_state[_name(case_id, "crossed")] = told
                crossed.theirs = {}
                with st.container(key="case_crossed"):
                    for who, said in told[1]:
                        _said(who, said)
                raise
        elif kind == "note":
            add_note(work, case_id, text)
        else:
            customer_message(work, case_id, text, key=key)
        if kind != "reply":  # files wait for the next reply
            keep_words(work, case_id, "", (), _seen(case_id))


def _show_crossed(crossed: tuple[str, list[tuple[str, str]]]) -> None:
    message, since = crossed
    for who, said in since:
        _said(who, said)
    st.warning(look.plain(message), icon=":material/forum:")


def _said(who: str, text: str) -> None:
    with st.chat_message(who, avatar=look.avatar(who)):
        st.markdown(f"**{look.plain(who)}**  \n{paragraphs(text[:MOST_DRAWN])}")


def _extras(actor: Actor, case_id: int, known: Sequence[str], draft: Draft) -> tuple[list[str], bool]:
    """The copies, and whether the customer's words go along; files are kept with the draft as they are chosen."""
    cc_key, most = _name(case_id, "cc"), settings().file_max_mb
    count = len(draft.files) + len(st.session_state.get(cc_key) or ())
    label = _("Files and copies") + (f" · {count}" if count else "")
    with st.popover(label, type="tertiary", icon=":material/attach_file:", key=_name(case_id, "with")):
        round_ = f"case_{case_id}_files_turn"
        files_key = f"case_{case_id}_files_{st.session_state.setdefault(round_, 0)}"

        def chosen() -> None:
            seen, files = _seen(case_id), st.session_state.get(files_key) or ()
            st.session_state[round_] += 1

            # One by one, so that one too large leaves the others.
            for file in files:
                given = Attached(file.name, file.type or "", file.getvalue())
                act_in_callback(actor, partial(keep_file, case_id=case_id, file=given, seen=seen))

        st.file_uploader(
            _("Files"),
            accept_multiple_files=True,
            key=files_key,
            max_upload_size=most,
            help=_("All together at most {n} MB").format(n=most),
            on_change=chosen,
        )
        for file in draft.files:
            with look.row():
                st.markdown(
                    f"{look.plain(file.name)}  \n{look.quiet(size_words(file.size))}", width="stretch"
                )
                st.button(
                    "",
                    icon=":material/close:",
                    help=_("Take out"),
                    key=f"case_{case_id}_file_{file.id}",
                    type="tertiary",
                    on_click=act_in_callback,
                    args=(actor, partial(_drop, case_id, file.id)),
                )
        cc = st.multiselect(
            _("Copy to"),
            # A copy typed before this visit is no option of the thread.
            list(dict.fromkeys([*known, *draft.cc])),
            key=cc_key,
            accept_new_options=True,
            max_selections=MOST_COPIES,
            placeholder=_("E-mail addresses"),
            persist_state="session",
        )
        quote = st.checkbox(
            _("Quote what they wrote"), True, key=f"case_{case_id}_quote", persist_state="session"
        )
    return cc, quote


def _drop(case_id: int, file_id: int, work: Work) -> None:
    drop_file(work, case_id, file_id)


def _key(case_id: int) -> str:
    """One key per text that is written, so that a second click sends nothing twice."""
    name = _name(case_id, "key")
    if name not in st.session_state:
        st.session_state[name] = f"screen:{secrets.token_hex(12)}"
    return str(st.session_state[name])


def _placeholder(kind: str, contact: str) -> str:
    if kind == "note":
        return _("Only colleagues read this.")
    if kind == "customer":
        return _("What the customer told you on the phone or in person.")
    return _("Write to {name}.").format(name=contact) if contact else _("Write to the customer.")


def _hint(kind: str, status: str, no_mail: str) -> str:
    if kind == "reply":
        return no_mail or _("Goes out by mail; an answer comes back here.")
    if kind == "note":
        return _("The customer never sees it.")
    if status == "waiting":
        return _("The case goes on with it.")
    return _("The case comes back with it.") if status in ("resolved", "closed") else ""


def _told(kind: str, no_mail: str) -> str:
    if kind == "reply":
        return _("The reply is kept. {why}").format(why=no_mail) if no_mail else _("The reply is on its way.")
    return _("The note is kept.") if kind == "note" else _("It stands in the thread.")
