"""Sales dashboard: what was won, how surely, by whom, and what stands open."""

from dataclasses import replace

import streamlit as st

from crm.clock import today
from crm.i18n import _
from crm.pipeline.reports.report_changes import changed_text
from crm.pipeline.targets import may_set_targets
from crm.ui.dashboards.numbers import forget_number
from crm.ui.frame import routes
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.ui.kit.months import firm_calendar
from crm.ui.my_day.start import note_dashboard
from crm.ui.sales import data
from crm.ui.sales.cards import show_cards, show_formulas
from crm.ui.sales.numbers import numbers
from crm.ui.sales.records import asked_for, show_records
from crm.ui.sales.targets import edit_targets

actor = current_actor()
note_dashboard(actor)

head = st.container()
choices = data.choices(actor)
asked = data.ask(choices, today=today(), calendar=firm_calendar(actor))
board = data.board(actor, asked)

with head, look.page(_("Sales"), data.context(board)):
    if may_set_targets(actor) and st.button(_("Targets"), icon=":material/flag:", key="sales_targets_edit"):
        edit_targets(actor, choices, currency=board.book.currency, month=board.period.end or today())

if not board.has_deals:
    narrowed = asked.chosen != type(asked.chosen)()
    text = (
        _("No deal fits these filters. Clear one to see more.")
        if narrowed
        else _(
            "Won value, win rate and pipeline stand here as soon as there are deals. Add one, or import a file."
        )
    )
    opened = look.empty(
        _("Nothing to count yet"),
        text,
        button=_("Open the pipeline") if not narrowed and "pipeline" in routes.screens() else "",
        key="sales_empty",
    )
    if opened:
        routes.show("pipeline")
    st.stop()

if note := data.moved_text(board):
    st.info(note, icon=":material/event_repeat:")
for note in board.book.notes:
    st.warning(note, icon=":material/currency_exchange:")
if note := changed_text(board.changed, board.book):
    st.info(look.plain(note), icon=":material/history:")

chosen = replace(asked.chosen, start=board.period.start, end=board.period.end)
look.kpi_row(numbers(board))
if (wanted := asked_for()) is not None:
    show_records(actor, chosen, wanted, title=_("Deals behind this number"), key="number")
    st.button(
        _("Hide these deals"), on_click=forget_number, args=("sales",), key="sales_hide", type="tertiary"
    )

drawn = data.figures(actor, asked, board.book.as_of, board)
clicked = show_cards(board, drawn)
if (wanted := clicked.narrowed()) is not None:
    # A column before the period can be clicked too; it says its own days.
    chosen = replace(chosen, start=None, end=None) if wanted.days else chosen
    show_records(actor, chosen, wanted, title=clicked.title(), key="bars")
show_formulas()
