"""A template: its texts, what is wrong with them, and how a contact will see the message."""

from crm.ui.frame.guard import current_actor
from crm.ui.messages.template_page import show_template
from crm.ui.records.record_page import asked_id

actor = current_actor()

show_template(actor, asked_id("message_template"))
