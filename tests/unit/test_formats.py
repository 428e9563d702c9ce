"""Money, numbers and dates as each language writes them, by values worked out by hand."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from crm.firm.countries import formats_of
from crm.i18n import set_language, translated
from crm.ui.kit import formats

TODAY = date(2026, 11, 22)
LANGUAGES = ("en", "da", "cs", "sl", "ru", "fil")


@pytest.fixture(autouse=True)
def _english():
    set_language("en")
    yield
    set_language("en")


def written(text):
    """The text with ordinary spaces and hyphens, as one would type it."""
    return (
        text.replace("\N{NO-BREAK SPACE}", " ")
        .replace("\N{NARROW NO-BREAK SPACE}", " ")
        .replace("\N{MINUS SIGN}", "-")
    )


class TestMoney:
    @pytest.mark.parametrize(
        ("language", "text"),
        list(
            zip(
                LANGUAGES,
                [
                    "€118,400.50",
                    "118.400,50 €",
                    "118 400,50 €",
                    "118.400,50 €",
                    "118 400,50 €",
                    "€118,400.50",
                ],
                strict=True,
            )
        ),
    )
    def test_it_is_written_as_the_reader_writes_it(self, language, text):
        set_language(language)

        assert written(formats.money(11_840_050, "EUR")) == text

    @pytest.mark.parametrize(
        ("minor", "currency", "text"),
        [
            (118_400, "JPY", "¥118,400"),
            (1_184_567, "KWD", "KWD1,184.567"),
            (1_184_500, "KWD", "KWD1,184.500"),
            (118_400, "EUR", "€1,184"),
            (-118_450, "EUR", "-€1,184.50"),
            (0, "EUR", "€0"),
            (5, "EUR", "€0.05"),
            (None, "EUR", ""),
        ],
    )
    def test_decimals_are_those_of_the_currency(self, minor, currency, text):
        assert written(formats.money(minor, currency)) == text

    def test_columns_may_ask_for_all_decimals_or_none(self):
        assert formats.money(118_400, "EUR", decimals=True) == "€1,184.00"
        assert formats.money(118_450, "EUR", decimals=False) == "€1,185"
        assert formats.money(118_400, "JPY", decimals=True) == "¥118,400"

    def test_minus_is_the_real_sign(self):
        assert formats.money(-100, "EUR") == "\N{MINUS SIGN}€1"

    @pytest.mark.parametrize(
        ("minor", "text"),
        [
            (95_000, "€950"),
            (99_960, "€1k"),
            (950_000, "€9.5k"),
            (11_840_000, "€118k"),
            (99_949_900, "€999k"),
            (99_950_000, "€1M"),
            (279_000_000, "€2.79M"),
            (300_000_000, "€3M"),
            (-21_000_000, "-€210k"),
            (150_000_000_000, "€1.5B"),
            (10**16, "€100T"),
            (None, ""),
        ],
    )
    def test_short_money_fits_a_card(self, minor, text):
        assert written(formats.short_money(minor, "EUR")) == text
        assert len(text) <= 9

    @pytest.mark.parametrize(
        ("language", "text"),
        list(
            zip(
                LANGUAGES,
                ["€2.79M", "2,79 mio. €", "2,79 mil. €", "2,79 mio. €", "2,79 млн €", "€2.79M"],
                strict=True,
            )
        ),
    )
    def test_short_money_speaks_the_readers_language(self, language, text):
        set_language(language)

        assert written(formats.short_money(279_000_000, "EUR")) == text

    def test_charts_plot_minor_units(self):
        unit = formats.money_unit("JPY")

        assert (unit.short(118_400), unit.full(118_400.4)) == ("¥118k", "¥118,400")

    def test_the_sign_of_a_currency_is_the_readers(self):
        set_language("cs")

        assert formats.money(11_840_000, "CZK").endswith("Kč")


class TestNumbers:
    @pytest.mark.parametrize(
        ("language", "number", "share"),
        [
            ("en", "12,345.68", "31%"),
            ("da", "12.345,68", "31 %"),
            ("cs", "12 345,68", "31 %"),
            ("sl", "12.345,68", "31 %"),
            ("ru", "12 345,68", "31 %"),
            ("fil", "12,345.68", "31%"),
        ],
    )
    def test_separators_are_the_readers(self, language, number, share):
        set_language(language)

        assert written(formats.number(12345.675, decimals=2)) == number
        assert written(formats.percent(0.314)) == share

    def test_halves_round_up_as_people_expect(self):
        assert (formats.number(2.5), formats.number(-2.5), formats.percent(0.005)) == (
            "3",
            "\N{MINUS SIGN}3",
            "1%",
        )
        assert formats.percent(0.3145, decimals=1) == "31.5%"

    def test_nothing_is_written_as_nothing(self):
        assert (
            formats.number(None),
            formats.percent(None),
            formats.short_number(None),
            formats.day(None),
        ) == ("",) * 4

    @pytest.mark.parametrize(
        ("value", "text"), [(12.5, "12.5"), (950, "950"), (9_540, "9.5k"), (999_999, "1M"), (0, "0")]
    )
    def test_short_numbers(self, value, text):
        assert formats.short_number(value) == text

    @pytest.mark.parametrize("value", [1e18, -1e30, 1e300])
    def test_what_no_meter_counts_is_written_too(self, value):
        told = [formats.number(value, decimals=2), formats.short_number(value), formats.percent(value)]

        assert all(len(text) < 12 for text in told)
        assert formats.number(-1e30) == "\N{MINUS SIGN}1e+30"


class TestDates:
    @pytest.mark.parametrize(
        ("language", "day", "month"),
        [
            ("en", "22 Nov 2026", "Nov 2026"),
            ("da", "22. nov. 2026", "nov. 2026"),
            ("cs", "22. 11. 2026", "listopad 2026"),
            ("sl", "22. nov. 2026", "nov. 2026"),
            ("ru", "22 нояб. 2026 г.", "нояб. 2026 г."),
            ("fil", "Nob 22, 2026", "Nob 2026"),
        ],
    )
    def test_days_and_months_are_the_readers(self, language, day, month):
        set_language(language)

        assert (written(formats.day(TODAY)), written(formats.month(TODAY))) == (day, month)

    def test_the_year_goes_without_saying_within_it(self):
        assert formats.day(date(2026, 3, 1), today=TODAY) == "1 Mar"
        assert formats.day(date(2025, 3, 1), today=TODAY) == "1 Mar 2025"

    @pytest.mark.parametrize(
        ("day", "text"),
        [
            (date(2026, 11, 22), "today"),
            (date(2026, 11, 21), "yesterday"),
            (date(2026, 11, 23), "tomorrow"),
            (date(2026, 11, 17), "5 days ago"),
            (date(2026, 9, 24), "59 days ago"),
            (date(2026, 9, 22), "2 months ago"),
            (date(2025, 11, 23), "12 months ago"),
            (date(2025, 11, 22), "1 year ago"),
            (date(2023, 1, 1), "3 years ago"),
            (date(2026, 11, 25), "in 3 days"),
        ],
    )
    def test_how_long_ago(self, day, text):
        assert formats.ago(day, today=TODAY) == text

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("da", "for 5 dage siden"),
            ("cs", "před 5 dny"),
            ("sl", "pred 5 dnevi"),
            ("ru", "5 дней назад"),
            ("fil", "5 araw ang nakalipas"),
        ],
    )
    def test_how_long_ago_in_other_languages(self, language, text):
        set_language(language)

        assert formats.ago(date(2026, 11, 17), today=TODAY) == text

    def test_a_moment_of_today_is_a_time_at_the_readers_place(self):
        now = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
        zone = ZoneInfo("Europe/Prague")

        assert formats.moment(datetime(2026, 11, 22, 14, 4, tzinfo=UTC), now=now, zone=zone) == "15:04"
        assert formats.moment(datetime(2026, 11, 21, 23, 30, tzinfo=UTC), now=now, zone=zone) == "00:30"
        assert formats.moment(datetime(2026, 11, 21, 22, 30, tzinfo=UTC), now=now, zone=zone) == "21 Nov"


def test_formats_are_a_choice_beside_the_language():
    set_language("en", "en_CH")
    swiss = formats.money(123_456_700, "CHF")
    set_language("en", "en_US")
    american = formats.day(date(2026, 11, 3))
    set_language("en")

    assert swiss.replace("\N{NO-BREAK SPACE}", " ") == "CHF 1’234’567"
    assert american == "Nov 3, 2026"
    assert formats.money(123_456_700, "CHF") != swiss
    assert [formats_of(country) for country in ("CH", "CZ", "US", "DE")] == [
        "en_CH",
        "en_CZ",
        "en_US",
        "en_DE",
    ]
    assert list(translated()) == ["en"]
