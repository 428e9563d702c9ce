"""Any list: search, filters, sort, keyset pages, capped count; two statements whatever the length."""

from datetime import date

import pytest

from crm.errors import Refused
from crm.records import lists, registry
from crm.records.fields import Kind
from crm.records.lists import BLANK, list_rows
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Contact
from tests.factories import make


def names(actor, entity="contact", **options):
    with reading(actor) as session:
        return list(list_rows(session, entity, **options).rows["name"])


def all_pages(actor, **options):
    found, cursor = [], None
    with reading(actor) as session:
        while True:
            page = list_rows(session, "contact", after=cursor, **options)
            found += list(page.rows["name"])
            cursor = page.next_cursor
            if cursor is None:
                return found


def fill(people, count):
    with unit_of_work(SYSTEM) as work:
        work.session.add_all(
            Contact(name=f"Contact {n:04}", name_key=f"contact {n:04}", owner_id=people["stan"].user_id)
            for n in range(count)
        )


class TestScope:
    def test_everybody_sees_their_own_reach(self, people):
        make(people["stan"], "contact", name="North")
        make(people["sue"], "contact", name="South")

        assert names(people["stan"]) == ["North"]
        assert names(people["sue"]) == ["South"]
        assert names(people["ada"]) == ["North", "South"]

    def test_the_title_of_a_foreign_link_stays_empty(self, people):
        firm = make(people["sue"], "organisation", name="Secret")
        make(people["mona"], "contact", organisation_id=firm["id"], team_id=people["stan"].teams[0])

        with reading(people["stan"]) as session:
            rows = list_rows(session, "contact", columns=["name", "organisation_id"]).rows

        assert list(rows["organisation_id__title"]) == [None]


class TestFilters:
    @pytest.fixture
    def three(self, people):
        make(
            people["stan"],
            "contact",
            name="Ana",
            lifecycle="customer",
            city="Porto",
            birth_date=date(1990, 1, 1),
        )
        make(
            people["stan"], "contact", name="Bo", lifecycle="lead", city="Berlin", birth_date=date(1991, 1, 1)
        )
        make(people["stan"], "contact", name="Cy", lifecycle="lead")
        return people["stan"]

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({"lifecycle": ["lead"]}, ["Bo", "Cy"]),
            ({"lifecycle": ["lead", "customer"], "city": "Porto"}, ["Ana"]),
            ({"city": [BLANK]}, ["Cy"]),
            ({"city": [BLANK, "Berlin"]}, ["Bo", "Cy"]),
            ({"birth_date": (date(1990, 6, 1), None)}, ["Bo"]),
            ({"birth_date": (None, date(1990, 6, 1))}, ["Ana"]),
            ({"city": None}, ["Cy"]),
        ],
    )
    def test_each_kind_of_condition(self, three, filters, found):
        assert names(three, filters=filters) == found

    @pytest.mark.parametrize(
        "options", [{"filters": {"shoe_size": 1}}, {"sort": "notes"}, {"after": "nonsense"}]
    )
    def test_what_the_list_does_not_know_is_refused(self, three, options):
        with pytest.raises(Refused), reading(three) as session:
            list_rows(session, "contact", **options)

    def test_archived_rows_stand_apart(self, people):
        from crm.records.records import archive_record

        ana = make(people["stan"], "contact", name="Ana")
        make(people["stan"], "contact", name="Bo")
        with unit_of_work(people["stan"]) as work:
            archive_record(work, "contact", ana["id"], seen_version=ana["version"])

        assert names(people["stan"]) == ["Bo"]
        assert names(people["stan"], archived=True) == ["Ana"]


class TestPages:
    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("sort", ["name", "created_at"])
    def test_every_row_comes_once_in_order(self, people, sort, descending):
        fill(people, 23)

        found = all_pages(people["stan"], sort=sort, descending=descending, limit=5)

        assert sorted(found) == sorted(set(found))
        assert len(found) == 23
        if sort == "name":
            assert found == sorted(found, reverse=descending)

    @pytest.mark.parametrize("descending", [False, True])
    def test_blanks_stand_last_in_both_directions(self, people, descending):
        for name, employees in (("A", 5), ("B", None), ("C", 7), ("D", None)):
            make(people["stan"], "organisation", name=name, employees=employees)

        found, cursor = [], None
        with reading(people["stan"]) as session:
            for _page in range(4):
                page = list_rows(
                    session, "organisation", sort="employees", descending=descending, limit=1, after=cursor
                )
                found += list(page.rows["name"])
                cursor = page.next_cursor

        assert set(found[2:]) == {"B", "D"}
        assert found[:2] == (["C", "A"] if descending else ["A", "C"])

    def test_a_row_that_appears_meanwhile_shifts_no_page(self, people):
        fill(people, 10)
        with reading(people["stan"]) as session:
            first = list_rows(session, "contact", limit=5)
        make(people["stan"], "contact", name="Aaron")

        second = names(people["stan"], limit=5, after=first.next_cursor)

        assert second == [f"Contact {n:04}" for n in range(5, 10)]

    @pytest.mark.parametrize("count", [0, 10, 300])
    def test_a_page_costs_two_statements_whatever_the_length(self, people, statements, count):
        fill(people, count)
        statements.clear()

        with reading(people["stan"]) as session:
            page = list_rows(session, "contact", limit=14, columns=["name", "organisation_id", "owner_id"])

        assert len(statements) == 2
        assert (len(page.rows), page.total) == (min(count, 14), count)

    def test_counting_stops_at_the_cap(self, people, monkeypatch):
        monkeypatch.setattr(lists, "COUNT_CAP", 20)
        fill(people, 25)

        with reading(people["stan"]) as session:
            page = list_rows(session, "contact", limit=5)

        assert (page.total, page.capped) == (20, True)


@pytest.mark.parametrize(
    "forged",
    ["nonsense", "WyJ2Iix7ImEiOjF9LDFd", "WyJ2IixbMV0sMV0=", "WyJ4IiwxLDFd", "WyJkIiwiMjAyNi0xMy0wMSIsMV0="],
)
def test_a_forged_page_link_is_refused_in_a_sentence(people, forged):
    with pytest.raises(Refused, match="Start again at the first page"):
        names(people["stan"], "contact", after=forged)


@pytest.mark.parametrize("entity", ["contact", "organisation", "deal", "lead", "case", "task"])
def test_every_plain_column_orders_the_whole_list_page_by_page(people, entity):
    made = {make(people["ada"], entity)["id"] for _ in range(5)}
    about = registry.entity(entity)
    ordered = [f.name for f in about.fields if f.sortable]
    assert len(ordered) > 8
    assert not any(about[name].kind in (Kind.LONGTEXT, Kind.TAGS, Kind.LINK) for name in ordered)

    for name in ordered:
        for descending in (False, True):
            found, after = [], None
            while True:
                with reading(people["ada"]) as session:
                    page = list_rows(
                        session, entity, sort=name, descending=descending, after=after, limit=2, count=False
                    )
                found += list(page.rows["id"])
                if (after := page.next_cursor) is None:
                    break
            assert set(found) == made, name
            assert len(found) == len(made), name
