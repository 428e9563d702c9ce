"""Web forms: where strangers write to us, and how often they do."""

from crm.ui.form_list import show_forms
from crm.ui.guard import current_actor

actor = current_actor()

show_forms(actor)
