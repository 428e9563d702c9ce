"""The pipeline as a table: the deal list with its filters in the address, so that other screens can link to it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from crm.i18n import _
from crm.ui.pipeline.view import TABLE, VIEW
from crm.ui.records.listing import ListScreen, show_list
from crm.work import Actor

#: Prefix of the filters in the address: ``deals_status``, ``deals_stage_id``, ``deals_owner_id``, ``deals_closed_on_from``.
PAGE = "deals"


def show_table(actor: Actor, head: DeltaGenerator) -> None:
    """Draw the list below the pipeline's views, with its header in the place given."""
    show_list(actor, ListScreen("deal", title=_("Pipeline")), head=head)


def narrow_to_stage(stage_id: int) -> None:
    """Let the next run show the table of one stage; for callbacks, where widgets can still be set."""
    st.session_state[VIEW] = TABLE
    st.session_state[f"{PAGE}_stage_id"] = [stage_id]
