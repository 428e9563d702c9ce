"""Segments: groups of contacts by rules, for lists and campaigns."""

from crm.i18n import _
from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import ListScreen, show_list

actor = current_actor()

show_list(
    actor,
    ListScreen(
        entity="segment",
        page="segments",
        columns=("name", "kind", "counted", "counted_at", "owner_id"),
        form=("name", "description"),
        more=("owner_id", "team_id"),
        pill="kind",
        empty_text=_(
            "Groups of contacts by rules stand here, such as customers without an order for six months. Add one."
        ),
    ),
)
