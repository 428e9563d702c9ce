"""One case: the problem, the promise, what was said, the machine, the customer, and what was seen before."""

from crm.clock import now
from crm.service.cases.queries import read_case
from crm.ui.cases import side as case_side
from crm.ui.cases.box import show_box, show_company
from crm.ui.cases.head import show_head, show_strip
from crm.ui.cases.thread import show_thread, shown_messages
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.ui.records.files import files_card
from crm.ui.records.record_page import asked_id
from crm.work import reading

actor = current_actor()

case_id = asked_id("case")
with reading(actor) as session:
    case = read_case(session, case_id, now(), messages=shown_messages(case_id))

show_head(actor, case)
show_strip(case)

main, aside = look.split()
with main:
    show_thread(case)
    show_company(case_id, case.seen)
    show_box(
        case_id,
        seen=case.seen,
        copies=case.copies,
        status=case.record["status"],
        contact=case.name_of("contact_id"),
        no_mail=case.no_mail,
        may_write=case.about.may_change and not case.about.archived,
    )
with aside:
    case_side.show_machine(case)
    case_side.show_customer(case)
    case_side.show_facts(case)
    case_side.show_work(actor, case)
    files_card("case", case_id, may_change=case.about.may_change and not case.about.archived)
    case_side.show_talks(actor, case)
    case_side.show_seen_before(case)
    case_side.show_way(case)
