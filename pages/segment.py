"""A segment: who belongs to it, by which rules, and where it is used."""

from crm.ui.guard import current_actor
from crm.ui.record_page import asked_id
from crm.ui.segment_page import show_segment

actor = current_actor()

show_segment(actor, asked_id("segment"))
