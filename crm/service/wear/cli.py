"""``python -m crm life-file``: life data of a file studied as the screen studies those of the firm."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm.cli_frame import AsJson, show, spoken
from crm.i18n import _

if TYPE_CHECKING:
    from crm.service.wear.life_file import LifeFile, RepairFile


def life_file(
    source: Annotated[
        Path, typer.Argument(help="CSV or spreadsheet: times, and 1 for failed, 0 for running.")
    ],
    time: Annotated[str, typer.Option(help="Column of the times; guessed by its name.")] = "",
    observed: Annotated[str, typer.Option(help="Column of failed or running; guessed by its name.")] = "",
    censored: Annotated[str, typer.Option(help="Column that says running instead of failed.")] = "",
    quantity: Annotated[str, typer.Option(help="Column of how many lives a row stands for.")] = "",
    entry: Annotated[
        str, typer.Option(help="Column of the age at which a unit came under observation.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Study a file of lives: counted curve with band, Weibull plain and with a share that can fail."""
    with spoken():
        from crm.service.wear.life_file import read_life_file

        chosen = {
            "time": time,
            "observed": observed,
            "censored": censored,
            "quantity": quantity,
            "entry": entry,
        }
        found = read_life_file(source, chosen=chosen)
        show(found.to_dict()) if as_json else typer.echo(as_text(found))


def as_text(found: LifeFile | RepairFile) -> str:
    """The study for reading in a terminal."""
    from crm.service.wear.life_file import RepairFile

    told = found.to_dict()
    taken = ", ".join(f"{role} = {name}" for role, name in told["columns"].items())
    head = [f"{told['file']} ({taken})", *told["notes"]]
    if isinstance(found, RepairFile):
        head.append(
            _("{units} units with {repairs} repairs").format(units=told["units"], repairs=told["repairs"])
        )
        steps = told["mean_cumulative"]
        return "\n".join(
            [*head, _("Mean number of repairs per unit up to each age (95 % interval):")]
            + [f"  {s['time']:>12,.6g}  {s['mean']:8.4f}  ({s['low']:.4f} – {s['high']:.4f})" for s in steps]
        )
    head.append(
        _("n = {n}: {failures} failed, {censored} still ran").format(
            n=told["n"], failures=told["failures"], censored=told["censored"]
        )
    )
    curve = told["kaplan_meier"]
    if curve["median"] is None:
        head.append(_("More than half still ran at the last look, so the counted curve has no median."))
    else:
        head.append(_("Half live longer than {median} (counted curve)").format(median=_range(curve)))
    laws = [
        _("{name:<8} alpha {alpha:.6g}  beta {beta:.4f}  share {share:.5f}  log-likelihood {ll:.3f}  AIC {aic:.2f}").format(
            name=name, alpha=law["alpha"], beta=law["beta"], share=law["share"], ll=law["log_likelihood"], aic=law["aic"]
        )
        for name, law in told["weibull"].items()
    ]  # fmt: skip
    if told["chosen"]:
        ends = told["weibull"][told["chosen"]]["intervals"]
        listed = ", ".join(f"{name} {low:.6g} – {high:.6g}" for name, (low, high) in ends.items())
        laws.append(_("Chosen: {name}. 95 % intervals: {ends}").format(name=told["chosen"], ends=listed))
    return "\n".join([*head, *laws, told["why"]])


def _range(curve: dict[str, Any]) -> str:
    ends = (curve["median_low"], curve["median_high"])
    low, high = ("…" if end is None else f"{end:,.6g}" for end in ends)
    return f"{curve['median']:,.6g} ({low} – {high})"
