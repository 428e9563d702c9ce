"""A visit: covered or not, steps, parts, meter, hours, cost and the next day."""

from crm.ui.frame.guard import current_actor
from crm.ui.records.record_page import asked_id
from crm.ui.visits.page import show_visit

actor = current_actor()

show_visit(actor, asked_id("work_order"))
