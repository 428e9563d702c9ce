"""The pipeline as a table: the deal list with its filters in the address, so that other screens can link to it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from crm.i18n import _
from crm.ui.pipeline.view import TABLE, VIEW
from crm.ui.records.listing import ListScreen, new_record, show_list
from crm.work import Actor

#: Prefix of the filters in the address: ``deals_status``, ``deals_stage_id``, ``deals_owner_id``, ``deals_closed_on_from``.
PAGE = "deals"


def deal_screen() -> ListScreen:
    """The deal list and the form of a new deal."""
    return ListScreen(
        entity="deal",
        page=PAGE,
        title=_("Pipeline"),
        columns=("title", "organisation_id", "stage_id", "amount_minor", "expected_close_on", "owner_id"),
        form=(
            "title",
            "organisation_id",
            "contact_id",
            "product_id",
            "amount_minor",
            "currency",
            "expected_close_on",
        ),
        more=(
            "next_step",
            "next_step_on",
            "stage_id",
            "source",
            "competitors",
            "owner_id",
            "team_id",
            "number",
            "notes",
        ),
        pill="status",
        empty_text=_(
            "A deal is a chance to sell something to somebody. Add the first one, or import a file."
        ),
    )


def show_table(actor: Actor, head: DeltaGenerator) -> None:
    """Draw the list below the pipeline's views, with its header in the place given."""
    show_list(actor, deal_screen(), head=head)


def new_deal(actor: Actor) -> None:
    """Open the drawer for a new deal."""
    new_record(actor, deal_screen())


def narrow_to_stage(stage_id: int) -> None:
    """Let the next run show the table of one stage; for callbacks, where widgets can still be set."""
    st.session_state[VIEW] = TABLE
    st.session_state[f"{PAGE}_stage_id"] = [stage_id]
