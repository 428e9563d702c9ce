"""Single values so far from their neighbours that no method should learn from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crm.forecasting.series.season import Floats
from crm.forecasting.series.series import History, iso
from crm.i18n import _

WINDOW = 13
LATEST = 3
DEVIATIONS = 8.0
FACTOR = 5.0
MOST_SHARE = 0.04

# Turns a median absolute deviation into the standard deviation of normal noise.
NORMAL = 1.4826


def _usual(logs: Floats, season: int) -> Floats:
    """Running median, and upon it the median of what the same place in other seasons lies beside it."""
    width = min(WINDOW, len(logs) - 1 + len(logs) % 2)
    padded = np.pad(logs, width // 2, mode="reflect")
    running = np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)[: len(logs)]
    place = np.arange(len(logs)) % season
    if season > 1 and len(logs) >= 3 * season:
        beside = logs - running
        running = running + np.array([np.median(beside[place == each]) for each in range(season)])[place]
    return np.asarray(running)


def calmed(history: History) -> History:
    """The history with extraordinary values replaced by what is usual around them, each told in a note.

    Only in positive series, only values more than five times above or below the usual and far outside the
    noise, and never the latest three, which may be the start of something new.
    """
    values, season = history.values, history.frequency.season
    if len(values) < WINDOW or float(values.min()) <= 0:
        return history
    logs = np.log(values)
    usual = _usual(logs, season)
    beside = np.abs(logs - usual)
    limit = max(np.log(FACTOR), DEVIATIONS * NORMAL * float(np.median(beside)))
    odd = np.flatnonzero(beside[:-LATEST] > limit)
    if not 0 < len(odd) <= max(1, MOST_SHARE * len(values)):
        return history
    calm = values.copy()
    calm[odd] = np.exp(usual[odd])
    days = ", ".join(iso(history.dates()[odd]))
    note = _("Extraordinary values were set aside, so that they do not bend the forecast: {periods}.")
    return replace(history, values=calm, notes=(*history.notes, note.format(periods=days)))
