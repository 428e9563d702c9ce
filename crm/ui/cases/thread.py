"""What was said in a case, oldest first."""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from crm.clock import now
from crm.i18n import _
from crm.links import local
from crm.mail.receiving.folding import Passage
from crm.service.cases.messages import Message
from crm.service.cases.queries import CaseView
from crm.ui.cases.words import moment_words
from crm.ui.kit import look
from crm.ui.kit.formats import number, size_words

#: How many messages show at first and come with each "more".
STEP = 50
#: So many characters of a message are drawn at first: a browser takes seconds for more.
MOST_DRAWN = 10_000
_PARAGRAPH = re.compile(r"\n\s*\n")


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
        head = look.Marked(f"**{look.plain(who)}** {when} {chips}")
        show_words(message.passages, key=f"words_{message.id}_{message.merged_from}", head=head)
        _show_files(message)


def show_words(passages: Sequence[Passage], *, key: str, head: str = "") -> None:
    """The words of a message behind its head, quotes folded; of a very long one the beginning, until all is asked for."""
    total = sum(len(passage.text) for passage in passages)
    is_cut = total > MOST_DRAWN and not st.session_state.get(key)
    left = MOST_DRAWN if is_cut else total
    for passage in passages:
        text, left = passage.text[: max(0, left)], left - len(passage.text)
        if not text:
            break
        if passage.is_quoted:
            if head:
                st.markdown(head)
            with st.expander(_("Quoted text"), icon=":material/format_quote:"):
                _draw(text)
        else:
            _draw(text, head)
        head = ""
    if head:
        st.markdown(head)
    if is_cut:
        st.button(
            _("Show all {n} characters").format(n=number(total)),
            key=f"{key}_all",
            type="tertiary",
            icon=":material/expand_more:",
            on_click=lambda: st.session_state.update({key: True}),
        )


def _draw(text: str, head: str = "") -> None:
    if len(text) <= MOST_DRAWN:
        st.markdown(look.Marked("  \n".join(part for part in (head, paragraphs(text)) if part)))
        return
    if head:
        st.markdown(head)
    st.text(text)


def _show_files(message: Message) -> None:
    """Files that came or went along, and the message as it came."""
    links = [
        f":material/attach_file: {look.link(file.name, local(f'/files/{file.id}'))} {look.quiet(size_words(file.size))}"
        for file in message.files
    ]
    if message.incoming_id is not None:
        if not message.text.strip():
            links.insert(0, look.quiet(_("no words")))
        links.append(look.link(_("original"), local(f"/messages/{message.incoming_id}/original")))
    if links:
        st.markdown(look.Marked(" · ".join(links)))


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
            "copyless": (_("a copy was not taken"), look.WATCH, "group_off"),
        }
        if message.mail in words:
            text, tone, icon = words[message.mail]
            made.append(look.tag(text, tone=tone, icon=icon))
        if message.cc:
            made.append(look.tag(_("copy to {whom}").format(whom=message.cc), icon="group"))
    return made


def paragraphs(text: str) -> look.Marked:
    """People's text with its own lines and paragraphs, whatever signs it holds."""
    blocks = [block for block in _PARAGRAPH.split(text.strip()) if block.strip()]
    return look.Marked(
        "\n\n".join(
            "  \n".join(look.plain(line) for line in block.split("\n") if line.strip()) for block in blocks
        )
    )
