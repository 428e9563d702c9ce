"""Marketing dashboard: where customers come from, what campaigns cost and brought."""

import streamlit as st

from crm.clock import today
from crm.i18n import _
from crm.ui.frame import routes
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.ui.kit.months import firm_calendar
from crm.ui.marketing import data
from crm.ui.marketing.cards import numbers, show_campaigns, show_cards, show_formulas, show_sources
from crm.ui.marketing.records import show_number

actor = current_actor()

head = st.container()
asked = data.ask(data.choices(actor), today=today(), calendar=firm_calendar(actor))
board = data.board(actor, asked)

with head, look.page(_("Marketing"), data.context(board)):
    pass

if board.is_empty:
    narrowed = asked.kind != "all" or asked.chosen != type(asked.chosen)()
    text = (
        _("No contact, lead, deal or campaign fits these filters. Clear one, or choose a longer period.")
        if narrowed
        else _("Sources, campaigns and what they cost stand here as soon as there are leads or campaigns.")
    )
    opened = look.empty(
        _("Nothing to count yet"),
        text,
        button=_("Open the campaigns") if "campaigns" in routes.screens() else "",
        key="marketing_empty",
    )
    if opened:
        routes.show("campaigns")
    st.stop()

for note in data.notes(board):
    st.info(note, icon=":material/info:")
for note in board.book.notes:
    st.warning(note, icon=":material/currency_exchange:")
look.kpi_row(numbers(board))
show_number(actor, asked)
show_cards(data.figures(actor, asked, board.book.as_of, board))
show_campaigns(board)
show_sources(board)
show_formulas()
