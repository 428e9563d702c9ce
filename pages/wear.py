"""Wear and faults: how long parts last, what fails most and next, and what that rests on."""

import streamlit as st

from crm.i18n import _
from crm.ui.frame import job_progress
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.ui.wear import board as wear_board
from crm.ui.wear import next as wear_next
from crm.ui.wear.cards import (
    show_basis,
    show_conclusion,
    show_curve,
    show_effects,
    show_pareto,
    show_rates,
    show_repairs,
    show_repeats,
)

actor = current_actor()

seen = wear_board.overview(actor)
job = wear_next.active_job(actor)
with look.page(_("Wear and faults"), wear_board.context(seen)):
    wear_next.compute_button(actor, disabled=job is not None or not seen.failures)
if not seen.failures:
    look.empty(
        _("No failures yet"),
        _("Bring units, failures and part changes in under Import, or write a failure down with a visit."),
    )
    st.stop()

with look.toolbar():
    asked = wear_board.ask(seen)
    wear_next.settings_popover(actor, *wear_board.settings_now(actor))
if job is not None:
    job_progress.watch(job, key="wear", done=wear_next.ready)
else:
    wear_next.show_failed(actor)

with st.spinner(_("Studying the lives"), show_time=False):
    board = wear_board.board(actor, asked, seen)
    ahead = wear_board.ahead(actor, asked)
show_conclusion(asked, board)
if ahead.units:
    wear_next.show_advice(wear_board.advice(actor, asked))

card = look.wall(3, width=290)
with card(_("How long do they last?"), _("Share still running by age, counted and by law"), span=2):
    show_curve(asked, board)
with card(_("Which parts fail most?"), _("Failures and running share. Click a bar.")):
    picked = show_pareto(asked, board, seen)
with st.expander(_("How"), icon=":material/function:", key="wear_how"):
    how = look.wall(3, width=290)
    with how(_("What this rests on")):
        show_basis(asked, board, seen)
    with how(_("How often, by part?"), _("Failures per unit-month, 95% range")):
        show_rates(board.by_part, seen, key="wear_rates_part", by_part=True)
    with how(_("What comes back?"), _("Same part of the same unit within 30 days")):
        show_repeats(board, seen)
    with how(_("Which models fail most often?"), _("Failures per unit-month, 95% range")):
        show_rates(board.by_product, seen, key="wear_rates_product", by_part=False)
    with how(_("Do age and model matter?"), _("How the danger changes, 95% range")):
        show_effects(board)
    with how(_("How many failures by then?"), _("Mean per unit by months watched")):
        show_repairs(board)
if picked:
    wear_board.choose_part(seen, picked)

if ahead.units:
    wear_next.show_next(ahead)
elif job is None:
    st.info(_("No unit has figures yet. Compute them, or wait for the night."), icon=":material/schedule:")
