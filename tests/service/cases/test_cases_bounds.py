"""Who may see a case, and what texts may stand in it."""

import pytest
from sqlalchemy import select

from crm.errors import NotAllowed, NotFound, Refused
from crm.records import lists, records
from crm.records.search import find_anything
from crm.service.cases import board as case_board
from crm.service.cases import cases
from crm.service.cases.merge import merge_cases
from crm.service.cases.queries import merge_choices, read_case
from crm.work import reading
from db.models import CaseMessage, CaseMove
from tests.factories import make
from tests.service.cases.case_scene import NOW, do, tried, view


@pytest.fixture
def ana(people):
    """A contact of Stan's organisation with an address."""
    firm = make(people["stan"], "organisation")
    return make(people["stan"], "contact", email="ana@casa.example", organisation_id=firm["id"])


#: Texts that have broken programs: markup, control signs, other directions, other planes, length.
NAUGHTY = [
    "<script>alert(1)</script>",
    "![x](http://evil.example/a.png) **bold** :smile:",
    "'; DROP TABLE cases; --",
    "{{ 7*7 }} {% for x in y %} %s %n {0}",
    "\u202eabc\u202c \u200f\u0645\u0631\u062d\u0628\u0627",
    "👩‍🚒 ﷽ Ω≈ç√",
    "../../etc/passwd\r\nBcc: x@y.example",
    "x" * 10_000,
    "nul\x00byte",
    "half\ud800",
]


class TestNaughtyStrings:
    @pytest.mark.parametrize("text", NAUGHTY)
    @pytest.mark.parametrize("field", ["subject", "description", "fault_code", "resolution", "number"])
    def test_any_text_in_any_field_is_kept_as_it_is_or_refused_in_a_sentence(self, people, dump, field, text):
        before = dump()

        made, wrong = tried(lambda: make(people["stan"], "case", **{field: text}))

        assert wrong in ([], [field])
        assert dump() == before if wrong else made[field] == text.strip()

    @pytest.mark.parametrize("text", [*NAUGHTY, "", "  \n ", "x" * 20_001])
    def test_any_message_is_kept_as_it_is_or_refused_in_a_sentence(self, people, ana, dump, text):
        case = make(people["stan"], "case", contact_id=ana["id"])
        before = dump()
        acts = (
            lambda work: cases.reply(work, case["id"], text, key="r"),
            lambda work: cases.add_note(work, case["id"], text),
            lambda work: cases.customer_message(work, case["id"], text, key="c"),
        )

        _made, wrong = tried(lambda: [do(people["stan"], act) for act in acts])

        assert wrong in ([], ["text"])
        if wrong:
            assert dump() == before
        else:
            assert [m.text for m in view(people["stan"], case).messages] == [text.strip()] * 3


class TestScope:
    def test_another_team_finds_a_case_on_no_road(self, people, ana, dump):
        case = make(people["stan"], "case", contact_id=ana["id"], description="It stops.")
        do(people["stan"], cases.add_note, case["id"], "Secret")
        own = make(people["sue"], "case", subject="Grinder of the South")
        before, sue = dump(), people["sue"]

        with reading(sue) as session:
            with pytest.raises(NotFound):
                read_case(session, case["id"], NOW)
            assert list(session.scalars(select(CaseMessage.body))) == []
            assert [m.case_id for m in session.scalars(select(CaseMove))] == [own["id"]]
            assert lists.list_rows(session, "case").total == 1
            assert [h.id for h in find_anything(session, "Grinder") if h.entity == "case"] == [own["id"]]
            columns = case_board.board(session, case_board.CaseFilters(), now=NOW)
            assert sum(c.count for c in columns) == 1
            assert [c.id for c in case_board.my_queue(session, NOW)] == [own["id"]]
            assert case_board.case_counts(session, NOW).open == 1
            assert merge_choices(session, own["id"], "Grinder") == ()
        acts = (
            lambda work: cases.move_case(work, case["id"], "open"),
            lambda work: cases.reply(work, case["id"], "Hello", key="k"),
            lambda work: cases.add_note(work, case["id"], "Hello"),
            lambda work: cases.customer_message(work, case["id"], "Hello", key="k"),
            lambda work: cases.take_case(work, case["id"]),
            lambda work: cases.rate_case(work, case["id"], 1, None, now=NOW),
            lambda work: merge_cases(work, own["id"], case["id"]),
            lambda work: merge_cases(work, case["id"], own["id"]),
            lambda work: records.get_record(work.session, "case", case["id"]),
        )
        for act in acts:
            with pytest.raises(NotFound):
                do(sue, act)
        assert dump() == before

    def test_a_viewer_reads_and_changes_nothing(self, people, dump):
        case = make(people["stan"], "case")
        before, vic = dump(), people["vic"]

        assert view(vic, case).record["subject"] == case["subject"]
        for act in (
            lambda work: cases.reply(work, case["id"], "Hello", key="k"),
            lambda work: cases.add_note(work, case["id"], "Hello"),
            lambda work: cases.take_case(work, case["id"]),
            lambda work: cases.assign_case(work, case["id"], vic.user_id),
        ):
            with pytest.raises((NotAllowed, Refused)):
                do(vic, act)
        assert dump() == before
