"""The texts of a template as they are being written: kept while the page reruns, stored when the person says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from crm.errors import Conflict, CrmError, Refused
from crm.i18n import LANGUAGES, N_, _
from crm.mail.templates.places import FIELDS
from crm.mail.templates.render import Source, check
from crm.mail.templates.rules import in_words
from crm.mail.templates.templates import TemplateView, save_template, template_view
from crm.ui.frame.guard import flash, show
from crm.ui.kit import look
from crm.ui.kit.inputs import choose
from crm.work import Actor, reading, unit_of_work

LABELS = {
    "name": N_("Name"),
    "subject": N_("Subject"),
    "preheader": N_("Preview line"),
    "body": N_("Text"),
    "language": N_("Language"),
}
_GROUPS = {
    "contact": "Contact",
    "organisation": "Organisation",
    "campaign": "Campaign",
    "offer": "Offer",
    "sender": "Sender",
    "firm": "Your company",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the inputs now."""

    name: str
    source: Source

    def values(self) -> dict[str, Any]:
        """By field, as they are stored."""
        return {
            "name": self.name,
            "subject": self.source.subject,
            "preheader": self.source.preheader or None,
            "body": self.source.body,
            "language": self.source.language,
        }


def editor(view: TemplateView) -> Draft:
    """Draw the inputs with every complaint below its own; gives what stands in them."""
    key, may = _key(view.about.id), view.about.may_change
    # An editor that was opened at a version is stored over that version, whatever the page reads meanwhile.
    st.session_state.setdefault(f"{key}_seen", view.about.values["version"])
    st.session_state.setdefault(f"{key}_base", Draft(view.about.title, view.source).values())
    told: dict[str, str] = st.session_state.get(f"{key}_told", {})
    _conflict(view)
    places: dict[str, DeltaGenerator] = {}

    def text(field: str, stored: str, draw: Callable[..., str | None] = st.text_input, **more: Any) -> str:
        entered = draw(_(LABELS[field]), stored, key=_input(view.about.id, field), disabled=not may, **more)
        places[field] = st.container()
        return entered or ""

    source = view.source
    with st.container(gap="small"):
        with st.grid(2, min_column_width=150, gap="small") as first:
            with first.cell():
                name = text("name", view.about.title, max_chars=200)
            with first.cell():
                language = choose(
                    _("Language of the message"),
                    LANGUAGES,
                    source.language if source.language in LANGUAGES else "en",
                    key=_input(view.about.id, "language"),
                    disabled=not may,
                )
        subject = text("subject", source.subject, max_chars=300)
        seen = _("Mail programs show it after the subject in the inbox.")
        preheader = text("preheader", source.preheader, max_chars=300, help=seen)
        body = text("body", source.body, st.text_area, height=380, max_chars=50_000)
        _fields_help()
    draft = Draft(name, Source(subject, body, preheader, language or "en"))
    complaints = [(p.field, in_words(p)) for p in check(draft.source)]
    if "name" in told:
        complaints.append(("name", told["name"]))
    for field, said in complaints:
        if field in places:
            places[field].caption(f":red[:material/error: {look.plain(said)}]")
    return draft


def _fields_help() -> None:
    with st.expander(_("What can stand in a message?"), icon=":material/data_object:"):
        st.caption(
            _("Fields stand in double braces; choose other words for a blank one with “or”. Copy and paste:")
        )
        st.code('{{ contact.first_name or "there" }}', language=None)
        rows: dict[str, list[str]] = {_("Field"): [], _("Is"): []}
        for group, fields in FIELDS.items():
            for name, label in fields.items() if fields else {"": _GROUPS[group]}.items():
                rows[_("Field")].append(f"`{{{{ {group}{'.' if name else ''}{name} }}}}`")
                rows[_("Is")].append(
                    f"{_(_GROUPS[group])}: {_(label)}" if name else _("The campaign's offer")
                )
        st.table(rows, border="horizontal", alt=_("The fields that a message can show"))
        st.caption(
            _("Conditions: {code}").format(code="`{% if contact.city %}near {{ contact.city }}{% endif %}`")
        )
        st.caption(
            _(
                "Layout is Markdown: `# Heading`, `**bold**`, `- list`, `[words](https://…)`. "
                "A bold link alone in its paragraph becomes a button."
            )
        )


def is_changed(view: TemplateView, draft: Draft) -> bool:
    """True while something is typed that is not stored."""
    return draft.values() != Draft(view.about.title, view.source).values()


def store(actor: Actor, view: TemplateView, draft: Draft) -> None:
    """Store what was typed; where somebody else changed the same text, both are shown, and the person chooses."""
    key = _key(view.about.id)
    base: dict[str, Any] = st.session_state[f"{key}_base"]
    mine = {name: value for name, value in draft.values().items() if value != base[name]}
    try:
        try:
            _save(actor, view.about.id, mine, seen_version=st.session_state[f"{key}_seen"])
        except Conflict as conflict:
            with reading(actor) as session:
                newest = template_view(session, view.about.id)
            theirs = Draft(newest.about.title, newest.source).values()
            clash = {n: theirs[n] for n in mine if theirs[n] != base[n] and theirs[n] != mine[n]}
            if clash:
                st.session_state[f"{key}_conflict"] = (
                    conflict.message,
                    clash,
                    newest.about.values["version"],
                )
                st.rerun()
            # Somebody changed other texts only: both changes stand.
            _save(actor, view.about.id, mine, seen_version=newest.about.values["version"])
    except Refused as refused:
        st.session_state[f"{key}_told"] = {p.field: p.message for p in refused.problems}
        show(refused)
        return
    except CrmError as problem:
        show(problem)
        return
    forget_draft(view.about.id)
    flash(_("The template is stored."))
    st.rerun()


def _save(actor: Actor, template_id: int, values: dict[str, Any], *, seen_version: int) -> None:
    with unit_of_work(actor) as work:
        save_template(work, template_id, values, seen_version=seen_version)


def _conflict(view: TemplateView) -> None:
    key = _key(view.about.id)
    conflict = st.session_state.get(f"{key}_conflict")
    if not conflict:
        return
    message, clash, version = conflict
    with st.container(border=True, gap="xsmall", key=f"{key}_conflict_card"):
        st.markdown(f"**:orange[:material/warning:] {look.plain(message)}**")
        for name, text in clash.items():
            st.caption(_("Stored now, {field}").format(field=_(LABELS.get(name, name)).lower()))
            st.code(str(text or "–"), language=None, wrap_lines=True)
        with st.container(horizontal=True):
            st.button(_("Keep mine"), key=f"{key}_keep", on_click=_keep_mine, args=(view.about.id, version))
            st.button(
                _("Take the stored texts"), key=f"{key}_take", on_click=forget_draft, args=(view.about.id,)
            )


def _keep_mine(template_id: int, version: int | None) -> None:
    """What was typed stays in the inputs; the next save goes over the version that was shown."""
    key = _key(template_id)
    st.session_state.pop(f"{key}_conflict", None)
    st.session_state[f"{key}_seen"] = version


def forget_draft(template_id: int) -> None:
    """Begin from what is stored; the inputs are new ones, because a browser keeps what was typed into the old."""
    key = _key(template_id)
    turn = st.session_state.get(f"{key}_turn", 0)
    for name in [n for n in st.session_state if str(n).startswith(f"{key}_")]:
        del st.session_state[name]
    st.session_state[f"{key}_turn"] = turn + 1


def _key(template_id: int) -> str:
    return f"template_{template_id}"


def _input(template_id: int, field: str) -> str:
    key = _key(template_id)
    return f"{key}_{field}_{st.session_state.get(f'{key}_turn', 0)}"
