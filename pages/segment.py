"""A segment: who belongs to it, by which rules, and where it is used."""

from crm.ui.frame.guard import current_actor
from crm.ui.records.record_page import asked_id
from crm.ui.segments.page import show_segment

actor = current_actor()

show_segment(actor, asked_id("segment"))
