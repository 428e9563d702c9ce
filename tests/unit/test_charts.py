"""Charts are held to what they draw: traces, order, texts, and words where there is no data."""

import math
from datetime import date
from itertools import pairwise

import pytest

from crm import charts
from crm.charts import theme
from crm.charts.columns import bin_edges

PLAIN = charts.Unit(short=lambda value: f"{value:g}", full=lambda value: f"{value:,.0f} €")
MONTHS = [date(2026, month, 1) for month in range(1, 7)]


def month(day):
    return f"m{day.month}"


def texts(figure):
    return [note.text for note in figure.layout.annotations]


def picked_names(trace):
    return [point[0] for point in trace.customdata]


class TestColours:
    @pytest.mark.parametrize("figure", ["hbars", "columns", "trend", "heat", "intervals"])
    def test_no_chart_brings_a_colour_of_its_own(self, figure):
        drawn = FIGURES[figure]().update_layout(template=None).to_json()

        colours = {piece[:6] for piece in drawn.split('"#')[1:]}

        assert colours
        assert all(colour.startswith("0000") for colour in colours)

    def test_fading_keeps_the_slot_in_front(self):
        assert theme.fade(theme.ACCENT, 0.5) == "#00000180"
        assert theme.fade(theme.MUTED, 1) == "#000007ff"


class TestBars:
    def test_the_largest_is_on_top_whatever_the_order_given(self):
        figure = charts.hbars(["a", "b", "c"], [2, 9, 5], ["two", "nine", "five"])

        (bars,) = figure.data
        assert list(bars.x) == [9, 5, 2]
        assert list(bars.y) == [2, 1, 0]
        assert picked_names(bars) == ["b", "c", "a"]
        assert texts(figure) == ["b", "nine", "c", "five", "a", "two"]

    def test_target_and_highlight_stay_with_their_bar(self):
        figure = charts.hbars(["a", "b"], [2, 9], ["2", "9"], target=[4, 8], highlight=[True, False])

        ghost, bars = figure.data
        assert list(ghost.x) == [8, 4]
        assert list(bars.marker.color) == [theme.ACCENT, theme.AMBER]

    def test_what_is_beyond_the_most_is_left_out(self):
        figure = charts.hbars(["a", "b", "c", "d"], [1, 8, 4, 2], ["1", "8", "4", "2"], most=2)

        (bars,) = figure.data
        assert picked_names(bars) == ["b", "c"]
        assert list(bars.x) == [8, 4]

    def test_the_axis_reaches_to_the_target(self):
        figure = charts.hbars(["a"], [5], ["5"], target=[20])

        assert figure.layout.xaxis.range[1] == 20

    def test_a_funnel_keeps_its_order_and_shows_what_was_lost(self):
        figure = charts.funnel(["Lead", "Offer", "Won"], [100, 40, 10], ["100", "40", "10"])

        before, bars = figure.data
        assert list(bars.x) == [100, 40, 10]
        assert list(before.x) == [100, 100, 40]

    def test_a_name_cannot_write_markup(self):
        figure = charts.hbars(["<a href='x'>Ana</a> & Co"], [1], ["<b>1</b>"])

        (bars,) = figure.data
        assert texts(figure) == ["&lt;a href='x'&gt;Ana&lt;/a&gt; &amp; Co", "&lt;b&gt;1&lt;/b&gt;"]
        assert picked_names(bars) == ["<a href='x'>Ana</a> & Co"]
        assert "customdata[1]" in bars.hovertemplate


class TestColumns:
    def test_targets_are_drawn_where_they_exist(self):
        figure = charts.columns(["Jan", "Feb", "Mar"], [10, 20, 5], unit=PLAIN, target=[12, None, math.nan])

        (line,) = figure.layout.shapes
        assert (line.x0, line.x1, line.y0, line.y1) == (-0.4, 0.4, 12, 12)
        assert [point[2] for point in figure.data[0].customdata] == ["10 €<br>Target 12 €", "20 €", "5 €"]

    def test_a_month_still_running_is_pale(self):
        figure = charts.columns(["Jan", "Feb"], [10, 20], unit=PLAIN, unfinished=True)

        assert list(figure.data[0].marker.color) == [theme.ACCENT, theme.fade(theme.ACCENT, 0.45)]

    def test_equal_labels_stay_two_columns(self):
        figure = charts.columns(["Jan", "Jan"], [1, 2], unit=PLAIN, names=["Jan 2025", "Jan 2026"])

        assert list(figure.data[0].x) == [0, 1]
        assert picked_names(figure.data[0]) == ["Jan 2025", "Jan 2026"]

    def test_a_long_series_does_not_name_every_month(self):
        figure = charts.columns([f"m{place}" for place in range(24)], [1] * 24, unit=PLAIN)

        assert list(figure.layout.xaxis.tickvals) == list(range(0, 24, 4))

    def test_parts_are_stacked_surest_first_and_named_in_a_legend(self):
        figure = charts.stacked(["Q1", "Q2"], [("Sure", [3, 4]), ("Maybe", [1, 2])], unit=PLAIN)

        assert [(trace.name, list(trace.y)) for trace in figure.data] == [("Sure", [3, 4]), ("Maybe", [1, 2])]
        assert figure.layout.showlegend
        assert figure.layout.barmode == "stack"
        assert figure.layout.yaxis.range[1] >= 6

    def test_a_distribution_counts_each_value_once(self):
        values = [1, 2, 2, 3, 5, 8, 8, 8, 13, 400]

        figure = charts.histogram(values, unit=PLAIN, bins=8)

        assert sum(figure.data[0].y) == len(values)
        assert texts(figure) == [
            "half below 6 €"
        ]  # the median lies between 5 and 8: 6.5, to the nearest even

    def test_bins_have_a_round_width_and_begin_at_zero(self):
        import numpy as np

        assert bin_edges(np.array([1.0, 50.0, 97.0]), 10) == [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]

    def test_equal_values_make_one_column(self):
        figure = charts.histogram([7, 7, 7], unit=PLAIN)

        assert list(figure.data[0].y) == [3]


class TestLines:
    def test_names_stand_at_the_line_ends_and_never_touch(self):
        figure = charts.trend(
            ["a", "b"],
            [10, 100],
            unit=PLAIN,
            name="Now",
            before=[9, 101],
            before_name="Before",
        )

        heights = sorted(note.y for note in figure.layout.annotations)

        assert sorted(texts(figure)) == ["Before", "Now"]
        span = figure.layout.yaxis.range[1] - figure.layout.yaxis.range[0]
        least = span * 15 / (220 - 50) * 0.9
        assert all(upper - lower >= least for lower, upper in pairwise(heights))

    def test_an_unfinished_line_ends_in_a_dot_with_its_name(self):
        figure = charts.trend(
            ["a", "b", "c", "d"],
            [1, 2, 3, None],
            unit=PLAIN,
            name="Now",
            before=[1, 1, 2, 2],
            before_name="Before",
        )

        dot = figure.data[-1]
        assert (dot.mode, list(dot.x), list(dot.y)) == ("markers", [2], [3])
        assert "<b>Now</b>" in texts(figure)
        assert [trace.name for trace in figure.data[:2]] == ["Before", "Now"]

    def test_an_empty_comparison_is_left_out(self):
        figure = charts.trend(
            ["a", "b"], [1, 2], unit=PLAIN, name="Now", before=[None, math.nan], before_name="Before"
        )

        assert [trace.name for trace in figure.data] == ["Now"]

    def test_numbers_on_the_axis_are_written_by_the_unit(self):
        unit = charts.Unit(short=lambda value: f"{value:g} kr", full=str)

        figure = charts.trend(["a", "b"], [0, 40], unit=unit, name="Now")

        assert list(figure.layout.yaxis.ticktext) == ["0 kr", "10 kr", "20 kr", "30 kr", "40 kr"]

    def test_the_band_begins_where_the_history_ends(self):
        figure = charts.band(
            MONTHS[:4], [1, 2, 3, 4], BAND, unit=PLAIN, when=month, target=[5, 5], until="Today"
        )

        wide, narrow, history, expected, target = figure.data
        assert list(history.y) == [1, 2, 3, 4]
        assert list(expected.x) == MONTHS[3:]
        assert list(expected.y) == [4, 5, 6]
        assert list(narrow.y) == [4, 6, 8, 4, 4, 4]
        assert list(wide.y) == [4, 7, 10, 2, 3, 4]
        assert list(target.y) == [5, 5]
        assert set(texts(figure)) == {"95 %", "80 %", "<b>Expected</b>", "Target", "Today"}
        assert expected.customdata[1][2] == "4 € – 6 €"

    def test_dates_are_written_by_the_caller(self):
        figure = charts.band(MONTHS[:4], [1, 2, 3, 4], BAND, unit=PLAIN, when=month)

        assert list(figure.layout.xaxis.ticktext) == ["m1", "m2", "m3", "m4", "m5", "m6"]

    def test_a_miss_differs_in_shape_and_colour(self):
        figure = charts.backtest(
            MONTHS[:3], [5, 9, 2], [5, 5, 5], [4, 4, 2], [6, 6, 6], unit=PLAIN, when=month
        )

        hit_bars, miss_bars, dots = figure.data
        assert list(dots.marker.symbol) == ["circle", "diamond", "circle"]
        assert list(dots.marker.color) == [theme.TEXT, theme.BAD, theme.TEXT]
        assert list(hit_bars.y) == [4, 6, None, 2, 6, None]
        assert list(miss_bars.y) == [4, 6, None]

    def test_a_single_month_can_be_looked_back_on(self):
        figure = charts.backtest(MONTHS[:1], [5], [5], [4], [6], unit=PLAIN, when=month)

        assert list(figure.data[-1].y) == [5]


class TestRanges:
    def test_a_row_without_a_range_keeps_its_dot(self):
        figure = charts.intervals(
            ["a", "b"], [0.4, 0.2], [0.3, math.nan], [0.5, math.nan], ["40%", "20%"], unit=PLAIN
        )

        bar, dots = figure.data
        assert list(bar.x) == [0.3, 0.5]
        assert list(dots.x) == [0.4, 0.2]
        assert list(dots.y) == [1, 0]
        assert dots.customdata[1][3] == "–"

    def test_the_reference_is_named_and_inside_the_axis(self):
        figure = charts.intervals(
            ["a"], [0.4], [0.3], [0.5], ["40%"], unit=PLAIN, reference=0.9, reference_text="all 90%"
        )

        assert texts(figure)[0] == "all 90%"
        assert figure.layout.xaxis.range[0] < 0.3
        assert figure.layout.xaxis.range[1] > 0.9

    def test_one_row_has_room_for_its_labels(self):
        layout = FIGURES["intervals"]().layout

        # Plotly would keep 64 px for the marks and cut the labels off around them.
        assert layout.minreducedheight < layout.height - layout.margin.t - 2 * theme.TICK_PX

    def test_an_empty_cell_is_not_zero(self):
        figure = charts.heat([[0, None], [3, 4]], columns=["x", "y"], rows=["Mon", "Tue"], unit=PLAIN)

        (cells,) = figure.data
        assert [list(row) for row in cells.z] == [[0, None], [3, 4]]
        assert [list(row) for row in cells.text] == [["0", ""], ["3", "4"]]
        assert list(figure.layout.yaxis.range) == [1.5, -0.5]  # the first row is on top


BAND = charts.Band(MONTHS[4:], [5, 6], [4, 4], [6, 8], [3, 2], [7, 10])
NO_BAND = charts.Band([], [], [], [], [], [])
FIGURES = {
    "hbars": lambda: charts.hbars(["a", "b"], [1, 2], ["1", "2"], target=[2, 2], highlight=[True, False]),
    "columns": lambda: charts.columns(["a"], [1], unit=PLAIN, target=[2], unfinished=True),
    "trend": lambda: charts.trend(["a", "b"], [1, None], unit=PLAIN, name="Now", before=[1, 2]),
    "heat": lambda: charts.heat([[1, 2]], columns=["x", "y"], rows=["a"], unit=PLAIN),
    "intervals": lambda: charts.intervals(["a"], [1], [0], [2], ["1"], unit=PLAIN, reference=1.5),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_swipe_over_a_chart_scrolls_the_page(name):
    layout = FIGURES[name]().layout

    assert layout.dragmode is False
    assert layout.xaxis.fixedrange
    assert layout.yaxis.fixedrange


@pytest.mark.parametrize(
    "empty",
    [
        lambda: charts.hbars([], [], []),
        lambda: charts.funnel(["Lead"], [0], ["0"]),
        lambda: charts.columns([], [], unit=PLAIN),
        lambda: charts.columns(["Jan"], [0], unit=PLAIN, target=[5]),
        lambda: charts.stacked(["Q1"], [("Sure", [0])], unit=PLAIN),
        lambda: charts.histogram([], unit=PLAIN),
        lambda: charts.trend(["a"], [None], unit=PLAIN, name="Now"),
        lambda: charts.band([], [], BAND, unit=PLAIN, when=month),
        lambda: charts.band(MONTHS, [1] * 6, NO_BAND, unit=PLAIN, when=month),
        lambda: charts.backtest([], [], [], [], [], unit=PLAIN, when=month),
        lambda: charts.intervals([], [], [], [], [], unit=PLAIN),
        lambda: charts.heat([], columns=[], rows=[], unit=PLAIN),
        lambda: charts.heat([[None]], columns=["x"], rows=["a"], unit=PLAIN),
    ],
)
def test_no_data_is_said_in_words(empty):
    figure = empty()

    assert texts(figure) == ["No data for this choice"]
    assert not figure.data
    assert figure.layout.height > 0
