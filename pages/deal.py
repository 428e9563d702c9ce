"""One deal: where it stands, what it is worth, who is in it, what comes next, and everything that happened."""

import streamlit as st

from crm.clock import now, today
from crm.errors import NotFound
from crm.i18n import _
from crm.pipeline.deal_page import read_deal
from crm.ui import deal_side, look
from crm.ui.deal_head import show_head, show_numbers, show_stages
from crm.ui.deal_lines import show_lines
from crm.ui.guard import current_actor
from crm.work import reading

actor = current_actor()

asked = st.query_params.get("id", "")
if not (asked.isascii() and asked.isdigit() and len(asked) < 16):
    raise NotFound(_("This address names no deal. Open one from the pipeline."))
with reading(actor) as session:
    deal = read_deal(session, int(asked), now=now(), today=today())

show_head(actor, deal)
show_stages(actor, deal)
show_numbers(deal)

main, aside = look.split()
with main:
    deal_side.show_next_step(actor, deal)
    show_lines(actor, deal)
    deal_side.show_timeline(actor, deal)
with aside:
    deal_side.show_tasks(actor, deal)
    deal_side.show_people(deal)
    deal_side.show_facts(deal)
    deal_side.show_stays(deal)
