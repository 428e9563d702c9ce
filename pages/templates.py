"""Templates: the messages that campaigns send, with places for names."""

from crm.i18n import _
from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import ListScreen, show_list

actor = current_actor()

show_list(
    actor,
    ListScreen(
        entity="message_template",
        page="templates",
        columns=("name", "subject", "owner_id", "changed_at"),
        form=("name", "subject", "preheader", "body"),
        empty_text=_(
            "A template is a message with places for names, written once and sent by campaigns. Write the first one."
        ),
    ),
)
