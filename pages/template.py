"""A template: its texts, what is wrong with them, and how a contact will see the message."""

from crm.ui.guard import current_actor
from crm.ui.record_page import asked_id
from crm.ui.template_page import show_template

actor = current_actor()

show_template(actor, asked_id("message_template"))
