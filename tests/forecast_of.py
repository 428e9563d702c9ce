"""The forecast of a series as it comes, made regular first as those of the firm and of files are."""

from crm.forecasting.engine import from_history
from crm.forecasting.series.series import regularise


def forecast(y, *, freq, horizon, seed=1, today=None, gaps="zero"):
    return from_history(regularise(y, freq=freq, today=today, gaps=gaps), horizon=horizon, seed=seed)
