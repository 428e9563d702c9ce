"""A web form: its questions, its address, and what became of each answer."""

from crm.ui.frame.guard import current_actor
from crm.ui.messages.form_page import show_form
from crm.ui.records.record_page import asked_id

actor = current_actor()

show_form(actor, asked_id("web_form"))
