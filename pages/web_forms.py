"""Web forms: where strangers write to us, and how often they do."""

from crm.ui.frame.guard import current_actor
from crm.ui.messages.form_list import show_forms

actor = current_actor()

show_forms(actor)
