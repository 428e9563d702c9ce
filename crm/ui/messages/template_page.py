"""The page of a template: the editor on the left, the message as it will look on the right."""

from __future__ import annotations

import streamlit as st

from crm.clock import here, now
from crm.i18n import _
from crm.mail.sending.status import missing
from crm.mail.templates.places import Unusable
from crm.mail.templates.render import check
from crm.mail.templates.templates import TemplateView, copy_template, send_test, template_view
from crm.ui.frame import routes
from crm.ui.frame.guard import flash, showing_problems
from crm.ui.kit import look
from crm.ui.kit.formats import moment
from crm.ui.messages.template_editor import Draft, editor, forget_draft, is_changed, store
from crm.ui.messages.template_preview import show_preview
from crm.ui.records.drawers import put_away
from crm.work import Actor, reading, unit_of_work


def show_template(actor: Actor, template_id: int) -> None:
    """Draw the page of one template."""
    with reading(actor) as session:
        view = template_view(session, template_id)
    head, told = st.container(), st.container()
    # The preview gets the wider part: a message is 600 px wide on a desk.
    grid = st.grid(5, min_column_width=150, gap="medium")
    with grid.cell(column_span=2):
        draft = editor(view)
        _where_used(view)
    problems = check(draft.source)
    with grid.cell(column_span=3):
        contact_id = show_preview(actor, draft.source, is_usable=not problems)
    with head:
        wanted = _head(actor, view, draft, is_usable=not problems)
    # What comes of it needs the whole width, so it is drawn below the header.
    with told:
        if wanted == "test":
            _test(actor, draft, contact_id)
        elif wanted == "save":
            store(actor, view, draft)


def _head(actor: Actor, view: TemplateView, draft: Draft, *, is_usable: bool) -> str:
    """Title and actions; gives "test" or "save" when that was asked for."""
    zone = here(now()).tzinfo
    assert zone is not None
    context = _("Template, changed {when}").format(
        when=moment(view.about.values["changed_at"], now=now(), zone=zone)
    )
    tags = []
    if view.about.archived:
        tags.append(look.tag(_("Archived"), tone=look.WATCH))
    elif not is_usable:
        tags.append(look.tag(_("Cannot be sent"), tone=look.BAD))
    elif view.about.may_change and is_changed(view, draft):
        tags.append(look.tag(_("Not stored yet"), tone=look.WATCH))
    with look.page(view.about.title, context, tags=tags, record=True):
        _menu(actor, view)
        if st.button(
            _("Send me a test"),
            icon=":material/outgoing_mail:",
            key="template_test",
            disabled=not is_usable,
            help=_("The message as it stands here goes to your own address."),
        ):
            return "test"
        if view.about.may_change and st.button(
            _("Save"), icon=":material/check:", type="primary", key="template_save"
        ):
            return "save"
    return ""


def _menu(actor: Actor, view: TemplateView) -> None:
    entries = {}
    if view.may_copy:
        entries[_("Copy")] = _copy
    if view.about.may_archive:
        entries[_("Restore") if view.about.archived else _("Archive")] = _put_away
    if entries:
        chosen = st.menu_button(_("More"), list(entries), key="template_more")
        if chosen in entries:
            entries[chosen](actor, view)


def _copy(actor: Actor, view: TemplateView) -> None:
    with showing_problems():
        with unit_of_work(actor) as work:
            made = copy_template(work, view.about.id)
        flash(_("This is the copy; what is stored of {name} stays as it is.").format(name=view.about.title))
        routes.go("template", made)


def _put_away(actor: Actor, view: TemplateView) -> None:
    def begin_anew() -> None:
        forget_draft(view.about.id)
        st.rerun()

    put_away(actor, view.about, then=begin_anew)


def _test(actor: Actor, draft: Draft, contact_id: int | None) -> None:
    with showing_problems():
        try:
            with unit_of_work(actor) as work:
                to, _key = send_test(work, draft.source, contact_id)
        except Unusable as error:
            st.error(look.plain(str(error)), icon=":material/error:")
            return
        flash(missing() or _("The test goes to {address} in a moment.").format(address=to))
        st.rerun()


def _where_used(view: TemplateView) -> None:
    if not view.campaigns:
        return
    with look.card(_("Where it is used"), _("What is stored here goes out from then on")):
        for campaign_id, name in view.campaigns:
            routes.link("campaign", campaign_id, name)
