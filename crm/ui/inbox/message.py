"""One received message: where it probably belongs, the one click that files it, and all that came."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from crm.clock import now, zone
from crm.i18n import _
from crm.links import local
from crm.mail.inbox.filing import file_message, ignore, take_back
from crm.mail.inbox.queries import Guess, MessageView
from crm.records import registry
from crm.ui.cases.thread import show_words
from crm.ui.frame import routes
from crm.ui.frame.guard import storing
from crm.ui.kit import look
from crm.ui.kit.formats import moment, size_words
from crm.ui.kit.inputs import input_for, read_input
from crm.work import Actor, Work
from db.scope import UPDATE

#: The message that the last click of this tab filed.
LAST = "inbox_filed"
_ICONS = {"answer": ":material/how_to_reg:",
          "case": ":material/support_agent:", "deal": ":material/handshake:", "interaction": ":material/forum:",
          "lead": ":material/target:", "contact": ":material/person_add:"}  # fmt: skip


def show_message(actor: Actor, view: MessageView) -> None:
    """The message with what can be done about it above."""
    may_file = actor.may("message", UPDATE)
    if view.state in ("waiting", "stored"):
        if may_file:
            _decide(actor, view)
    else:
        _settled(actor, view, may_file)
    with look.card(view.subject or _("(no subject)"), _line(view), key="inbox_mail"):
        show_words(view.passages, key=f"inbox_words_{view.id}")
        if not any(passage.text.strip() for passage in view.passages):
            st.caption(_("This message has no words."))
        _show_files(view)


def _line(view: MessageView) -> str:
    who = f"{view.sender_name} <{view.sender}>" if view.sender_name else view.sender or _("unknown sender")
    return f"{who} · {moment(view.at, now=now(), zone=zone())}"


def _show_files(view: MessageView) -> None:
    links = [
        f":material/attach_file: {look.link(file.name, local(f'/files/{file.id}'))} {look.quiet(size_words(file.size))}"
        for file in view.files
    ]
    links += [
        f":material/attach_file: {look.plain(name)} {look.quiet(_('{size}, not kept').format(size=size_words(size)))}"
        for name, size in view.left_out
    ]
    links.append(look.link(_("original"), local(f"/messages/{view.id}/original")))
    st.markdown(look.Marked(" · ".join(links)))
    if view.reason:
        st.caption(look.plain(view.reason))


def _file(actor: Actor, view: MessageView, into: str, record_id: int | None, said: str) -> None:
    with storing(actor, said) as work:
        file_message(work, view.id, into, record_id, seen_version=view.version)
        st.session_state[LAST] = view.id


def _decide(actor: Actor, view: MessageView) -> None:
    """The likeliest place with its reason and one button, the next best, and everything else."""
    first, *others = view.guesses
    with look.card(_("Where does it belong?"), key="inbox_guess"):
        known = view.contact or view.organisation
        who = (
            look.tag(known[1], tone=look.GOOD, icon="person")
            if known
            else look.tag(_("unknown sender"), icon="help")
        )
        st.markdown(look.Marked(f"**{look.plain(first.title)}** {who}  \n{look.quiet(first.why)}"))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if st.button(
                _verb(first), key=f"inbox_first_{view.id}", type="primary", icon=_ICONS.get(first.into)
            ):
                _file(actor, view, first.into, first.record_id, _told(first))
            for at, guess in enumerate(others):
                if st.button(
                    _verb(guess),
                    key=f"inbox_other_{at}_{view.id}",
                    icon=_ICONS.get(guess.into),
                    help=guess.why,
                ):
                    _file(actor, view, guess.into, guess.record_id, _told(guess))
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            made = {guess.into for guess in view.guesses if guess.record_id is None}
            if view.kind != "form":
                _make(actor, view, made)
                _find(actor, view)
            if st.button(
                _("Refuse") if view.kind == "form" else _("Not for us"),
                key=f"inbox_ignore_{view.id}",
                type="tertiary",
                icon=":material/block:",
            ):
                with storing(actor, _("It is put aside. Take it back under “Not for us”.")) as work:
                    ignore(work, view.id, seen_version=view.version)
                    st.session_state[LAST] = view.id
        said = _("The words and files go along. It can be taken back at any time, under “Filed”.")
        if view.kind == "form":
            said = _(
                "Until somebody lets it in, nothing comes of it and nothing changes. Who sent it was thanked."
            )
        st.caption(said)


def _make(actor: Actor, view: MessageView, made: set[str]) -> None:
    """What can be made of it beside what was guessed."""
    for into, label in (("case", _("New case")), ("lead", _("New lead")), ("contact", _("New contact"))):
        if into in made or (into == "contact" and view.contact) or not actor.may(into, "create"):
            continue
        if st.button(label, key=f"inbox_new_{into}_{view.id}", type="tertiary", icon=_ICONS[into]):
            _file(actor, view, into, None, _("{label}: done.").format(label=label))


def _find(actor: Actor, view: MessageView) -> None:
    """Any case, contact or deal, by its name."""
    fields = {
        f.link: f for f in registry.entity("interaction").fields if f.link in ("case", "contact", "deal")
    }
    with st.popover(_("Find"), icon=":material/search:", type="tertiary"):
        names = {name: registry.entity(name).label for name in ("case", "contact", "deal") if name in fields}
        kind = st.segmented_control(
            _("Kind"),
            list(names),
            default="case",
            required=True,
            format_func=lambda name: _(names[name]),
            key="inbox_find_kind",
        )
        field = fields[str(kind)]
        entered = input_for(field, key=f"inbox_find_{field.link}_{view.id}", value=None, actor=actor)
        if st.button(_("Put it there"), key=f"inbox_find_go_{view.id}"):
            found, problem = read_input(field, entered, actor=actor)
            if problem is not None or found is None:
                st.error(problem.message if problem else _("Choose one first."))
            else:
                _file(actor, view, field.link, int(found), _("It stands there now."))


def _verb(guess: Guess) -> str:
    if guess.into == "interaction":
        return _("File as talk")
    if guess.into == "answer":
        return _("Let it in")
    if guess.record_id is None:
        return guess.title
    return _("Put into {title}").format(
        title=guess.title if len(guess.title) <= 32 else f"{guess.title[:31]}…"
    )


def _told(guess: Guess) -> str:
    if guess.into == "answer":
        return _("It is let in. Take it back under “Filed”.")
    return (
        _("It stands there now.")
        if guess.record_id is not None
        else _("{label}: done.").format(label=guess.title)
    )


def show_gone(view: MessageView) -> None:
    """The message on the screen was dealt with by somebody else meanwhile; nothing that was clicked for it is done."""
    who = view.filed_by or _("Somebody")
    said = _("{name} dealt with “{subject}” meanwhile. Nothing was done by your click.")
    st.info(
        look.plain(said.format(name=who, subject=view.subject or _("(no subject)"))), icon=":material/group:"
    )


def show_last(actor: Actor, view: MessageView) -> None:
    """What the click before did: a link to the record, and the way back, while the list goes on."""
    if view.state not in ("waiting", "stored"):
        with look.card(
            _("Done: {subject}").format(subject=view.subject or _("(no subject)")), key="inbox_last"
        ):
            if view.state == "ignored":
                st.caption(_("Not for us"))
            _settled(actor, view, actor.may("message", UPDATE), key="inbox_undo")


def _settled(actor: Actor, view: MessageView, may_file: bool, *, key: str = "inbox_back") -> None:
    """What became of it, and the way back."""
    kinds = {
        "automatic": _("Automatic answer"),
        "bounce": _("Undeliverable mail"),
        "complaint": _("Complaint"),
    }
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(gap=None):
            if view.kind in kinds:
                st.markdown(look.tag(kinds[view.kind]))
            screens: dict[str, str] = {"case": "case", "deal": "deal"}
            for kind, record_id, title in view.filed:
                if kind in screens:
                    routes.link(screens[kind], record_id, title)
                else:
                    st.markdown(look.plain(title))
            if view.contact:
                routes.link("contact", *view.contact)
        if may_file:
            step: Callable[[Work], None] = lambda work: take_back(work, view.id, seen_version=view.version)  # noqa: E731
            if st.button(_("Take back into the inbox"), key=f"{key}_{view.id}", icon=":material/undo:"):
                with storing(actor, _("It waits in the inbox again.")) as work:
                    step(work)
