"""What was said in a case, oldest first, and the box to answer in; nothing typed is ever lost."""

from __future__ import annotations

import re
import secrets

import streamlit as st

from crm.clock import now
from crm.i18n import _
from crm.service.cases.cases import add_note, customer_message, reply
from crm.service.cases.messages import Message
from crm.service.cases.queries import CaseView
from crm.ui.cases.words import moment_words
from crm.ui.frame.guard import current_actor, storing
from crm.ui.kit import look

#: How many messages show at first and come with each "more".
STEP = 50
_PARAGRAPH = re.compile(r"\n\s*\n")
_MOST = 20_000


def shown_messages(case_id: int) -> int:
    """How many messages this person asked to see of this case."""
    return int(st.session_state.get(f"case_{case_id}_messages", STEP))


def show_thread(view: CaseView) -> None:
    """The messages with a switch between all, those with the customer and those among us."""
    case_id = view.record["id"]
    parts = {"all": _("Everything"), "customer": _("With customer"), "note": _("Internal")}
    part = look.switch(_("Show"), parts, key="case_show")
    if view.older:
        st.button(
            _("Show older"),
            key=f"case_{case_id}_older",
            type="tertiary",
            icon=":material/expand_less:",
            on_click=lambda: st.session_state.update(
                {f"case_{case_id}_messages": shown_messages(case_id) + STEP}
            ),
        )
    chosen = [m for m in view.messages if part == "all" or (part == "note") == (m.kind == "note")]
    if not chosen:
        st.caption(_("Nothing was said yet.") if part == "all" else _("Nothing here yet."))
    with st.container(gap=None, key="case_thread"):
        for message in chosen:
            _show(message)


def _show(message: Message) -> None:
    who = message.who or (_("The customer") if message.kind == "customer" else _("Rapport"))
    with st.chat_message(who, avatar=look.avatar(who)):
        chips = " ".join(_chips(message))
        when = look.quiet(moment_words(message.at, now=now()))
        passages = message.passages
        first = paragraphs(passages[0].text) if passages and not passages[0].is_quoted else ""
        st.markdown(f"**{look.plain(who)}** {when} {chips}  \n{first}")
        for passage in passages[1:] if first else passages:
            if passage.is_quoted:
                with st.expander(_("Quoted text"), icon=":material/format_quote:"):
                    st.markdown(paragraphs(passage.text))
            elif passage.text.strip():
                st.markdown(paragraphs(passage.text))
        _show_files(message)


def _show_files(message: Message) -> None:
    """Files that came or went along, and the message as it came."""
    links = [
        f":material/attach_file: {look.link(file.name, f'/files/{file.id}')} {look.quiet(size_words(file.size))}"
        for file in message.files
    ]
    if message.incoming_id is not None:
        if not message.text.strip():
            links.insert(0, look.quiet(_("no words")))
        links.append(look.link(_("original"), f"/messages/{message.incoming_id}/original"))
    if links:
        st.markdown(look.Marked(" · ".join(links)))


def size_words(size: int) -> str:
    """How large a file is, as people say it."""
    for unit, most in (("B", 1_000), ("kB", 1_000_000), ("MB", 1_000_000_000)):
        if size < most:
            return f"{size / (most / 1_000):.0f} {unit}"
    return f"{size / 1_000_000_000:.1f} GB"


def _chips(message: Message) -> list[look.Marked]:
    made = []
    if message.kind == "note":
        made.append(look.Marked(f":yellow-badge[:material/lock: {look.plain(_('Internal note'))}]"))
    if message.kind == "automatic":
        made.append(look.tag(_("automatic answer"), icon="smart_toy"))
    if message.merged_from:
        made.append(look.tag(_("from {number}").format(number=message.merged_from), icon="merge"))
    if message.kind == "reply":
        words: dict[str, tuple[str, look.Tone, str]] = {
            "": (_("not mailed"), look.QUIET, "mail_off"),
            "failed": (_("mail failed"), look.BAD, "error"),
            "cancelled": (_("not mailed"), look.QUIET, "mail_off"),
            "queued": (_("mail waits"), look.QUIET, "schedule_send"),
            "sending": (_("mail waits"), look.QUIET, "schedule_send"),
        }
        if message.mail in words:
            text, tone, icon = words[message.mail]
            made.append(look.tag(text, tone=tone, icon=icon))
    return made


def paragraphs(text: str) -> look.Marked:
    """People's text with its own lines and paragraphs, whatever signs it holds."""
    blocks = [block for block in _PARAGRAPH.split(text.strip()) if block.strip()]
    return look.Marked(
        "\n\n".join(
            "  \n".join(look.plain(line) for line in block.split("\n") if line.strip()) for block in blocks
        )
    )


@st.fragment
def show_box(case_id: int, *, status: str, contact: str, no_mail: str, may_write: bool) -> None:
    """The box with reply, internal note, and what the customer said elsewhere.

    It runs by itself, so that what is typed is with the server as soon as the cursor leaves it, and it stays there when
    somebody looks at another screen meanwhile.
    """
    actor = current_actor()
    if not may_write or status == "merged":
        return
    turn = int(st.session_state.get(f"case_{case_id}_turn", 0))
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
            key=f"case_{case_id}_text_{turn}",
            height=110,
            max_chars=_MOST,
            placeholder=_placeholder(kind, contact),
            label_visibility="collapsed",
            persist_state="session",
        )
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.caption(look.plain(_hint(kind, status, no_mail)))
            label, icon = {
                "reply": (_("Send"), ":material/send:"),
                "note": (_("Keep note"), ":material/lock:"),
                "customer": (_("Write down"), ":material/edit_note:"),
            }[kind]
            # A click on "Send" must never keep a note because somebody closed the case meanwhile.
            sent = st.button(label, key=f"case_{case_id}_send_{kind}", icon=icon)
        if not sent:
            return

        def empty() -> None:
            st.session_state[f"case_{case_id}_turn"] = turn + 1
            st.rerun()

        with storing(actor, _told(kind, no_mail), then=empty) as work:
            key = _key(case_id, turn)
            if kind == "reply":
                reply(work, case_id, text or "", key=key)
            elif kind == "note":
                add_note(work, case_id, text or "")
            else:
                customer_message(work, case_id, text or "", key=key)


def _key(case_id: int, turn: int) -> str:
    """One key per text that is written, so that a second click sends nothing twice."""
    name = f"case_{case_id}_key_{turn}"
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
