"""A product: what it is, how it sells, which deals it is in."""

from crm.ui.contacts.record_product import show_product
from crm.ui.frame.guard import current_actor
from crm.ui.records.record_page import asked_id

actor = current_actor()

show_product(actor, asked_id("product"))
