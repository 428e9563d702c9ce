from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from crm.exchange.files.column import Reading
from crm.exchange.values.values import convert
from crm.records.checks import check_url
from crm.records.fields import Choice, Field, Kind

STATUS = (Choice("open", "Open"), Choice("won", "Won"), Choice("lost", "Lost"))


def read(kind, cells, exact=None, *, about=None, **reading):
    series = pd.Series(cells, dtype="str")
    flags = None if exact is None else np.array(exact)
    return convert(about or Field("f", "Field", kind), series, exact=flags, reading=Reading(**reading))


def values(kind, cells, **reading):
    made = read(kind, cells, **reading)
    assert made.problems == {}
    return made.values.tolist()


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "minor", "currency"),
        [
            ("€1.234,56", 123456, "EUR"),
            ("$1,234.56", 123456, "USD"),
            ("1 234,56 Kč", 123456, "CZK"),
            ("1\u202f234,56 €", 123456, "EUR"),
            ("(1,200.00)", -120000, ""),
            ("1'234.50 CHF", 123450, "CHF"),
            ("1.234,– €", 123400, "EUR"),
            ("EUR 12", 1200, "EUR"),
            ("kr. 5.000,00", 500000, ""),
            ("−5.00", -500, ""),
            ("5.00-", -500, ""),
            ("¥1,500", 1500, "JPY"),
            ("1e3", 100000, ""),
            (".5", 50, ""),
            ("R$ 1.000,10", 100010, "BRL"),
            ("12,34,567.50", 123456750, ""),
        ],
    )
    def test_amounts_are_read_with_sign_and_currency(self, text, minor, currency):
        made = read(Kind.MONEY, [text])

        assert made.values.tolist() == [minor]
        assert made.currencies.tolist() == [currency]

    @pytest.mark.parametrize("text", ["twelve", "12 pcs", "1.23.4", "12 34", "--5", "1,2,3", "5 %"])
    def test_what_is_no_amount_is_told(self, text):
        made = read(Kind.MONEY, [text, "1"])

        assert list(made.problems) == [0]
        assert made.values.tolist() == [None, 100]

    @given(st.text(max_size=30))
    def test_any_text_is_a_number_or_a_complaint(self, text):
        made = read(Kind.MONEY, [text])

        assert made.problems or made.values[0] is None or isinstance(made.values[0], int)

    @pytest.mark.parametrize("text", ["株式会社", "1 株式会社", "#######", "€€€€€€", "US $5"])
    def test_signs_that_name_no_currency_are_not_looked_up_for_ever(self, text):
        assert read(Kind.MONEY, [text]).values.tolist() in ([None], [500])

    def test_the_column_decides_what_a_single_mark_means(self):
        assert values(Kind.MONEY, ["1,200", "3.50"]) == [120000, 350]
        assert values(Kind.MONEY, ["1,200", "3,50"]) == [120, 350]
        assert values(Kind.MONEY, ["1.200", "3,50"]) == [120000, 350]

    def test_currencies_of_one_column_may_write_differently(self):
        assert values(Kind.MONEY, ["€1.200", "€3,50", "$1,200", "$3.50"]) == [120000, 350, 120000, 350]

    def test_a_column_that_could_mean_both_is_called_ambiguous(self):
        assert read(Kind.MONEY, ["1,234", "2,500"]).ambiguous
        assert not read(Kind.MONEY, ["1,234", "2,500"], decimal=".").ambiguous
        assert not read(Kind.MONEY, ["1234", "2500.75"]).ambiguous

    def test_cells_of_a_spreadsheet_are_never_guessed(self):
        made = read(Kind.MONEY, ["1.234", "1,5"], exact=[True, False])

        assert made.values.tolist() == [123, 150]

    def test_fractions_of_a_unit_round_half_to_even_and_are_counted(self):
        made = read(Kind.MONEY, ["16.445", "16.455", "3.20"])

        assert made.values.tolist() == [1644, 1646, 320]
        assert made.rounded == 2

    def test_words_for_nothing_are_empty(self):
        assert values(Kind.NUMBER, ["N/A", "-", "NULL", "", "7"]) == [None, None, None, None, 7.0]

    def test_whole_numbers_may_have_noughts_behind_the_point(self):
        assert values(Kind.INTEGER, ["12.0", "1,000", "7"]) == [12, 1000, 7]
        assert list(read(Kind.INTEGER, ["12.5"]).problems) == [0]

    def test_thousands_and_millions_may_be_written_short(self):
        made = read(Kind.MONEY, ["1.2M", "$5k", "3,5 Mio. €", "$ -", "5 x"])

        assert made.values.tolist() == [120_000_000, 500_000, 350_000_000, 0, None]

    def test_percent_signs_and_bare_hundredths(self):
        assert values(Kind.PERCENT, ["12.5%", "5 %"]) == [0.125, 0.05]
        assert values(Kind.PERCENT, ["0.2", "0", "1"]) == [0.2, 0.0, 1.0]
        assert values(Kind.PERCENT, ["20", "5", "0.5"]) == [0.2, 0.05, 0.005]

    def test_a_scale_turns_millions_into_units(self):
        assert values(Kind.MONEY, ["1100.04"], scale=1e6) == [110004000000]

    def test_limits_of_the_field_are_held(self):
        about = Field("n", "Score", Kind.INTEGER, minimum=0, maximum=100)

        made = read(Kind.INTEGER, ["-1", "50", "101"], about=about)

        assert made.problems == {0: "Score is at least 0.", 2: "Score is at most 100."}
        assert made.values.tolist() == [None, 50, None]

    @given(
        st.lists(st.decimals(-(10**9), 10**9, places=2, allow_nan=False), min_size=1, max_size=20),
        st.sampled_from(
            ["en_US", "de_DE", "cs_CZ", "da_DK", "sl_SI", "fr_FR", "ru_RU", "de_CH", "pt_BR", "en_IN"]
        ),
    )
    def test_what_a_locale_writes_is_read_back(self, amounts, locale):
        cells = [
            format_decimal(a, locale=locale, format="#,##0.00" if locale != "en_IN" else "#,##,##0.00")
            for a in amounts
        ]

        assert values(Kind.MONEY, cells) == [int(a * 100) for a in amounts]

    @given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=10))
    def test_floats_of_a_program_are_read_back(self, floats):
        assert values(Kind.NUMBER, [repr(f) for f in floats], exact=[True] * len(floats)) == floats


class TestDates:
    @pytest.mark.parametrize(
        "text",
        [
            *("2019-01-31", "2019/01/31", "31.01.2019", "31. 1. 2019", "31/1/19", "1/31/2019", "20190131"),
            *("31 Jan 2019", "Jan 31, 2019", "31-JAN-19", "January 31st, 2019 3:04 PM", "31. ledna 2019"),
            *("31. januar 2019", "31 января 2019 г.", "31 de enero de 2019", "2019年1月31日", "43496"),
            *("2019-01-31T00:00:00Z", "Thu, 31 Jan 2019 10:00:00 +0100"),
        ],
    )
    def test_one_day_in_many_ways(self, text):
        assert values(Kind.DATE, [text]) == [date(2019, 1, 31)]

    def test_the_whole_column_decides_the_order(self):
        cells = ["03/01/19", "04/01/19", "31/12/22"]

        made = read(Kind.DATE, cells)

        assert made.values.tolist() == [date(2019, 1, 3), date(2019, 1, 4), date(2022, 12, 31)]
        assert not made.ambiguous
        assert made.found == "day/month/year"

    def test_american_order_is_found(self):
        assert values(Kind.DATE, ["03/01/2019", "12/31/2022"]) == [date(2019, 3, 1), date(2022, 12, 31)]

    def test_an_order_that_nothing_tells_is_called_ambiguous(self):
        made = read(Kind.DATE, ["03/01/2019", "04/05/2019"])

        assert made.ambiguous
        assert not read(Kind.DATE, ["03/01/2019"], date_order="mdy").ambiguous
        assert values(Kind.DATE, ["03/01/2019"], date_order="mdy") == [date(2019, 3, 1)]

    def test_the_same_day_and_month_is_not_ambiguous(self):
        assert not read(Kind.DATE, ["05/05/2019", "07/07/2020"]).ambiguous

    def test_rows_that_do_not_fit_the_order_are_told(self):
        made = read(Kind.DATE, ["31/12/2019", "30/12/2019", "12/30/2019", "31/02/2020", "soon"])

        assert sorted(made.problems) == [2, 3, 4]
        assert "day/month/year" in made.problems[2]

    def test_times_without_a_zone_are_of_the_zone_told(self):
        cells = ["2024-07-01 12:00", "2024-07-01T12:00:00+00:00", "01.07.2024 2:00 PM"]

        assert values(Kind.DATETIME, cells, zone="Europe/Berlin") == [
            datetime(2024, 7, 1, 10, tzinfo=UTC),
            datetime(2024, 7, 1, 12, tzinfo=UTC),
            datetime(2024, 7, 1, 12, tzinfo=UTC),
        ]

    @given(
        st.lists(st.dates(date(1970, 1, 1), date(2068, 12, 31)), min_size=1, max_size=30),
        st.sampled_from(
            ["%d/%m/%Y", "%d.%m.%y", "%m/%d/%Y", "%m-%d-%y", "%Y-%m-%d", "%Y/%m/%d", "%d %b %Y", "%Y%m%d"]
        ),
    )
    def test_dates_written_in_one_format_are_read_back_or_called_ambiguous(self, days, style):
        made = read(Kind.DATE, [day.strftime(style) for day in days] + [date(2024, 12, 31).strftime(style)])

        assert not made.ambiguous
        assert made.values.tolist()[:-1] == days

    def test_nobody_is_born_in_the_future(self):
        about = Field("birth_date", "Birth date", Kind.DATE)

        made = read(Kind.DATE, ["1/5/62", "6/13/1955", "12/31/30", "2/29/00"], about=about)

        assert made.values.tolist() == [
            date(1962, 1, 5),
            date(1955, 6, 13),
            date(1930, 12, 31),
            date(2000, 2, 29),
        ]

    def test_moments_of_browsers_and_mail_are_read(self):
        cells = [
            "Mon Jan 4 2021 10:00:00 GMT+0100 (CET)",
            "Tue, 05 Jan 2021 10:11:12 +0000",
            "4.1.2021 10:15 Uhr",
        ]

        made = read(Kind.DATETIME, cells)

        assert [moment.hour for moment in made.values] == [9, 10, 10]


class TestTexts:
    def test_addresses_are_checked_and_normalised(self):
        made = read(
            Kind.EMAIL,
            ["Ana@Example.COM", "mailto:b@x.org", "Bo Lee <bo@x.org>", "a@@b", "a@b", "x@y.org, z@y.org"],
        )

        assert made.values.tolist()[:3] == ["Ana@example.com", "b@x.org", "bo@x.org"]
        assert sorted(made.problems) == [3, 4, 5]
        assert "several" in made.problems[5]

    def test_numbers_become_international(self):
        cells = [
            "+420 541 555 018",
            "0049 30 123456",
            "030 123456",
            "+49 (0)30 123456",
            "(415) 555-2671",
            "12",
        ]

        made = read(Kind.PHONE, cells)

        assert made.values.tolist()[:4] == ["+420541555018", "+4930123456", "+4930123456", "+4930123456"]
        assert 5 in made.problems
        assert values(Kind.PHONE, ["(415) 555-2671"], region="US") == ["+14155552671"]

    def test_extensions_stay_behind_their_numbers(self):
        cells = ["001-345-555-1234x123", "(512) 757-6000 ext. 5", "+49 30 123456 #12"]

        read_as = ["+13455551234 ext. 123", "+15127576000 ext. 5", "+4930123456 ext. 12"]
        assert values(Kind.PHONE, cells, region="US") == read_as

    def test_a_country_code_is_known_without_its_sign_and_what_is_no_number_stays_as_written(self):
        cells = ["491701234567", "0170 1234567", "030/123 oder 0171 456789"]
        assert values(Kind.PHONE, cells) == ["+491701234567", "+491701234567", "030/123 oder 0171 456789"]

    def test_more_than_all_is_no_share(self):
        about = Field("n", "Rebate", Kind.PERCENT, minimum=0, maximum=1)
        made = read(Kind.PERCENT, ["855.13", "20", "-5", "$8.55"], about=about)
        assert made.values.tolist() == [None, 0.2, None, None]
        assert made.problems[2] == "Rebate is at least 0 %."

    def test_brackets_mean_minus_wherever_the_currency_stands(self):
        made = read(Kind.MONEY, ["$(100.00)", "(1,234.50)", "CHF 1'000"])

        assert made.values.tolist() == [-100_00, -1_234_50, 1_000_00]
        assert made.currencies.tolist() == ["USD", "", "CHF"]

    def test_usual_words_of_other_programs_mean_our_choices(self):
        kinds = tuple(Choice(value, value.title()) for value in ("call", "meeting", "chat"))
        about = Field("kind", "Kind", Kind.CHOICE, choices=kinds)

        made = read(Kind.CHOICE, ["Phone call", "Appointment", "WhatsApp", "N/A", "Task"], about=about)

        assert made.values.tolist() == ["call", "meeting", "chat", None, None]
        assert list(made.problems) == [4]

    def test_currencies_may_be_written_out(self):
        assert values(Kind.CURRENCY, ["US Dollar", "$", "Euro", "chf"]) == ["USD", "USD", "EUR", "CHF"]

    def test_links_get_their_scheme(self):
        made = read(Kind.URL, ["example.com", "http://a.org/x", "javascript:alert(1)"])

        assert made.values.tolist() == ["https://example.com", "http://a.org/x", None]

    def test_usual_links_are_what_the_full_check_makes_of_them(self):
        cells = ["www.x-y.com", "http://x.org/a/b.html", "HTTPS://x.org", "x.org/?q=1", "https://a.b.co"]

        assert values(Kind.URL, cells) == [check_url(cell) for cell in cells]

    def test_yes_and_no_in_several_languages(self):
        assert values(Kind.BOOLEAN, ["Yes", "nein", "ANO", "да", "0", "TRUE", "ne"]) == [
            True, False, True, True, False, True, False,
        ]  # fmt: skip

    def test_choices_by_value_label_near_spelling_and_map(self):
        about = Field("status", "Status", Kind.CHOICE, choices=STATUS)

        made = read(
            Kind.CHOICE,
            ["won", "LOST", "Opened", "Closed Won", "maybe"],
            about=about,
            values={"closed won": "won"},
        )

        assert made.values.tolist() == ["won", "lost", "open", "won", None]
        assert "Open, Won, Lost" in made.problems[4]

    def test_tags_are_parted(self):
        assert values(Kind.TAGS, ["a, b,a", "x; y, z", '["p", "q"]', ""]) == [
            ["a", "b"],
            ["x", "y, z"],
            ["p", "q"],
            None,
        ]

    def test_too_long_texts_are_told(self):
        made = read(Kind.TEXT, ["abcdef", "abc"], about=Field("n", "Name", Kind.TEXT, max_length=5))

        assert made.problems == {0: "Name is 6 characters long; at most 5 fit."}

    def test_words_that_are_names_stay_in_text(self):
        assert values(Kind.TEXT, ["NA", "None", "N/A", "NULL"]) == ["NA", "None", "N/A", None]

    def test_currency_codes_and_signs(self):
        assert values(Kind.CURRENCY, ["eur", "€", "US$", "CZK"]) == ["EUR", "EUR", "USD", "CZK"]


def test_each_row_keeps_its_own_value_and_complaint():
    made = read(Kind.INTEGER, ["1", "x", "", "2", "x", "1"])

    assert made.values.tolist() == [1, None, None, 2, None, 1]
    assert sorted(made.problems) == [1, 4]


def test_exact_decimals_survive_large_amounts():
    assert values(Kind.MONEY, ["90071992547409.93"]) == [int(Decimal("9007199254740993"))]
