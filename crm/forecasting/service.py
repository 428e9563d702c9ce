"""Forecasts of the firm's own series: compute and store one, start it as a job."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from crm.clock import today
from crm.errors import NotAllowed, Refused
from crm.forecasting import queries
from crm.forecasting.chosen import MONTHS, SeriesChoice
from crm.forecasting.outlook import pace_of
from crm.forecasting.parallel import Task, forecast_many
from crm.forecasting.result import Forecast
from crm.forecasting.series.series import History, regularise
from crm.i18n import _
from crm.jobs.queue import enqueue
from crm.periods import add_months, month_start
from crm.work import SYSTEM, Actor, reading, unit_of_work
from db.models import ForecastRun
from db.scope import READ

STEPS = 3
#: So many months say when in a month values come.
PACE_MONTHS = 24
#: How far the fitting process stands back behind the one that serves people.
NICE = 15

Step = Callable[[int, int, str], None]


def compute(actor: Actor, choice: SeriesChoice, *, step: Step, horizon: int = MONTHS, seed: int = 1) -> int:
    """Read the series as the actor sees it, fit it in a process of its own, store the forecast.

    Returns
    -------
    int
        The id of the stored run.

    Raises
    ------
    NotAllowed
        The actor's role does not see the records that the series adds up.
    Refused
        The series is too short or an amount cannot be converted; the message says what is missing.
    """
    if not actor.may(choice.entity, READ):
        raise NotAllowed(_("Your role does not see the records behind this forecast. Ask an administrator."))
    step(0, STEPS, _("Reading what happened so far"))
    with reading(actor) as session:
        past = queries.monthly_values(session, choice, today=today())
        begun = month_start(today())
        days = queries.by_day(
            session, choice, start=add_months(begun, -PACE_MONTHS), end=begun - timedelta(1)
        )
    history = regularise(past.values, freq="MS", today=today())
    note = _("Trying every method on the past")
    step(1, STEPS, note)
    told = _fitted(history, horizon=horizon, seed=seed, pulse=lambda: step(1, STEPS, note))
    step(2, STEPS, _("Storing the forecast"))
    return _store(actor, choice, told, past, horizon=horizon, seed=seed, pace=pace_of(days))


def _fitted(history: History, *, horizon: int, seed: int, pulse: Callable[[], object]) -> Forecast:
    task = Task("series", history, horizon, seed)
    (outcome,) = forecast_many([task], workers=1, nice=NICE, pulse=pulse)
    if outcome.forecast is None:
        raise Refused(outcome.error)
    return outcome.forecast


def _store(
    actor: Actor,
    choice: SeriesChoice,
    told: Forecast,
    past: queries.Past,
    *,
    horizon: int,
    seed: int,
    pace: list[float],
) -> int:
    parameters: dict[str, Any] = {
        **told.parameters,
        "choice": choice.to_args(),
        "currency": past.currency,
        "rows": past.rows,
        "pace": pace,
        "year_ahead": sum(point.yhat for point in told.points[:12]),
    }
    result = told.to_dict()
    result["notes"] = [*told.notes, *past.notes]
    run = ForecastRun(
        series=choice.name,
        scope_key=queries.scope_key(actor, choice),
        cutoff=date.fromisoformat(told.cutoff),
        horizon=horizon,
        seed=seed,
        model=told.model,
        parameters=parameters,
        result=result,
        actor_id=actor.user_id,
    )
    # Runs are the program's own rows: what may be read went into them under the actor's scope above.
    with unit_of_work(SYSTEM, cause="forecast") as work:
        work.session.add(run)
        work.session.flush()
        queries.forget_old_runs(work.session, run.series, run.scope_key)
        return int(run.id)


def start(actor: Actor, choice: SeriesChoice) -> int:
    """Queue a forecast of the series unless one is under way; gives the job's id."""
    if not actor.may(choice.entity, READ):
        raise NotAllowed(_("Your role does not see the records behind this forecast. Ask an administrator."))
    with reading(actor) as session:
        job = queries.latest_job(session, choice)
    if job is not None and job.is_active:
        return job.id
    return enqueue(actor, "forecast", {"series": choice.to_args()})


def refresh(actor: Actor, choice: SeriesChoice, *, on: date) -> int:
    """Queue a forecast of the series once a day at most; for a run that newer months have overtaken."""
    key = f"forecast {choice.name[:60]} {queries.scope_key(actor, choice)[:30]} {actor.user_id} {on}"
    return enqueue(actor, "forecast", {"series": choice.to_args()}, unique_key=key)
