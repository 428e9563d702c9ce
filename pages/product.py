"""A product: what it is, how it sells, which deals it is in."""

from crm.ui.guard import current_actor
from crm.ui.record_page import asked_id
from crm.ui.record_product import show_product

actor = current_actor()

show_product(actor, asked_id("product"))
