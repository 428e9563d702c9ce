"""Visits: the technician's day, the week, and all of them as a list."""

import streamlit as st

from crm.i18n import _
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.ui.visits.lists import (
    LIST,
    PEOPLE,
    VIEW,
    WEEKS,
    show_day,
    show_people,
    show_visit_list,
    show_week,
    views,
)

actor = current_actor()

head = st.container()
view = look.switch(_("View"), views(), key=VIEW)
if view == LIST:
    show_visit_list(actor, head)
elif view == PEOPLE:
    show_people(actor, head)
elif view == WEEKS:
    show_week(actor, head)
else:
    show_day(actor, head)
