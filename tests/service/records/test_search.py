"""Finding by any part of the words, within scope, on both databases."""

import pytest

from crm.interactions import find
from crm.interactions.find import _among_newest as among_newest
from crm.records.lists import list_rows
from crm.records.search import find_anything, find_near
from crm.work import reading
from tests.factories import change, make


@pytest.fixture
def scene(people):
    """A customer of Stan's team and one of Sue's."""
    stan, sue = people["stan"], people["sue"]
    casa = make(stan, "organisation", name="Casa Olivares Hotels", city="Porto")
    make(stan, "contact", name="Ana Olivares", email="ana@casa.example", organisation_id=casa["id"])
    make(stan, "deal", title="12 Duo machines, Porto", number="D-2041", organisation_id=casa["id"])
    make(sue, "organisation", name="Olive Tree Café")
    return people


def hits(actor, text):
    with reading(actor) as session:
        return find_anything(session, text)


def found(actor, text):
    with reading(actor) as session:
        return [(hit.entity, hit.title) for hit in find_anything(session, text)]


def test_any_part_of_a_word_finds_contacts_organisations_and_deals(scene):
    assert found(scene["stan"], "livar") == [
        ("contact", "Ana Olivares"),
        ("organisation", "Casa Olivares Hotels"),
    ]
    assert found(scene["stan"], "d-2041") == [("deal", "12 Duo machines, Porto")]
    assert found(scene["stan"], "casa.ex") == [("contact", "Ana Olivares")]


def test_every_word_must_occur(scene):
    assert found(scene["stan"], "olivares hotels") == [("organisation", "Casa Olivares Hotels")]
    assert found(scene["stan"], "olivares roof") == []


def test_short_words_are_looked_up_by_their_beginning(scene):
    assert found(scene["stan"], "an") == [("contact", "Ana Olivares")]
    assert ("deal", "12 Duo machines, Porto") in found(scene["stan"], "du")


def test_nobody_finds_what_lies_outside_their_scope(scene):
    assert found(scene["sue"], "oliv") == [("organisation", "Olive Tree Café")]
    assert {title for _, title in found(scene["mona"], "oliv")} == {
        "Ana Olivares",
        "Casa Olivares Hotels",
        "Olive Tree Café",
    }


@pytest.mark.parametrize(
    "text",
    [
        '"',
        "' OR 1=1 --",
        "%%%",
        "___",
        "\\",
        "a\x00b",
        "*",
        "NEAR(",
        "name:ana",
        "- -",
        "🙂" * 40,
        "x" * 5000,
    ],
)
def test_signs_of_the_query_language_are_only_text(scene, text):
    assert found(scene["stan"], text) == []


def test_a_changed_name_is_found_and_the_old_one_is_not(scene):
    record = make(scene["stan"], "contact", name="Ruth Adler")

    change(scene["stan"], "contact", record, name="Ruth Bergmann")

    assert found(scene["stan"], "Bergmann") == [("contact", "Ruth Bergmann")]
    assert found(scene["stan"], "Adler") == []


def test_a_list_is_searched_the_same_way(scene):
    with reading(scene["stan"]) as session:
        page = list_rows(session, "contact", search="olivar")

    assert list(page.rows["name"]) == ["Ana Olivares"]
    assert page.total == 1


def test_every_searched_table_has_its_trigrams(scene):
    from sqlalchemy import text

    from crm.records.search import INDEXED
    from db.session import engine

    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%USING fts5%'",
        "postgresql": "SELECT indexname FROM pg_indexes WHERE indexname LIKE '%_fts_trigram'",
    }
    with engine().connect().execution_options(system=True) as connection:
        found = connection.execute(text(names[connection.dialect.name])).scalars().all()

    assert len(found) == len(INDEXED)


def test_the_index_and_the_search_name_the_same_columns():
    import importlib

    from crm.records.search import INDEXED

    migrations = [
        importlib.import_module(f"db.migrations.versions.{name}")
        for name in ("0007_search", "0014_search_service", "0024_files", "0033_find_talks")
    ]

    indexed: dict[str, tuple[str, ...]] = {}
    for migration in migrations:
        indexed |= migration.FIELDS
    assert indexed == INDEXED


def test_words_of_talks_are_found_where_they_stand(scene):
    ana = next(hit for hit in hits(scene["stan"], "livar") if hit.entity == "contact")
    make(scene["stan"], "interaction", contact_id=ana.id, body="They asked for\nthe descaling kit, in blue")
    late = make(scene["stan"], "interaction", contact_id=ana.id, subject="Kit", body="descaling again")

    assert [(hit.entity, hit.title, hit.detail) for hit in hits(scene["stan"], "descaling kit")] == [
        ("contact", "Ana Olivares", "“Kit descaling again”")
    ]
    change(scene["stan"], "interaction", late, body="nothing more")
    assert [hit.detail for hit in hits(scene["stan"], "descaling")] == [
        "“They asked for the descaling kit, in blue”"
    ]
    assert hits(scene["sue"], "descaling") == []


def test_messages_that_wait_are_found_by_who_may_read_them(scene):
    from crm.mail.receiving.intake import take_in
    from tests.service.mail import mail_letters as letters

    take_in(
        letters.answer(sender="eve@far.example", subject="Hello", text="The steam wand drips"), source="x"
    )

    assert [(hit.entity, hit.title, hit.detail) for hit in hits(scene["mona"], "steam drips")] == [
        ("message", "Hello", "“The steam wand drips”")
    ]
    assert hits(scene["sue"], "steam") == []


@pytest.mark.parametrize(
    "typed", ["+43 664 587 1854", "0664 5871854", "0043 (0)664/587-18-54", "436645871854", "66458718"]
)
def test_a_number_is_found_with_and_without_country_code(people, typed):
    make(people["stan"], "contact", name="Ana Berg", phone="+43 664 5871854")

    assert found(people["stan"], typed) == [("contact", "Ana Berg")]
    assert found(people["stan"], "0664 999 1854") == []


def near(actor, text):
    with reading(actor) as session:
        return [(hit.entity, hit.title) for hit in find_near(session, text)]


def test_a_typing_error_finds_what_was_meant_within_scope(scene):
    for typed in ("Olivraes", "olivares hotel", "Olivaers Hotels", "casa olivres"):
        assert ("organisation", "Casa Olivares Hotels") in near(scene["stan"], typed)
    assert near(scene["sue"], "Olivares") == []
    assert near(scene["sue"], "Olive Tre") == [("organisation", "Olive Tree Café")]
    for nothing in ("Quibble", "oli", "x" * 5000, '"', "OR AND NOT", "🙂" * 40):
        assert near(scene["stan"], nothing) == []


def test_a_common_word_is_found_among_the_newest_talks_and_a_rare_one_among_all(people, monkeypatch):
    stan = people["stan"]
    for day in range(1, 9):
        ana = make(stan, "contact", name=f"Ana {day}")
        words = f"100% of Grinders_{day}" + (" zebra" if day in (1, 8) else "")
        make(stan, "interaction", subject="Call", body=words, contact_id=ana["id"], happened_at=at(day))
    monkeypatch.setattr(find, "RECENT", 4)

    def names(query, limit, actor=stan):
        with reading(actor) as session:
            return [hit.title[-1] for hit in find.find_talks(session, query, limit)]

    whole = {query: names(query, 8) for query in ("grinder", "zebra", "GRINDERS call", "0% o", "s_8", "gr")}
    assert whole["grinder"] == list("87654321")
    assert (whole["zebra"], whole["GRINDERS call"], whole["s_8"]) == (list("81"), list("87654321"), ["8"])
    monkeypatch.setattr(find, "RECENT", 1_000)
    assert {query: names(query, 8) for query in whole} == whole
    assert names("grinder", 8, people["sue"]) == []

    asked = []
    monkeypatch.setattr(find, "RECENT", 4)
    monkeypatch.setattr(find, "_among_newest", lambda *given: asked.append(given) or among_newest(*given))
    assert names("grinder", 1) == ["8"]
    with reading(stan) as session:
        found_first = among_newest(session, *asked[0][1:])
    assert len(found_first) == 3  # so the walk through all was not needed


def at(day):
    return f"2026-03-0{day}T10:00:00Z"
