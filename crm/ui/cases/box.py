"""The box to answer in; nothing typed is ever lost, and who answers has read what was said."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

import streamlit as st

from crm.clock import now
from crm.config import settings
from crm.i18n import _, ngettext
from crm.service.cases.answers import MOST_COPIES, Attached, Extras
from crm.service.cases.cases import add_note, customer_message, reply
from crm.service.cases.crossing import Crossed, Seen, others_writing, seen_now, write_on
from crm.ui.cases.canned import choose_canned
from crm.ui.cases.thread import MOST_DRAWN, paragraphs
from crm.ui.frame.guard import current_actor, show_refused, storing
from crm.ui.kit import look
from crm.work import reading, unit_of_work

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

    It runs by itself, so that what is typed is with the server as soon as the cursor leaves it, and it stays there when
    somebody looks at another screen meanwhile.
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
        _remember(case_id, seen, text or "")
        extras = None
        if kind == "reply":
            show_refused()
            with st.container(horizontal=True):
                choose_canned(actor, case_id, _name(case_id, "text"))
                extras = _extras(case_id, copies)
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.caption(look.plain(_hint(kind, status, no_mail)))
            label, icon = {
                "reply": (_("Send"), ":material/send:"),
                "note": (_("Keep note"), ":material/lock:"),
                "customer": (_("Write down"), ":material/edit_note:"),
            }[kind]
            # A click on "Send" must never keep a note because somebody closed the case meanwhile.
            sent = st.button(label, key=f"case_{case_id}_send_{kind}", icon=icon)
        if sent:
            _send(actor, case_id, kind, text or "", extras, no_mail)
        elif crossed := st.session_state.get(_name(case_id, "crossed")):
            _show_crossed(crossed)


def _remember(case_id: int, seen: Seen, text: str) -> None:
    """How far the thread was read before the first word was typed; what comes later is shown before it is sent."""
    name = _name(case_id, "seen")
    if not text.strip():
        st.session_state[name] = (seen.newest, seen.count)
    else:
        st.session_state.setdefault(name, (seen.newest, seen.count))


def _send(actor: Any, case_id: int, kind: str, text: str, extras: Extras | None, no_mail: str) -> None:
    def empty() -> None:
        st.session_state[f"case_{case_id}_turn"] = _turn(case_id) + 1
        st.rerun()

    with storing(actor, _told(kind, no_mail), then=empty) as work:
        key = _key(case_id)
        if kind == "reply":
            try:
                seen = Seen(*st.session_state[_name(case_id, "seen")])
                reply(work, case_id, text, key=key, extras=extras, seen=seen)
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


def _show_crossed(crossed: tuple[str, list[tuple[str, str]]]) -> None:
    message, since = crossed
    for who, said in since:
        _said(who, said)
    st.warning(look.plain(message), icon=":material/forum:")


def _said(who: str, text: str) -> None:
    with st.chat_message(who, avatar=look.avatar(who)):
        st.markdown(f"**{look.plain(who)}**  \n{paragraphs(text[:MOST_DRAWN])}")


def _extras(case_id: int, known: Sequence[str]) -> Extras:
    """Files, copies and whether the customer's words go along."""
    files_key, cc_key = _name(case_id, "files"), _name(case_id, "cc")
    count = len(st.session_state.get(files_key) or ()) + len(st.session_state.get(cc_key) or ())
    label = _("Files and copies") + (f" · {count}" if count else "")
    with st.popover(label, type="tertiary", icon=":material/attach_file:", key=_name(case_id, "with")):
        files = st.file_uploader(
            _("Files"),
            accept_multiple_files=True,
            key=files_key,
            max_upload_size=settings().file_max_mb,
            help=_("All together at most {n} MB").format(n=settings().file_max_mb),
        )
        cc = st.multiselect(
            _("Copy to"),
            list(known),
            key=cc_key,
            accept_new_options=True,
            max_selections=MOST_COPIES,
            placeholder=_("E-mail addresses"),
            persist_state="session",
        )
        quote = st.checkbox(
            _("Quote what they wrote"), True, key=f"case_{case_id}_quote", persist_state="session"
        )
    return Extras(cc, [Attached(file.name, file.type or "", file.getvalue()) for file in files], quote)


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
