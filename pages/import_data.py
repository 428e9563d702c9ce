"""Import: bring in the files of another program, see first what will happen, take it back if it was wrong."""

import streamlit as st

from crm.i18n import _
from crm.ui.frame.guard import current_actor
from crm.ui.imports import wizard as import_wizard
from crm.ui.kit import look

actor = current_actor()

kept = import_wizard.state()
heading, context = import_wizard.title(kept["drafts"])
with look.page(heading, context):
    if kept["drafts"]:
        st.button(
            _("Start over"), key="import_start_over", type="tertiary", on_click=import_wizard.start_over
        )

import_wizard.show(actor)
