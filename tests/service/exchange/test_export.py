"""Rows out: safe for spreadsheets, exact, and never beyond the scope."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.clock import here
from crm.errors import NotAllowed
from crm.exchange.export import export_csv
from crm.exchange.leaving.own import bare, neutral
from crm.work import reading
from tests.factories import make


def exported(actor, entity, **options):
    with reading(actor) as session:
        text = b"".join(export_csv(session, entity, **options)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_amounts_are_in_major_units_and_links_have_names(people):
    casa = make(people["mona"], "organisation")
    make(people["mona"], "deal", organisation_id=casa["id"], amount_minor=118_400_50)
    make(people["mona"], "deal", title="Yen", amount_minor=500, currency="JPY")

    rows = exported(people["mona"], "deal", columns=["title", "organisation_id", "amount_minor", "currency"])

    assert rows == [
        {
            "id": rows[0]["id"],
            "title": "12 Duo machines",
            "organisation": "Casa Olivares",
            "amount": "118400.50",
            "currency": "EUR",
        },
        {"id": rows[1]["id"], "title": "Yen", "organisation": "", "amount": "500", "currency": "JPY"},
    ]


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "\r=1"])
def test_a_formula_is_neutralised(people, text):
    make(people["mona"], "contact", name="Ana", notes="x" + text)

    assert neutral(text) == "'" + text
    assert neutral("x" + text) == "x" + text


def test_numbers_and_telephone_numbers_stay_as_they_are():
    assert [neutral(t) for t in ("+4533219160", "-12.5", "+45 33 21 91 60")] == [
        "+4533219160",
        "-12.5",
        "+45 33 21 91 60",
    ]


@given(st.text())
def test_no_exported_text_ever_begins_like_a_formula(text):
    safe = neutral(text)

    assert not any(part.strip(" ").startswith(("=", "@", "\t", "\r", "＝")) for part in safe.split(";"))
    assert safe.replace("'", "") == text.replace("'", "")
    assert bare(safe) == text


@pytest.mark.parametrize(("text", "safe"), [
    ("x;=1+1", "x;'=1+1"), ("  =1+1", "'  =1+1"), ("＝1+1", "'＝1+1"), ("\u00a0@SUM(A1)", "'\u00a0@SUM(A1)"), 
    ("x; ＠a", "x;' ＠a"),
    ("a;-5", "a;-5"), ("a;'=1", "a;''=1"), ("\n=1", "'\n=1"), ("A;B", "A;B"), ("+45 33;+1", "+45 33;+1"), ("－2+3", "'－2+3"),
])  # fmt: skip
def test_what_a_spreadsheet_parts_or_passes_over_is_made_safe_and_given_back(people, text, safe):
    make(people["mona"], "contact", name="Ana", first_name="Ana")
    make(people["mona"], "contact", name="Second", notes=text.strip())

    assert (neutral(text), bare(safe)) == (safe, text)
    assert exported(people["mona"], "contact", columns=["notes"])[1]["notes"] == neutral(text.strip())


def test_only_who_may_export_gets_rows_and_only_their_own_scope(people):
    make(people["stan"], "contact", name="North person")
    make(people["sue"], "contact", name="South person")

    with pytest.raises(NotAllowed, match="does not export"):
        exported(people["stan"], "contact")
    assert {row["name"] for row in exported(people["mona"], "contact")} == {"North person", "South person"}


def test_search_and_filters_narrow_the_export_as_they_narrow_the_list(people):
    make(people["mona"], "contact", name="Ana Olivares", lifecycle="customer")
    make(people["mona"], "contact", name="Ruth Adler", lifecycle="prospect")

    assert [r["name"] for r in exported(people["mona"], "contact", filters={"lifecycle": ["customer"]})] == [
        "Ana Olivares"
    ]
    assert [r["name"] for r in exported(people["mona"], "contact", search="adler")] == ["Ruth Adler"]


def test_times_days_and_tags_are_written_alike_by_both_databases(people):
    ana = make(
        people["mona"],
        "contact",
        name="Ana Olivares",
        birth_date=date(1990, 2, 1),
        tags=["=vip", "fair"],
        phone="+4533219160",
        notes="+plan B",
    )

    (row,) = exported(
        people["mona"],
        "contact",
        columns=["birth_date", "tags", "phone", "notes", "created_at", "archived_at"],
    )

    assert row == {
        "id": str(ana["id"]),
        "birth_date": "1990-02-01",
        "tags": "'=vip, fair",
        "phone": "+4533219160",
        "notes": "'+plan B",
        "created_at": here(ana["created_at"]).replace(tzinfo=None).isoformat(" "),
        "archived_at": "",
    }


def test_times_stand_as_on_the_firms_clocks_where_a_spreadsheet_reads_them(people):
    for at, moment in enumerate(
        ("2026-10-31 23:10:00", "2026-10-25 00:30:00", "2026-10-25 01:30:05", "2026-07-01 10:00:30")
    ):
        opened = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        make(people["ada"], "case", subject=f"Case {at}", opened_at=opened)

    rows = exported(people["ada"], "case", columns=["subject", "opened_at"])

    assert [row["opened_at"] for row in rows] == [
        "2026-11-01 00:10",
        "2026-10-25 02:30",
        "2026-10-25 02:30:05+01:00",
        "2026-07-01 12:00:30",
    ]


def test_a_formula_is_found_in_any_row_of_a_block(people):
    for name in ("Ana", "=Ruth", "Zoe"):
        make(people["mona"], "contact", name=name, email=None)

    assert [row["name"] for row in exported(people["mona"], "contact")] == ["Ana", "'=Ruth", "Zoe"]
