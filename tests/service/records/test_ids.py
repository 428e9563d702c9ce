"""No id is given twice, so that a link, the log or an old import's undo never reaches another row."""

import pytest

from crm.errors import NotFound
from crm.exchange.storing.plan import Step
from crm.exchange.undoing.undo import undo_import
from crm.records import records
from crm.work import reading, unit_of_work
from db.models import DealLine
from tests.factories import make
from tests.service.exchange.import_scene import BY_NUMBER, ORGANISATIONS, bring, stored

LINES = Step("l.csv", "deal_line", {"deal_id": "deal", "quantity": "pieces"})


def delete(actor, entity, record):
    with unit_of_work(actor) as work:
        row = records.get_record(work.session, entity, record)
        records.delete_record(work, entity, record, seen_version=row["version"])


def test_a_record_made_after_an_undo_is_not_found_under_the_old_address(people):
    came = bring(people["ada"], BY_NUMBER, ORGANISATIONS)
    undo_import(people["ada"], came.id)

    made = make(people["ada"], "organisation", name="Later")
    again = bring(people["ada"], BY_NUMBER, ORGANISATIONS)

    assert made["id"] > 3
    assert again.steps[0].created == 3
    for old in (1, 2, 3):
        with reading(people["ada"]) as session, pytest.raises(NotFound):
            records.get_record(session, "organisation", old)


def test_the_undo_of_an_older_import_leaves_a_row_that_came_after_a_deleted_one(people):
    make(people["ada"], "deal", title="Two machines", number="D1")
    came = bring(people["ada"], LINES, b"deal,pieces\nD1,1\nD1,2\n")
    delete(people["ada"], "deal_line", 2)
    made = make(people["ada"], "deal_line", deal_id=1, quantity=7.0)

    undo_import(people["ada"], came.id)

    assert made["id"] == 3
    assert stored(people["ada"], DealLine, "id", "quantity") == [(3, 7.0)]


def test_rows_that_a_file_brings_do_not_take_the_id_of_a_deleted_one(people):
    make(people["ada"], "deal", title="Two machines", number="D1")
    for quantity in (1.0, 2.0):
        make(people["ada"], "deal_line", deal_id=1, quantity=quantity)
    delete(people["ada"], "deal_line", 2)

    bring(people["ada"], LINES, b"deal,pieces\nD1,9\n")

    assert stored(people["ada"], DealLine, "id", "quantity") == [(1, 1.0), (3, 9.0)]
