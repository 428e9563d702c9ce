"""``python -m crm report NAME``: the dashboard's numbers on the command line.

Heavy parts are imported inside, as everywhere on the command line.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import typer

from crm.cli_frame import As, AsJson, ready, show, spoken
from crm.errors import NotFound, Problem, Refused
from crm.i18n import _

if TYPE_CHECKING:
    from db.scope import ScopedSession


def report(
    name: str = typer.Argument("", help="Which report; without a name the reports are listed."),
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
        from crm.reporting.catalogue import run_report, to_json
        from crm.reporting.report import SalesFilter
        from db.models import Campaign, Pipeline, Product, Team, User

        with reading(acting(who)) as session:
            chosen = SalesFilter(
                start=_day(start, "--from"),
                end=_day(end, "--to"),
                teams=_ids(session, Team, [Team.name], team, "--team"),
                owners=_ids(session, User, [User.name, User.email], owner, "--owner"),
                products=_ids(session, Product, [Product.name, Product.code], product, "--product"),
                pipelines=_ids(session, Pipeline, [Pipeline.name], pipeline, "--pipeline"),
                sources=tuple(source),
                campaigns=_ids(session, Campaign, [Campaign.name, Campaign.number], campaign, "--campaign"),
            )
            made = to_json(run_report(session, name, chosen))
        show(made) if as_json else typer.echo(as_text(made))


def _day(text: str, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        problem = Problem(option, _("Write the day as 2026-01-31."))
        message = _("{option} {text} is no day. Write it as 2026-01-31.").format(option=option, text=text)
        raise Refused(message, problems=[problem]) from error


def _ids(
    session: ScopedSession, cls: type[Any], columns: list[Any], texts: list[str], option: str
) -> tuple[int, ...]:
    """Rows named on the command line, whatever their capitals; an unknown name is refused, never ignored."""
    from sqlalchemy import func, or_, select

    found: list[int] = []
    for text in texts:
        same = or_(*(func.lower(column) == text.strip().lower() for column in columns))
        ids = session.scalars(select(cls.id).where(same)).all()
        if not ids:
            raise NotFound(_("{option} {text}: there is none by this name.").format(option=option, text=text))
        found += ids
    return tuple(found)


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
