"""Pipeline: the open deals as a board to move them on, as a table, and by the day on which they should close."""

import streamlit as st

from crm.i18n import _
from crm.pipeline.board import pipelines
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.ui.pipeline.board import show_board
from crm.ui.pipeline.calendar import show_calendar
from crm.ui.pipeline.view import BOARD, TABLE, VIEW, choose_deals, choose_pipeline, views
from crm.ui.records.drawers import new_record
from crm.ui.records.listing import show_list
from crm.ui.records.views.screen import ListScreen
from crm.work import reading

actor = current_actor()

with reading(actor) as session:
    names = pipelines(session)

head = st.container()
with look.toolbar():
    view = look.switch(_("View"), views(), key=VIEW)
    chosen = choose_deals(actor, choose_pipeline(names)) if names and view != TABLE else None

if view == TABLE:
    # Its filters stand in the address, so that other screens can link to it: deals_status, deals_owner_id …
    show_list(actor, ListScreen("deal", title=_("Pipeline")), head=head)
    st.stop()

context = (
    _("Drag a card to its next stage, or use its menu")
    if view == BOARD
    else _("By the day they should close")
)
with head, look.page(_("Pipeline"), context):
    if actor.may("deal", "create") and st.button(
        _("New deal"), key="pipeline_new", type="primary", icon=":material/add:"
    ):
        new_record(actor, "deal")

if chosen is None:
    look.empty(_("No pipeline yet"), _("An administrator sets up a pipeline with its stages under Settings."))
elif view == BOARD:
    show_board(chosen)
else:
    show_calendar(chosen)
