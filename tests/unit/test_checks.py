"""One value of one field: what is stored, and what people are told."""

from datetime import UTC, date, datetime

import pytest

from crm.errors import Bad
from crm.records import registry
from crm.records.checks import check_phone, check_value, check_values
from crm.records.fields import Field, Kind

FIELDS = {
    "email": Field("email", "E-mail", Kind.EMAIL),
    "phone": Field("phone", "Phone", Kind.PHONE),
    "website": Field("website", "Website", Kind.URL),
    "employees": Field("employees", "Employees", Kind.INTEGER, minimum=0),
    "amount": Field("amount", "Amount", Kind.MONEY),
    "share": Field("share", "Share", Kind.PERCENT, minimum=0, maximum=1),
    "day": Field("day", "Day", Kind.DATE),
    "at": Field("at", "At", Kind.DATETIME),
    "name": Field("name", "Name", Kind.TEXT, required=True, max_length=5),
    "tags": Field("tags", "Tags", Kind.TAGS),
    "yes": Field("yes", "Yes", Kind.BOOLEAN),
    "currency": Field("currency", "Currency", Kind.CURRENCY),
}


@pytest.mark.parametrize(
    ("name", "given", "stored"),
    [
        ("email", " Ana@Example.COM ", "Ana@example.com"),
        ("phone", "030 1234567", "+49301234567"),
        ("phone", "+45 33 21 91 60", "+4533219160"),
        ("website", "example.com/a", "https://example.com/a"),
        ("employees", "12", 12),
        ("amount", 11840, 11840),
        ("share", 0.5, 0.5),
        ("day", "2026-02-28", date(2026, 2, 28)),
        ("at", "2026-02-28T10:00+01:00", datetime.fromisoformat("2026-02-28T10:00+01:00")),
        ("name", " Ana ", "Ana"),
        ("tags", "vip, beans,vip", ["vip", "beans"]),
        ("tags", "", []),
        ("yes", False, False),
        ("currency", "eur", "EUR"),
        ("email", "", None),
    ],
)
def test_a_good_value_is_stored_in_normal_form(name, given, stored):
    assert check_value(FIELDS[name], given) == stored


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("email", "ana@", "e-mail address"),
        ("phone", "+1 2345", "too short"),
        ("phone", "call me", "country code"),
        ("website", "javascript:alert(1)", "web address"),
        ("website", "ftp://example.com", "web address"),
        ("employees", "1.5", "whole number"),
        ("employees", -1, "at least 0"),
        ("employees", 2**40, "too large"),
        ("share", 1.01, "at most 100 %"),
        ("share", float("nan"), "not a number"),
        ("day", "2026-02-30", "2026-11-30"),
        ("at", datetime(2026, 1, 1, 10), "time zone"),  # noqa: DTZ001  the naive time is the bad value
        ("name", "Anastasia", "9 characters"),
        ("name", "  ", "is needed"),
        ("name", "\u200b \u2800\u3164", "is needed"),
        ("name", "a\x00b", "NUL"),
        ("tags", ["vip", "x" * 61], "61 characters"),
        ("tags", [f"t{n}" for n in range(51)], "at most 50"),
        ("yes", "perhaps", "neither yes nor no"),
        ("currency", "EURO", "three letters"),
    ],
)
def test_a_bad_value_is_told_with_its_remedy(name, given, told):
    with pytest.raises(Bad, match=told):
        check_value(FIELDS[name], given)


def test_every_complaint_comes_at_once_and_an_unknown_field_is_one():
    stored, problems = check_values(FIELDS, {"email": "x", "share": 2, "day": "2026-01-01", "colour": "red"})

    assert stored == {"day": date(2026, 1, 1)}
    assert [p.field for p in problems] == ["email", "share", "colour"]


def test_a_number_of_another_country_is_read_with_its_region():
    assert check_phone("33 21 91 60", region="DK") == "+4533219160"


def test_a_time_keeps_its_moment():
    at = datetime(2026, 1, 1, 10, tzinfo=UTC)

    assert check_value(FIELDS["at"], at) == at


def test_every_field_of_the_registry_can_be_checked():
    for entity in registry.entities():
        for field in entity.fields:
            if not field.required:
                assert check_value(field, None) in (None, [])
