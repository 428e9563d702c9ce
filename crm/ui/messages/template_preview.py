"""The message as a contact will see it: on a desk, on a phone, and as plain text."""

from __future__ import annotations

from base64 import b64encode

import streamlit as st

from crm.errors import CrmError
from crm.i18n import _
from crm.mail.templates.places import Unusable
from crm.mail.templates.render import Rendered, Source
from crm.mail.templates.templates import preview
from crm.records import registry
from crm.ui.frame.guard import show
from crm.ui.kit import look
from crm.ui.kit.inputs import input_for, read_input
from crm.work import Actor, reading

PHONE_WIDTH, HEIGHT = 390, 560


def show_preview(actor: Actor, source: Source, *, is_usable: bool) -> int | None:
    """Draw the preview; gives the chosen contact, None for the sample one."""
    with look.toolbar():
        shape = look.switch(
            _("Preview"),
            {"desk": _("Desktop"), "phone": _("Phone"), "text": _("Plain text")},
            key="template_shape",
        )
    contact_id = _contact(actor)
    if not is_usable:
        look.empty(
            _("No preview yet"),
            _("Mend what is marked in red; the message shows here as soon as it can be sent."),
        )
        return contact_id
    try:
        with reading(actor) as session:
            said = preview(session, source, contact_id)
    except Unusable as error:
        st.error(look.plain(str(error)), icon=":material/error:")
        return contact_id
    except CrmError as problem:
        show(problem)
        return contact_id
    _draw(said, shape)
    return contact_id


def _contact(actor: Actor) -> int | None:
    """Whose message is shown; nobody chosen means sample values."""
    field = registry.entity("case")["contact_id"]
    entered = input_for(field, key="template_contact", value=None, actor=actor, currency="")
    found, problem = read_input(field, entered, actor=actor, currency="")
    if problem is not None:
        st.caption(f":red[:material/error: {look.plain(problem.message)}]")
    elif found is None:
        st.caption(_("Choose a contact to see their message; until then it shows sample values."))
    return int(found) if found is not None else None


def _draw(said: Rendered, shape: str) -> None:
    with st.container(border=True, gap="xsmall", key="template_preview"):
        st.markdown(f"**{look.plain(said.subject)}**")
        if shape == "text":
            st.code(said.text, language=None, wrap_lines=True)
            return
        # By its own address the message gets an origin of its own: whatever stood in it could not reach the program.
        st.iframe(
            f"data:text/html;charset=utf-8;base64,{b64encode(_still(said.html).encode()).decode()}",
            width=PHONE_WIDTH if shape == "phone" else "stretch",
            height=HEIGHT,
            alt=_("Preview of the message"),
        )


def _still(html: str) -> str:
    """The message for looking at: it runs nothing, and its links open beside the program."""
    rules = "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'"
    head = f'<head>\n<meta http-equiv="Content-Security-Policy" content="{rules}">\n<base target="_blank">'
    return html.replace("<head>", head, 1)
