"""Forecast: what may come, how sure that is, how good it was before, and what it rests on."""

from functools import partial

import streamlit as st

from crm.forecasting.engine import FEWEST
from crm.forecasting.service import start
from crm.forecasting.words import too_short
from crm.i18n import _
from crm.ui.forecast import data as forecast_data
from crm.ui.forecast import job as forecast_job
from crm.ui.forecast.deals import show_all_numbers, show_open_deals
from crm.ui.forecast.proof import (
    before_words,
    show_before,
    show_earlier,
    show_methods_chart,
    show_methods_table,
    show_season,
    show_trend,
)
from crm.ui.forecast.view import context, rests_on, show_band, show_numbers
from crm.ui.frame import job_progress
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.ui.kit.months import firm_calendar

actor = current_actor()

head = st.container()
asked = forecast_data.ask(actor)
seen = forecast_data.see(actor, asked.choice)
job = forecast_job.keep_fresh(actor, asked.choice, seen)

months = seen.span.months
with head, look.page(_("Forecast"), context(asked, seen)):
    if months >= FEWEST and job_progress.compute_button("forecast", disabled=job is not None):
        job_progress.begin(partial(start, actor, asked.choice))

if job is not None:
    job_progress.watch(job, key="forecast", done=lambda _job: _("The forecast is ready."))
else:
    forecast_job.show_outcome(seen)

if seen.run is None:
    if not months:
        look.empty(
            _("Nothing to forecast yet"),
            _(
                "Won deals with a day of closing, or sales lines, are added up by month. Enter or import some."
            ),
        )
    elif months < FEWEST:
        st.info(too_short(months, FEWEST), icon=":material/hourglass_empty:")
    elif job is None and look.empty(
        _("No forecast yet"),
        _("There are {n} months to learn from. It takes a few seconds and is then kept.").format(n=months),
        button=_("Compute the forecast"),
        key="forecast_first",
    ):
        job_progress.begin(partial(start, actor, asked.choice))
    st.stop()

run = seen.run
near = forecast_data.beside(actor, asked.choice, run, seen.today)
if seen.is_overtaken and job is None:
    st.info(_("Newer months have ended since this was computed. Compute it anew."), icon=":material/update:")

show_numbers(asked, run, near)
show_band(asked, run, near)

card = look.wall(3, width=300)
with card(_("Would it have been right before?"), before_words(run.forecast), span=2):
    show_before(run)
with card(_("What this rests on")):
    rests_on(run, near)
with card(_("Where does it lead?"), _("The mean of twelve months each, past and expected")):
    show_trend(run, asked.months)
with card(_("Which months are strong?"), _("Above or below an ordinary month")):
    show_season(run, firm_calendar(actor).year_start)
if near is not None:
    with card(_("Which deals are in hand?"), _("Open deals by expected month of closing")):
        show_open_deals(asked, run, near)

main, aside = look.split()
with main:
    show_methods_table(run.forecast)
with aside, look.card(_("Error of each method"), _("MASE in the back-test, small is good")):
    show_methods_chart(run.forecast)
show_all_numbers(actor, asked, run)
with st.expander(_("Earlier forecasts"), icon=":material/history:"):
    show_earlier(forecast_data.earlier(actor, asked.choice), run.currency)
