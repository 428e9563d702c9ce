"""Values in, Plotly figures out, all in one style; titles and explanations stand outside, above the chart."""

from crm.charts.bars import bridge, funnel, hbars
from crm.charts.columns import columns, histogram, stacked
from crm.charts.lines import Band, backtest, band, spark, trend
from crm.charts.ranges import heat, intervals
from crm.charts.spans import Span, spans
from crm.charts.theme import (
    ACCENT,
    AMBER,
    BAD,
    CUT,
    GOOD,
    MUTED,
    PLUM,
    SKY,
    SOFT,
    TEAL,
    TEXT,
    WINE,
    Unit,
    When,
    nothing,
)

__all__ = [
    "ACCENT",
    "AMBER",
    "BAD",
    "CUT",
    "GOOD",
    "MUTED",
    "PLUM",
    "SKY",
    "SOFT",
    "TEAL",
    "TEXT",
    "WINE",
    "Band",
    "Span",
    "Unit",
    "When",
    "backtest",
    "band",
    "bridge",
    "columns",
    "funnel",
    "hbars",
    "heat",
    "histogram",
    "intervals",
    "nothing",
    "spans",
    "spark",
    "stacked",
    "trend",
]
