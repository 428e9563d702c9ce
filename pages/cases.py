"""Cases: all of them as a list, the open ones as a board to move them on, and what waits for me."""

import streamlit as st

from crm.i18n import _
from crm.ui.cases.lists import (
    BOARD,
    LIST,
    VIEW,
    choose_cases,
    show_board,
    show_case_list,
    show_head,
    views,
)
from crm.ui.cases.queue import show_queue
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look

actor = current_actor()

head = st.container()
with look.toolbar():
    view = look.switch(_("View"), views(), key=VIEW)
    filters = choose_cases(actor) if view == BOARD else None

if view == LIST:
    show_case_list(actor, head)
    st.stop()

show_head(actor, head)
if filters is not None:
    show_board(filters)
else:
    show_queue(actor)
