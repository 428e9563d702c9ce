"""The shared pieces of the screens: they draw, names stay names, and the theme can be read."""

import base64
import tomllib
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from crm.ui.kit import look

ROOT = Path(__file__).parents[2]


class TestWords:
    @pytest.mark.parametrize(
        ("name", "safe"),
        [
            ("Ana Olivares", "Ana Olivares"),
            ("![x](http://evil/t.png)", r"!\[x\](http:/:small[]/evil/t.png)"),
            ("*Bold* & <b>", r"\*Bold\* \& \<b>"),
            ("$5 and $6", r"\$5 and \$6"),
            ("# 1", r"\# 1"),
            ("- none", r"\- none"),
            ("1. FC Köln", r"1\. FC Köln"),
            ("3M", "3M"),
            ("two\nlines", "two lines"),
            ("invoice\u202efdp.exe \u2066x", "invoicefdp.exe x"),
            ("www.x.cz", "www:small[].x.cz"),
            ("bank@x.cz <eve@x.cz>", r"bank@:small[]x.cz \<eve@:small[]x.cz>"),
            (":red[Rot] at 10:30", r"\:red\[Rot\] at 10:30"),
            (":smile: :material/home: 1:30:15", ":\u2060smile: :\u2060material/home: 1:30:15"),
        ],
    )
    def test_a_name_cannot_write_markdown(self, name, safe):
        assert look.plain(name) == safe

    def test_marked_text_is_not_escaped_twice(self):
        chip = look.tag("50 % [x]", tone=look.GOOD, icon="check")

        assert chip == r":green-badge[:material/check: 50 % \[x\]]"
        assert look.plain(chip) is chip

    def test_only_web_mail_and_telephone_become_links(self):
        assert look.link("Ana", "mailto:ana@example.com") == "[Ana](mailto:ana@example.com)"
        assert look.link("Ana", "javascript:alert(1)") == "Ana"
        assert look.link("a", "https://x.cz/a b(c)") == "[a](https://x.cz/a%20b%28c%29)"

    @pytest.mark.parametrize(
        ("name", "initials"),
        [
            ("Ana María Olivares", "AO"),
            ("Šárka", "Š"),
            ("", "?"),
            ("Jean-Luc Picard", "JP"),
            ("<script>", "?"),
        ],
    )
    def test_an_avatar_shows_initials(self, name, initials):
        picture = look.avatar(name)

        drawing = base64.b64decode(picture.removeprefix("data:image/svg+xml;base64,")).decode()
        assert f">{initials}</text>" in drawing
        assert look.avatar(name) == picture


class TestExplained:
    def test_it_says_how_the_number_came_about(self):
        number = look.Explained("Won", "€118k", formula="Sum of *won* deals", n=1349, as_of="22 Nov 2026")

        assert number.how() == (
            "**How is this computed?**  \nSum of \\*won\\* deals  \nn = 1,349  \nAs of 22 Nov 2026"
        )

    def test_without_a_formula_there_is_nothing_to_ask(self):
        assert look.Explained("Won", "€118k").how() is None

    def test_cases_may_be_said_in_words(self):
        assert look.Explained("Won", "€1", n=3, n_text="3 deals").cases() == "3 deals"


class TestPicked:
    @pytest.mark.parametrize("data", ["Ana", ["Ana", "x"], {"0": "Ana", "1": "x"}])
    def test_a_click_gives_the_name_of_the_mark(self, data):
        assert look.picked({"selection": {"points": [{"customdata": data}, {"customdata": data}]}}) == ["Ana"]

    def test_marks_without_a_name_and_no_click_give_nothing(self):
        assert look.picked({"selection": {"points": [{"x": 1}]}}) == []
        assert look.picked({}) == []


def gallery():
    from crm import charts
    from crm.ui.kit import look

    with look.page(
        "Ana [x](http://evil)", "Two *things*", tags=[look.tag("Customer", tone=look.GOOD)], record=True
    ):
        pass
    with look.toolbar():
        look.switch("Period", {"m": "Month", "q": "Quarter"}, key="t_period", default="q")
        look.filters("Team", {"n": "North", "s": "South"}, key="t_team", default=["s"])
    numbers = [
        look.Explained("Won", "€118k", "5%", "down", look.GOOD, [1, 2], "Sum", 3),
        look.Explained("Open", "€2k", spark=[1]),
        look.Explained("Third", "3"),
    ]
    look.kpi_row(numbers)
    card = look.wall()
    with card("Which?", "Counted since May"):
        look.chart(charts.hbars(["a"], [1], ["1"]), key="t_chart", alt="a leads")
    main, aside = look.split()
    with main, look.card("Card"), look.row():
        look.two_lines("Who_", "€1", "why")
    with aside:
        look.facts({"Owner": "Maren *S*"}, alt="Facts")
        look.lines("one", "two")
    look.empty("No cases", "They appear here.", button="Open a case")


@pytest.fixture(scope="module")
def shown():
    return AppTest.from_function(gallery).run()


class TestPieces:
    def test_all_pieces_draw(self, shown):
        assert not shown.exception

    def test_a_page_has_one_heading_and_names_stay_literal(self, shown):
        assert [title.value for title in shown.title] == [
            r"Ana \[x\](http:/:small[]/evil) :small[:green-badge[Customer]]"
        ]
        assert r"Two \*things\*" in [caption.value for caption in shown.caption]

    def test_a_number_is_told_its_arrow_and_colour(self, shown):
        won, opened, third = (metric.proto for metric in shown.metric)

        assert [metric.label for metric in shown.metric] == ["Won", "Open", "Third"]
        assert won.delta == "5%"
        assert won.help.startswith("**How is this computed?**")
        assert (list(won.chart_data), list(opened.chart_data)) == ([1, 2], [])
        assert third.help == ""

    def test_filters_give_values_and_show_labels(self, shown):
        assert shown.session_state["t_period"] == "q"
        assert shown.session_state["t_team"] == ["s"]

    def test_the_button_of_an_empty_state_is_there(self, shown):
        assert "Open a case" in [button.label for button in shown.button]


class TestConfiguration:
    CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())

    def test_the_server_serves_fonts_trusts_the_edge_and_hides_traces(self):
        assert self.CONFIG["server"]["enableStaticServing"] is True
        assert self.CONFIG["server"]["trustedUserHeaders"] == '{"x-crm-session":"session"}'
        assert self.CONFIG["client"]["showErrorDetails"] == "none"
        assert self.CONFIG["runner"]["magicEnabled"] is False

    def test_every_font_named_lies_there_with_its_licence(self):
        for face in self.CONFIG["theme"]["fontFaces"]:
            assert (ROOT / face["url"].removeprefix("app/")).is_file()
        licences = sorted((ROOT / "static" / "fonts").glob("OFL-*.txt"))
        assert [path.stem for path in licences] == ["OFL-hanken-grotesk", "OFL-ibm-plex-sans"]
        assert all("SIL Open Font License" in path.read_text() for path in licences)

    @pytest.mark.parametrize("mode", ["light", "dark"])
    def test_text_can_be_read(self, mode):
        theme = self.CONFIG["theme"][mode]
        page = theme["backgroundColor"]

        assert contrast(theme["textColor"], page) >= 7
        assert contrast(theme["linkColor"], page) >= 4.5
        assert contrast("#FFFFFF", theme["primaryColor"]) >= 4.5
        assert contrast(theme["chartCategoricalColors"][9], page) >= 4.5  # chart labels
        for name in ("gray", "blue", "green", "yellow", "orange", "red", "violet"):
            assert contrast(theme[f"{name}TextColor"], theme[f"{name}BackgroundColor"]) >= 4.5, name

    @pytest.mark.parametrize("mode", ["light", "dark"])
    def test_chart_slots_are_complete_and_told_from_the_page(self, mode):
        theme = self.CONFIG["theme"][mode]

        assert [len(theme[f"chart{kind}Colors"]) for kind in ("Categorical", "Sequential", "Diverging")] == [
            10
        ] * 3
        for colour in theme["chartCategoricalColors"][:5]:
            assert contrast(colour, theme["backgroundColor"]) >= 3


def contrast(one, other):
    """The contrast ratio of WCAG 2, from 1 to 21."""

    def luminance(colour):
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_choices_that_read_alike_are_told_apart():
    from crm.ui.kit.words import distinct

    assert distinct({1: "Ana", 2: "Ben", 7: "Ana"}) == {1: "Ana · 1", 2: "Ben", 7: "Ana · 7"}
