"""The inbox: received messages that belong nowhere yet, one after the other; and what became of the others."""

import streamlit as st

from crm.clock import now, zone
from crm.i18n import _, ngettext
from crm.mail.inbox.queries import list_messages, look_again, read_message
from crm.mail.receiving.mailbox import mailbox_problem
from crm.ui.frame.guard import current_actor
from crm.ui.inbox.message import LAST, show_gone, show_last, show_message
from crm.ui.kit import look
from crm.ui.kit.formats import moment
from crm.ui.kit.words import distinct
from crm.work import reading

actor = current_actor()

MOST = 20

titles = {
    "waiting": _("Waiting"),
    "filed": _("Filed"),
    "passed": _("Automatic"),
    "ignored": _("Not for us"),
}
with st.container():
    head = st.container()
    which = look.switch(_("Show"), titles, key="inbox_show")
# What Find leads to stands first and is chosen, once.
if (asked := st.query_params.get("message", "")).isdecimal() and len(asked) < 18:
    st.session_state["inbox_first"] = st.session_state["inbox_id"] = int(asked)
    del st.query_params["message"]
with reading(actor) as session:
    lines, total = list_messages(session, which, limit=MOST, first=st.session_state.get("inbox_first"))
    ids = [line.id for line in lines]
    known = st.session_state.get("inbox_id")
    chosen = known if known in ids else (ids[0] if ids else None)
    view = read_message(session, chosen) if chosen is not None else None
    last = st.session_state.get(LAST)
    is_gone = which == "waiting" and known not in ids and known != last
    gone = look_again(session, known) if is_gone else None
    filed = look_again(session, last) if which == "waiting" else None

with head:
    counted = ngettext("{n} message", "{n} messages", total).format(n=total)
    oldest = moment(lines[0].at, now=now(), zone=zone()) if lines else ""
    waits = _("{counted} waiting, the first since {when}").format(counted=counted, when=oldest)
    look.page(_("Inbox"), (waits if lines else _("Nothing waits")) if which == "waiting" else counted)
    if problem := mailbox_problem():
        st.warning(look.plain(problem), icon=":material/mark_email_unread:")

if filed is not None:
    show_last(actor, filed)
if gone is not None and gone.state not in ("waiting", "stored"):
    show_gone(gone)
if view is None:
    look.empty(_("Nothing here"), _("What comes in and belongs to no record yet waits here for you."))
    st.stop()

side, main = st.columns([1, 2], gap="medium")
with side:
    labels: dict[int, str] = {}
    for line in lines:
        clip = " :material/attach_file:" if line.files else ""
        when = look.quiet(moment(line.at, now=now(), zone=zone()))
        text = f"**{look.plain(line.sender or _('unknown sender'))}** {when}{clip}"
        labels[line.id] = text

    st.radio(
        _("Messages"),
        ids,
        key="inbox_id",
        index=ids.index(view.id),
        format_func=distinct(labels).__getitem__,
        captions=[
            f"{look.plain(line.subject or _('(no subject)'))}  \n{look.plain(line.words or '…')}"
            for line in lines
        ],
        label_visibility="collapsed",
    )
    if total > len(lines):
        st.caption(_("The first {n} of {total}").format(n=len(lines), total=total))
with main:
    show_message(actor, view)
