"""Spans, chances and findings as people say them, and the curve that draws them."""

import pytest

from crm.charts import Unit
from crm.charts.survival import MOST_POINTS, steps_with_band
from crm.service.wear.words import left_words, range_words, share_words, sober, span_words

PLAIN = Unit(short=lambda value: f"{value:g}", full=lambda value: f"{value:g}")


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, "0 days"), (1, "1 day"), (30, "30 days"), (75, "2 months"), (420, "14 months"), (1200, "3.3 years"), (9000, "25 years"),
     (1e6, "more than 100 years")],
)  # fmt: skip
def test_spans_are_said_in_the_unit_people_use(days, said):
    assert span_words(days) == said


def test_a_range_keeps_the_unit_of_its_middle():
    assert range_words(426, 335, 548) == "14 months (11 to 18)"
    assert range_words(20, 12, 70) == "20 days (12 to 70)"
    assert range_words(426, 335, None) == "14 months (11 or more)"
    assert range_words(426, None, None) == "14 months"
    assert left_words(None, None, None) == ""


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.8, "8 in 10"),
        (0.07, "7 in 100"),
        (0.9996, "nearly all"),
        (0.001, "hardly any"),
        (0.98, "98 in 100"),
    ],
)
def test_a_chance_is_so_many_in_ten_or_a_hundred(share, said):
    assert share_words(share) == said


def test_no_chance_reads_as_certainty():
    assert f"{sober(0.99999):.0%}" == "99%"
    assert sober(0.5) == 0.5


def drawn(n=3, **more):
    times = [float(i + 1) for i in range(n)]
    values = [1 - (i + 1) / (n + 1) for i in range(n)]
    return steps_with_band(
        times, values, [v * 0.8 for v in values], [min(1.0, v * 1.1) for v in values],
        start=1.0, end=n + 2.0, unit=PLAIN, age=PLAIN, name="Counted", **more,
    )  # fmt: skip


def test_the_curve_begins_whole_steps_down_and_runs_to_the_last_look():
    figure = drawn()

    curve = figure.data[2]
    assert curve.line.shape == "hv"
    assert list(curve.x) == [0, 1, 2, 3, 5]
    assert list(curve.y) == [1.0, 0.75, 0.5, 0.25, 0.25]


def test_the_law_the_median_and_the_watched_are_written():
    figure = drawn(
        law=([0, 6], [1, 0.1]),
        law_name="Weibull",
        median=2.0,
        median_text="half",
        at_risk=lambda ages: [9] * len(ages),
    )

    said = " ".join(note.text for note in figure.layout.annotations)
    assert "Weibull" in said
    assert "half" in said
    assert all(text.endswith("<br>9") for text in figure.layout.xaxis.ticktext)


def test_many_steps_are_thinned_and_the_last_one_stays():
    figure = drawn(5000)

    assert len(figure.data[2].x) <= MOST_POINTS + 4
    assert figure.data[2].x[-2] == 5000


def test_no_step_is_a_chart_that_says_so():
    assert not steps_with_band([], [], [], [], start=1.0, end=0.0, unit=PLAIN, age=PLAIN, name="x").data
