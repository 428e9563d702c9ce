"""A piece of equipment: whether it is covered, what its meter shows, what happened to it and what is next."""

import streamlit as st

from crm.ui.equipment.page import show_unit
from crm.ui.frame import routes
from crm.ui.frame.guard import current_actor
from crm.ui.records.record_page import asked_id

actor = current_actor()

if "id" not in st.query_params:
    # The list stood at this address once.
    routes.show("equipment_list")
show_unit(actor, asked_id("equipment"))
