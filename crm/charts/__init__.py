"""Values in, Plotly figures out, all in one style; titles and explanations stand outside, above the chart."""

from crm.charts.bars import funnel, hbars
from crm.charts.columns import columns, histogram, stacked
from crm.charts.lines import Band, backtest, band, trend
from crm.charts.ranges import heat, intervals
from crm.charts.spans import Span, spans
from crm.charts.theme import (
    ACCENT,
    AMBER,
    CUT,
    MUTED,
    PLUM,
    SKY,
    TEAL,
    WINE,
    Unit,
)

__all__ = [
    "ACCENT",
    "AMBER",
    "CUT",
    "MUTED",
    "PLUM",
    "SKY",
    "TEAL",
    "WINE",
    "Band",
    "Span",
    "Unit",
    "backtest",
    "band",
    "columns",
    "funnel",
    "hbars",
    "heat",
    "histogram",
    "intervals",
    "spans",
    "stacked",
    "trend",
]
