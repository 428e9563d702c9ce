"""Pipeline: the open deals as a board to move them on, as a table, and by the month in which they should close."""

import streamlit as st

from crm.i18n import _
from crm.pipeline.board import pipelines
from crm.ui import look
from crm.ui.guard import current_actor
from crm.ui.pipeline_board import show_board
from crm.ui.pipeline_calendar import show_calendar
from crm.ui.pipeline_table import new_deal, show_table
from crm.ui.pipeline_view import BOARD, CALENDAR, VIEW, choose_deals, choose_pipeline, views
from crm.work import reading

actor = current_actor()

with reading(actor) as session:
    names = pipelines(session)

slot = look.page(_("Pipeline"))
if not names:
    look.empty(_("No pipeline yet"), _("An administrator sets up a pipeline with its stages under Settings."))
    st.stop()

with look.toolbar():
    view = look.switch(_("View"), views(), key=VIEW)
    pipeline_id = choose_pipeline(names)
with slot:
    if actor.may("deal", "create") and st.button(
        _("New deal"), key="pipeline_new", type="primary", icon=":material/add:"
    ):
        new_deal(actor)

if view == BOARD:
    with look.toolbar():
        chosen = choose_deals(actor, pipeline_id)
    show_board(chosen)
elif view == CALENDAR:
    with look.toolbar():
        chosen = choose_deals(actor, pipeline_id)
    show_calendar(chosen)
else:
    show_table(actor)
