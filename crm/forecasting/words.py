"""What a forecast rests on, in plain sentences."""

from __future__ import annotations

import numpy as np

from crm.forecasting.methods.candidates import LABELS, Trials
from crm.forecasting.series.season import has_season
from crm.i18n import _, ngettext


def too_short(count: int, fewest: int) -> str:
    """Why nothing can be said yet, and how much is missing."""
    text = ngettext(
        "There is {n} period with a value; a forecast needs at least {fewest}.",
        "There are {n} periods with a value; a forecast needs at least {fewest}.",
        count,
    )
    return text.format(n=count, fewest=fewest)


def _history(trials: Trials) -> str:
    labels = np.datetime_as_string(trials.history.dates().astype("datetime64[D]"))
    text = _("It rests on {n} periods, from {start} to {end}.")
    return text.format(n=len(labels), start=labels[0], end=labels[-1])


def _model(trials: Trials, chosen: str, weight: dict[str, float]) -> str:
    if trials.kind == "constant":
        return _("The value never changed, so it is carried on.")
    if trials.kind == "sparse":
        text = _("Most periods are empty, so the mean to expect is given: {model}.")
    elif trials.kind == "short":
        text = _("The history is short, so a plain method answers: {model}.")
    elif chosen == "weighted":
        parts = ", ".join(f"{_(LABELS[name])} {round(100 * share)} %" for name, share in weight.items())
        text = _("Several methods answer together, weighted by how well each did in the back-test: {parts}.")
        return text.format(parts=parts)
    else:
        text = _("{model} answers, because its back-test error was clearly the smallest.")
    return text.format(model=_(LABELS[chosen]))


def _season(trials: Trials) -> str:
    full = trials.history.frequency.season
    if trials.season == 1 and full > 1:
        text = _("No season: it takes {n} periods, two full seasons, to see one repeat.")
        return text.format(n=2 * full)
    if full == 1:
        return _("Years have no season.")
    if has_season(trials.values, full):
        return _("A season of {n} periods repeats and is carried on.").format(n=full)
    return _("No season of {n} periods stands out from the noise.").format(n=full)


def _band(trials: Trials, chosen: str, *, tries: int, relative: bool) -> str:
    if trials.kind == "sparse":
        return _("The band shows which values single periods took lately.")
    text = ngettext(
        "The band is as wide as the misses of {n} earlier try suggest.",
        "The band is as wide as the misses of {n} earlier tries suggest.",
        tries,
    ).format(n=tries)
    if chosen in ("weighted", "median") and "prophet" in trials.said:
        text += " " + _("Prophet took part in {n} of them.").format(n=len(trials.common))
    if relative:
        text += " " + _("Misses are measured as ratios, so the band stays above zero.")
    return text


def notes(
    trials: Trials,
    chosen: str,
    weight: dict[str, float],
    *,
    nearest: str,
    tries: int,
    relative: bool,
) -> tuple[str, ...]:
    """The sentences under "What this rests on", most important first.

    ``nearest`` is the method with the smallest back-test error, whether it answers or not.
    """
    said = [_history(trials), _model(trials, chosen, weight)]
    if chosen == "weighted" and nearest != chosen:
        text = _("{model} was nearer in the back-test, but not by the 30 % that would set it above luck.")
        said.append(text.format(model=_(LABELS[nearest])))
    said.append(_season(trials))
    if trials.kind != "constant":
        said.append(_band(trials, chosen, tries=tries, relative=relative))
    if not relative and bool((trials.values >= 0).all()):
        said.append(_("No value was ever negative, so neither is the forecast."))
    return (*said, *trials.history.notes)
