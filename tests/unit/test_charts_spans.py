"""Runs over months: what is drawn where, and what is cut off."""

from datetime import date

from crm import charts
from crm.charts import Span, Unit, spans

EURO = Unit(short=lambda v: f"€{v:g}", full=lambda v: f"€{v:.2f}")
MONTHS = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]


def drawn(*runs, values=(1, 2, 3)):
    return spans(runs, MONTHS, values, unit=EURO, when=lambda day: f"{day:%b %Y}")


def bars(figure):
    return {trace.customdata[0][0]: tuple(trace.x) for trace in figure.data if trace.type == "scatter"}


def test_a_run_reaches_from_its_first_to_the_end_of_its_last_day():
    figure = drawn(Span("Winter", date(2026, 1, 5), date(2026, 1, 18)))

    assert bars(figure) == {"Winter": (date(2026, 1, 5), date(2026, 1, 19))}
    assert [trace.customdata[1][0] for trace in figure.data if trace.type == "bar"] == ["Feb 2026"]


def test_what_lies_outside_is_cut_off_or_left_out():
    figure = drawn(
        Span("Long", date(2025, 6, 1), date(2026, 12, 1)), Span("Gone", date(2024, 1, 1), date(2024, 2, 1))
    )

    assert bars(figure) == {"Long": (date(2026, 1, 1), date(2026, 4, 1))}


def test_the_first_run_stands_on_top_and_each_is_named_once():
    figure = drawn(
        Span("One", date(2026, 1, 5), date(2026, 1, 9)), Span("Two <b>", date(2026, 3, 5), date(2026, 3, 9))
    )

    heights = {trace.customdata[0][0]: trace.y[0] for trace in figure.data if trace.type == "scatter"}
    assert heights["One"] > heights["Two <b>"]
    assert [note.text for note in figure.layout.annotations] == ["Two &lt;b&gt;", "One"]


def test_a_name_stands_where_there_is_room_and_is_as_long_as_that():
    long = "A campaign with more words than any phone has room for"
    figure = drawn(
        Span("Early", date(2026, 1, 5), date(2026, 1, 9)),
        Span(long, date(2026, 2, 5), date(2026, 3, 29)),
        Span("All", date(2026, 1, 2), date(2026, 3, 30)),
    )

    over, late, early = figure.layout.annotations
    assert (over.text, over.xanchor) == ("All", "center")
    assert (late.text, late.xanchor) == ("A campaign with…", "right")
    assert (early.text, early.xanchor) == ("Early", "left")


def test_without_runs_or_months_it_is_still_a_chart():
    assert len(drawn().data) == 1
    assert not spans([], [], [], unit=EURO, when=str).data


def test_the_name_over_a_reference_line_is_never_cut_off():
    def side(values):
        lows, highs = [v - 1 for v in values], [v + 1 for v in values]
        figure = charts.intervals(
            [str(v) for v in values], values, lows, highs, ["" for _v in values], unit=EURO, reference=0.0,
            reference_text="no difference",
        )  # fmt: skip
        return next(note.xanchor for note in figure.layout.annotations if note.text == "no difference")

    assert side([50, 60]) == "left"
    assert side([-50, -60]) == "right"
    assert side([-5, 5]) == "center"
