"""Service dashboard: what is open and late, whether promises are kept, who carries how much, what breaks."""

import streamlit as st

from crm.clock import today
from crm.i18n import _
from crm.ui.dashboards.numbers import forget_number
from crm.ui.frame import routes
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.ui.kit.months import firm_calendar
from crm.ui.service_board import data
from crm.ui.service_board.cards import show_cards, show_formulas
from crm.ui.service_board.numbers import show_numbers
from crm.ui.service_board.records import asked_for, show_number, show_records

actor = current_actor()

head = st.container()
asked = data.ask(data.choices(actor), today=today(), calendar=firm_calendar(actor))
board = data.board(actor, asked)

with head:
    look.page(_("Service"), data.context(board))

if not board.has_cases:
    narrowed = asked.chosen != type(asked.chosen)()
    text = (
        _("No case fits these filters. Clear one to see more.")
        if narrowed
        else _("Open and late cases, promises kept and satisfaction stand here as soon as there are cases.")
    )
    opened = look.empty(
        _("Nothing to count yet"),
        text,
        button=_("Open the cases") if not narrowed and "cases" in routes.screens() else "",
        key="service_empty",
    )
    if opened:
        routes.show("cases")
    st.stop()

for note in data.notes(board):
    st.info(note, icon=":material/info:")

show_numbers(board)
if (wanted := asked_for()) is not None:
    show_number(actor, asked, board, wanted)
    st.button(
        _("Hide these records"),
        on_click=forget_number,
        args=("service",),
        key="service_hide",
        type="tertiary",
    )

drawn = data.figures(actor, asked, board.as_of, board)
clicked = show_cards(board, drawn)
if clicked.parts:
    show_records(actor, asked, clicked.parts, title=clicked.title(), key="marks")
show_formulas(board)
