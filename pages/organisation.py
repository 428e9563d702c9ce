"""An organisation: its people, its deals, what is next, what happened."""

from crm.i18n import _
from crm.ui.contacts.record_party import PartyScreen, show_party
from crm.ui.frame.guard import current_actor
from crm.ui.records.record_page import asked_id

actor = current_actor()

show_party(
    actor,
    PartyScreen(
        entity="organisation",
        others="contact",
        others_title=_("People"),
        others_empty=_("Nobody is known here yet."),
        sales_title=_("What did they buy?"),
    ),
    asked_id("organisation"),
)
