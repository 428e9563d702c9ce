"""A contact: who they are, how it is going, what is next, what happened."""

from crm.i18n import _
from crm.ui.contacts.record_party import PartyScreen, show_party
from crm.ui.frame.guard import current_actor
from crm.ui.records.record_page import asked_id

actor = current_actor()

show_party(
    actor,
    PartyScreen(
        entity="contact",
        others="organisation",
        others_title=_("Organisations"),
        others_empty=_("No role at an organisation yet."),
        sales_title=_("What did they buy?"),
    ),
    asked_id("contact"),
)
