"""``python -m crm report NAME``: the dashboard's numbers on the command line.

Heavy parts are imported inside, as everywhere on the command line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from crm.cli_frame import As, AsJson, ready, show, spoken
from crm.i18n import _


def report(
    name: str = typer.Argument("", help="Which report; without a name the reports are listed."),
    file: Path | None = typer.Argument(
        None, help="Into this file (.csv, .xlsx or .json) instead of the screen; - is the output."
    ),
    as_json: AsJson = False,
    start: str = typer.Option("", "--from", help="First day, as 2026-01-31."),
    end: str = typer.Option("", "--to", help="Last day, as 2026-01-31."),
    team: list[str] = typer.Option([], "--team", help="Team by name; may be given several times."),
    owner: list[str] = typer.Option(
        [], "--owner", help="Owner by name or e-mail; may be given several times."
    ),
    product: list[str] = typer.Option(
        [], "--product", help="Product by name or code; may be given several times."
    ),
    pipeline: list[str] = typer.Option(
        [], "--pipeline", help="Pipeline by name; may be given several times."
    ),
    source: list[str] = typer.Option([], "--source", help="Source; may be given several times."),
    campaign: list[str] = typer.Option(
        [], "--campaign", help="Campaign by name or number; may be given several times."
    ),
    who: As = "",
) -> None:
    """Print a report: won value, win rate, cycle time, pipeline, sales, campaigns."""
    from crm.access.actors import acting
    from crm.work import reading

    with spoken():
        if not name:
            _print_kinds(as_json)
            return
        ready()
        from crm.reporting.asked import chosen_in_words
        from crm.reporting.catalogue import run_report, to_json

        words = {
            "from": [start], "to": [end], "team": team, "owner": owner, "product": product,
            "pipeline": pipeline, "source": source, "campaign": campaign,
        }  # fmt: skip
        with reading(acting(who)) as session:
            made = to_json(run_report(session, name, chosen_in_words(session, words)))
        if file is not None:
            from crm.exchange.leaving.to_disk import kind_of_file, written
            from crm.reporting.files import report_parts

            kind = kind_of_file(file)
            written(file, lambda out: out.writelines(report_parts(made, kind)))
            for note in made["notes"]:
                typer.echo(note, err=True)
            return
        show(made) if as_json else typer.echo(as_text(made))


def _print_kinds(as_json: bool) -> None:
    from crm.reporting.catalogue import kinds

    if as_json:
        told = [
            {"report": k.name, "description": _(k.description), "takes": list(k.takes)}
            for k in kinds().values()
        ]
        show(told)
        return
    width = max(map(len, kinds()))
    for kind in kinds().values():
        typer.echo(f"{kind.name:<{width}}  {_(kind.description)}")


def as_text(made: dict[str, Any]) -> str:
    """A report for reading in a terminal: what it is, totals, table, how it is computed."""
    import pandas as pd

    shown = {key: value for key, value in made["summary"].items() if value is not None}
    head = [f"{made['description']} ({made['currency']}, n = {made['n']})"]
    head += [f"  {key}: {_written(value)}" for key, value in shown.items()]
    table = pd.DataFrame(made["rows"], dtype=object)
    body = [table.map(_written).to_string(index=False)] if len(table) else [_("No rows.")]
    return "\n".join([*head, "", *body, "", made["formula"], *made["notes"]])


def _written(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.4f}" if abs(value) < 1 else f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
