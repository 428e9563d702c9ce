"""What all charts share: the stand-in colours, round axes, labels that do not touch."""

import warnings
from datetime import date, timedelta

import pytest

from crm.charts import theme


class TestColours:
    def test_the_stand_ins_are_those_of_streamlits_template(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import plotly.io
            import streamlit  # noqa: F401 - importing it registers the template

        template = plotly.io.templates["streamlit"]

        slots = (*theme.CATEGORIES, theme.MUTED, theme.GOOD, theme.BAD, theme.SOFT)
        assert slots == tuple(template.layout.colorway)
        assert tuple(colour for _place, colour in template.layout.colorscale.sequential) == theme.SEQUENTIAL
        assert tuple(colour for _place, colour in template.layout.colorscale.diverging) == theme.DIVERGING
        assert template.data.table[0].cells.font.color == theme.TEXT
        assert template.data.table[0].cells.fill.color == theme.PAGE


class TestScale:
    @pytest.mark.parametrize(
        ("low", "high", "marks"),
        [
            (0, 98_765, [0, 20_000, 40_000, 60_000, 80_000, 100_000]),
            (35, 61, [30, 40, 50, 60, 70]),
            (0, 0.42, [0, 0.1, 0.2, 0.3, 0.4, 0.5]),
            (-40, 90, [-50, 0, 50, 100]),
            (7, 7, [7]),
        ],
    )
    def test_ticks_are_round_and_cover_the_values(self, low, high, marks):
        assert theme.ticks(low, high) == marks

    @pytest.mark.parametrize(
        ("values", "ends"),
        [
            ([3, 10], (0, 10)),
            ([60, 100], (60, 100)),
            ([-5, -2], (-5, 0)),
            ([0, 0], (0, 1)),
            ([8], (0, 8)),
            ([-4, 9], (-4, 9)),
        ],
    )
    def test_an_axis_begins_at_zero_unless_all_values_are_far_from_it(self, values, ends):
        assert theme.reach(values) == ends

    def test_labels_are_pushed_apart_upwards_and_keep_their_order(self):
        assert theme.spread([10, 11, 30, 10.5], 5) == [10, 20, 30, 15]

    def test_labels_far_enough_apart_stay(self):
        assert theme.spread([1, 9, 5], 4) == [1, 9, 5]

    def test_labels_of_several_lines_are_pushed_further(self):
        assert theme.spread([10, 11, 30], 4, [3, 1, 1]) == [10, 18, 30]

    def test_a_long_name_at_a_lines_end_goes_on_below_and_the_longest_word_gets_the_room(self):
        assert theme.folded("Mean of twelve months") == "Mean of<br>twelve<br>months"
        assert theme.folded("A & B") == "A &amp; B"
        assert theme.folded("Durchschnittswerte") == "Durchschnittswert<br>e"
        axis = {"range": [0, 10]}

        assert theme.name_ends([], [(1, theme.folded("Now"), "")], axis, 100) == theme.NAME_PX
        assert theme.name_ends([], [(1, f"<b>{theme.folded('Vorhersagewert')}</b>", "")], axis, 100) == 98

    @pytest.mark.parametrize(("place", "side"), [(0, "left"), (2, "left"), (5, "center"), (9, "right")])
    def test_a_name_over_a_line_near_an_end_stands_beside_it(self, place, side):
        notes = []
        theme.over(notes, place, "half below 5", (0, 10))

        assert notes[0]["xanchor"] == side

    def test_a_name_over_a_bar_leaves_room_for_its_value(self):
        notes = []
        theme.above(notes, 0, 0.2, "N" * 90, "1,200 €")

        assert [note["text"] for note in notes] == ["N" * 38 + "…", "1,200 €"]

    def test_named_months_divide_the_year(self):
        months = [date(2024 + number // 12, number % 12 + 1, 1) for number in range(3, 31)]

        assert theme.shown_days(months) == [
            date(2024, 7, 1),
            date(2025, 1, 1),
            date(2025, 7, 1),
            date(2026, 1, 1),
            date(2026, 7, 1),
        ]

    def test_other_days_are_named_evenly(self):
        weeks = [date(2026, 1, 5) + timedelta(weeks=number) for number in range(13)]

        assert theme.shown_days(weeks) == [weeks[place] for place in (0, 3, 6, 9, 12)]

    def test_the_year_stands_on_a_line_of_its_own(self):
        axis = theme.time_axis([date(2026, 11, 1)], lambda day: "нояб. 2026 г.")

        assert axis["ticktext"] == ["нояб.<br>2026 г."]
