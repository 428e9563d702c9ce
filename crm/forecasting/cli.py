"""``python -m crm forecast``: the forecast of the screen on the command line.

Heavy parts are imported inside, as everywhere on the command line.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm.cli_frame import As, AsJson, commanded, show, spoken
from crm.i18n import _

if TYPE_CHECKING:
    from crm.forecasting.queries import Run


def forecast(
    series: str = typer.Option("won", help="won: won deals by day of closing. sales: sales lines by day."),
    horizon: int = typer.Option(12, min=1, max=60, help="Months ahead."),
    seed: int = typer.Option(1, help="Same data and seed give the same forecast."),
    team: str = typer.Option("", help="Only this team, by name."),
    category: str = typer.Option("", help="Only products of this category, by name."),
    region: str = typer.Option("", help="Only this region; for sales."),
    as_json: AsJson = False,
    who: As = "",
) -> None:
    """Compute the monthly forecast of won deals or sales, store it for the screen, and print it."""
    with commanded():
        from crm.access.actors import acting
        from crm.clock import today
        from crm.forecasting import queries, service
        from crm.forecasting.chosen import MONTHS, SeriesChoice
        from crm.work import reading

        actor = acting(who)
        with reading(actor) as session:
            choice = SeriesChoice(
                series,
                team_id=queries.part_named(session, "team", team),
                category_id=queries.part_named(session, "category", category),
                region=region,
            )
        # The screen offers months up to this many, so a shorter forecast is cut from one of full length.
        service.compute(actor, choice, step=_told, horizon=max(horizon, MONTHS), seed=seed)
        with reading(actor) as session:
            run = queries.latest_run(session, choice)
            assert run is not None
            came = queries.so_far(session, choice, currency=run.currency, today=today())
            run = run.standing(came, today())
        show(to_json(run, horizon)) if as_json else typer.echo(as_text(run, horizon))


def forecast_file(
    source: Annotated[Path, typer.Argument(help="CSV with unique_id, ds, y")],
    target: Annotated[
        Path, typer.Argument(help="CSV to write: unique_id, ds, yhat, lo80, hi80, lo95, hi95, model")
    ],
    freq: Annotated[str, typer.Option(help="Step between two dates: MS, W, D, QS, h")] = "MS",
    horizon: Annotated[int, typer.Option(min=1, help="How many steps ahead")] = 12,
    workers: Annotated[int | None, typer.Option(help="Processes; default all cores")] = None,
) -> None:
    """Forecast every series of a file with the engine of the forecast screen."""
    from crm.forecasting.files import forecast_file as files

    with spoken():
        report = files.forecast_file(source, target, freq=freq, horizon=horizon, workers=workers)
    typer.echo(report.summary(), err=True)


def _told(done: int, total: int, note: str) -> None:
    if done < total:
        typer.echo(f"\r{note} …\033[K", err=True, nl=False)
    if done == total - 1:
        typer.echo(err=True)


def to_json(run: Run, months: int) -> dict[str, Any]:
    """A stored forecast as plain JSON values, amounts in major units."""
    from crm.forecasting.outlook import outlook
    from crm.money import exponent

    scale: int = 10 ** exponent(run.currency)

    def major(minor: float) -> float:
        return float(round(minor / scale, 2))

    told = run.forecast
    said = outlook(told, months=months)
    return {
        "run": run.id,
        "made_at": run.made_at.isoformat(timespec="seconds"),
        "cutoff": run.cutoff.isoformat(),
        "horizon": months,
        "seed": run.seed,
        "currency": run.currency,
        "rows": run.rows,
        "so_far": None if run.so_far is None else major(run.so_far),
        "model": told.model,
        "total": {
            "expected": major(said.total), "lo80": major(said.low), "hi80": major(said.high),
            "usual_error": said.usual_error, "tries": said.tries, "months_tried": said.error_months,
        },
        "months": [
            {
                "month": point.ds[:7],
                **{name: major(getattr(point, name)) for name in ("yhat", "lo80", "hi80", "lo95", "hi95")},
            }
            for point in told.points[:months]
        ],
        "candidates": json.loads(told.candidate_table().to_json(orient="records")),
        "parameters": told.parameters,
        "notes": list(told.notes),
    }  # fmt: skip


def as_text(run: Run, months: int) -> str:
    """A stored forecast for reading in a terminal."""
    made = to_json(run, months)
    total = made["total"]
    lines = [
        _("{n} months after {cutoff}, {currency}, model {model}").format(
            n=months, cutoff=made["cutoff"][:7], currency=made["currency"], model=made["model"]
        ),
        _("Expected {total:,.0f}, 8 times in 10 between {low:,.0f} and {high:,.0f}").format(
            total=total["expected"], low=total["lo80"], high=total["hi80"]
        ),
        "",
    ]
    if made["so_far"] is not None:
        lines.insert(2, _("{sum:,.0f} of it came in the running month already").format(sum=made["so_far"]))
    lines += [
        f"{row['month']}  {row['yhat']:>14,.0f}  {row['lo80']:>14,.0f} – {row['hi80']:>14,.0f}"
        for row in made["months"]
    ]
    return "\n".join([*lines, "", *made["notes"]])
