"""The tree of a segment's rules: what is taken, what is refused with which sentence, and what relative dates mean."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.campaigns.segments.conditions import MOST_CONDITIONS, back, check_rules, conditions, span
from crm.errors import Refused
from crm.records.fields import Choice, Field, Kind

FIELDS = {
    "contact": {
        "city": Field("city", "City", Kind.TEXT),
        "birth_date": Field("birth_date", "Birth date", Kind.DATE),
        "tags": Field("tags", "Tags", Kind.TAGS),
        "lifecycle": Field(
            "lifecycle", "Lifecycle", Kind.CHOICE, choices=(Choice("lead", "Lead"), Choice("customer", "Customer"))
        ),
    },
    "organisation": {"employees": Field("employees", "Employees", Kind.INTEGER, minimum=0)},
    "deal": {
        "status": Field("status", "Status", Kind.CHOICE, choices=(Choice("won", "Won"), Choice("lost", "Lost"))),
        "amount_minor": Field("amount_minor", "Amount", Kind.MONEY, currency_field="currency"),
        "closed_on": Field("closed_on", "Closed", Kind.DATE),
    },
    "case": {}, "interaction": {}, "order": {}, "lead": {}, "campaign_member": {},
}  # fmt: skip
BERLIN = {"of": "contact", "field": "city", "is": "equals", "value": "Berlin"}
WON = {"of": "deal", "field": "status", "is": "equals", "value": "won"}


def refusal(tree):
    with pytest.raises(Refused) as refused:
        check_rules(tree, FIELDS)
    return [(p.field, p.message) for p in refused.value.problems]


class TestWhatIsTaken:
    def test_no_rules_mean_everybody(self):
        assert check_rules({}, FIELDS) == {"all": []}
        assert check_rules({"all": [{"any": []}, {"not": {"all": []}}]}, FIELDS) == {"all": []}

    def test_a_single_condition_becomes_a_group(self):
        assert check_rules(BERLIN, FIELDS) == {"all": [BERLIN]}

    def test_a_condition_on_a_record_of_many_means_that_there_is_one(self):
        assert check_rules(WON, FIELDS) == {
            "all": [{"of": "deal", "has": "any", "through": "contact", "where": {"all": [WON]}}]
        }

    def test_checking_what_was_checked_changes_nothing(self):
        tree = {
            "any": [
                BERLIN,
                {"not": {"all": [{"of": "contact", "field": "tags", "is": "contains", "value": "vip"}]}},
                {"of": "deal", "has": "sum", "field": "amount_minor", "value": 500_000, "where": WON},
                {"of": "deal", "has": "at_least", "n": 3, "where": {"any": [WON]}},
                {"of": "contact", "field": "birth_date", "is": "last", "value": {"n": 3, "unit": "month"}},
            ]
        }
        once = check_rules(tree, FIELDS)

        assert check_rules(once, FIELDS) == once
        assert sum(1 for _c in conditions(once)) == 7


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("tree", "path", "said"),
        [
            ("Berlin", "", "no condition"),
            ({"most": []}, "", "“all”, “any” or “not”"),
            ({"all": [], "any": []}, "", "“all”, “any” or “not”"),
            ({"all": "x"}, "", "a list"),
            ({"all": [BERLIN | {"field": "password"}]}, "all.0", "no field “password”"),
            ({"all": [BERLIN | {"field": ["city"]}]}, "all.0", "no field"),
            ({"all": [BERLIN | {"of": "user"}]}, "all.0", "no rules about “user”"),
            ({"all": [BERLIN | {"of": ["deal"]}]}, "all.0", "no rules about"),
            ({"all": [BERLIN | {"is": "more"}]}, "all.0", "cannot be compared by “more”"),
            ({"all": [BERLIN | {"is": {}}]}, "all.0", "cannot be compared"),
            ({"all": [BERLIN | {"value": ""}]}, "all.0", "City"),
            ({"all": [BERLIN | {"value": "a\x00b"}]}, "all.0", "NUL"),
            ({"all": [BERLIN | {"is": "contains", "value": "x" * 501}]}, "all.0", "501 characters"),
            ({"all": [BERLIN | {"sql": "1=1"}]}, "all.0", "no field"),
            ({"any": [WON | {"value": "gone"}]}, "any.0.where.all.0", "not one of: Won, Lost"),
            ({"all": [{"of": "deal", "has": "most"}]}, "all.0", "“has” is one of"),
            ({"all": [{"of": "deal", "has": "at_least", "n": 0}]}, "all.0", "whole number from 1"),
            ({"all": [{"of": "deal", "has": "sum", "field": "status", "value": 1}]}, "all.0", "added up"),
            ({"all": [{"of": "deal", "has": "sum", "field": [], "value": 1}]}, "all.0", "added up"),
            ({"all": [{"of": "lead", "has": "any", "through": "organisation"}]}, "all.0", "by contact"),
            ({"all": [{"of": "deal", "has": "any", "where": BERLIN}]}, "all.0.where", "the same record"),
            (
                {"of": "contact", "field": "birth_date", "is": "last", "value": {"n": 0, "unit": "day"}},
                "",
                "a number and days",
            ),
            (
                {"of": "contact", "field": "birth_date", "is": "last", "value": {"n": 1, "unit": []}},
                "",
                "a number and days",
            ),
            ({"of": "contact", "field": "birth_date", "is": "this", "value": "moon"}, "", "week, month"),
            ({"of": "contact", "field": "birth_date", "is": "before", "value": "0001-01-01"}, "", "1800"),
            (
                {"of": "contact", "field": "birth_date", "is": "equals", "value": "31.12.2026"},
                "",
                "not a date",
            ),
            (
                {
                    "of": "contact",
                    "field": "birth_date",
                    "is": "between",
                    "value": ["2026-02-01", "2026-01-01"],
                },
                "",
                "after the second",
            ),
            ({"of": "contact", "field": "lifecycle", "is": "one_of", "value": []}, "", "one to 500"),
            ({"of": "organisation", "field": "employees", "is": "more", "value": -4}, "", "at least 0"),
        ],
    )
    def test_a_wrong_condition_is_named_with_its_place_and_remedy(self, tree, path, said):
        ((field, message),) = refusal(tree)

        assert field == path
        assert said in message

    def test_every_wrong_condition_is_told_at_once(self):
        assert len(refusal({"all": [BERLIN | {"field": "x"}, BERLIN, BERLIN | {"is": "y"}]})) == 2

    def test_groups_have_a_bottom_and_a_segment_a_size(self):
        deep = BERLIN
        for _level in range(200):
            deep = {"all": [deep]}

        assert "deep" in refusal(deep)[0][1]
        wide = {"all": [{"any": [BERLIN] * 40}, {"any": [BERLIN] * (MOST_CONDITIONS - 39)}]}
        assert f"At most {MOST_CONDITIONS}" in refusal(wide)[0][1]

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(BERLIN) | st.just(WON),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["all", "any", "not", "of", "has", "where", "field", "is", "value", "n"]),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        )
    )
    def test_whatever_comes_is_checked_or_refused_and_never_an_error(self, tree):
        try:
            checked = check_rules(tree, FIELDS)
        except Refused:
            return
        assert check_rules(checked, FIELDS) == checked


class TestRelativeDates:
    @pytest.mark.parametrize(
        ("wanted", "value", "today", "expected"),
        [
            ("last", {"n": 7, "unit": "day"}, "2026-03-10", ("2026-03-04", "2026-03-10")),
            ("last", {"n": 2, "unit": "week"}, "2026-03-10", ("2026-02-25", "2026-03-10")),
            ("last", {"n": 1, "unit": "month"}, "2026-03-10", ("2026-02-11", "2026-03-10")),
            ("last", {"n": 1, "unit": "month"}, "2026-03-31", ("2026-03-01", "2026-03-31")),
            ("last", {"n": 1, "unit": "month"}, "2024-03-30", ("2024-03-01", "2024-03-30")),
            ("last", {"n": 1, "unit": "year"}, "2024-02-29", ("2023-03-01", "2024-02-29")),
            ("older", {"n": 6, "unit": "month"}, "2026-08-31", (None, "2026-02-28")),
            ("next", {"n": 7, "unit": "day"}, "2026-12-28", ("2026-12-28", "2027-01-03")),
            ("next", {"n": 1, "unit": "month"}, "2026-01-31", ("2026-01-31", "2026-02-27")),
            ("this", "week", "2026-03-10", ("2026-03-09", "2026-03-15")),
            ("this", "month", "2026-02-28", ("2026-02-01", "2026-02-28")),
            ("this", "quarter", "2026-12-31", ("2026-10-01", "2026-12-31")),
            ("previous", "month", "2026-03-31", ("2026-02-01", "2026-02-28")),
            ("previous", "quarter", "2026-01-01", ("2025-10-01", "2025-12-31")),
            ("previous", "year", "2024-02-29", ("2023-01-01", "2023-12-31")),
            ("previous", "week", "2026-01-01", ("2025-12-22", "2025-12-28")),
            ("equals", "2026-03-01", "2026-03-10", ("2026-03-01", "2026-03-01")),
            ("before", "2026-03-01", "2026-03-10", (None, "2026-02-28")),
            ("after", "2026-02-28", "2026-03-10", ("2026-03-01", None)),
        ],
    )
    def test_a_stretch_has_these_two_ends(self, wanted, value, today, expected):
        first, last = span(wanted, value, date.fromisoformat(today))

        assert (first and first.isoformat(), last and last.isoformat()) == expected

    @given(
        st.dates(date(1990, 1, 1), date(2090, 1, 1)),
        st.integers(1, 120),
        st.sampled_from(["day", "week", "month"]),
    )
    def test_every_past_day_is_either_in_the_last_stretch_or_older(self, today, n, unit):
        first, last = span("last", {"n": n, "unit": unit}, today)
        _none, before = span("older", {"n": n, "unit": unit}, today)

        assert last == today
        assert (first - before).days == 1
        assert back(today, n, unit) == before
