"""One deal: where it stands, what it is worth, who is in it, what comes next, and everything that happened."""

from crm.clock import now, today
from crm.pipeline.deal_page import read_deal
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.ui.pipeline import deal_side
from crm.ui.pipeline.deal_head import show_head, show_numbers, show_stages
from crm.ui.pipeline.deal_lines import show_lines
from crm.ui.records.files import files_card
from crm.ui.records.record_page import asked_id
from crm.work import reading

actor = current_actor()

with reading(actor) as session:
    deal = read_deal(session, asked_id("deal"), now=now(), today=today())

show_head(actor, deal)
show_stages(actor, deal)
show_numbers(deal)

main, aside = look.split()
with main:
    deal_side.show_next_step(actor, deal)
    show_lines(actor, deal)
    deal_side.show_history(actor, deal)
with aside:
    deal_side.show_tasks(actor, deal)
    deal_side.show_people(deal)
    deal_side.show_facts(deal)
    files_card("deal", deal.view.id, may_change=deal.view.may_change and not deal.view.archived)
    deal_side.show_stays(deal)
