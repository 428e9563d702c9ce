"""Deals of a small firm, for the tests that move and count them."""

from datetime import UTC, date, datetime

from crm.pipeline.board import PipelineFilters, board
from crm.pipeline.service import move_deal
from crm.records import records
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Stage

TODAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def deal(stages, title="Six machines", stage="Qualification", **values):
    with unit_of_work(SYSTEM) as work:
        given = {
            "title": title,
            "stage_id": stages[stage],
            "currency": "EUR",
            "amount_minor": 100_00,
        } | values
        return records.create_record(work, "deal", given)


def stored(deal_id):
    with reading(SYSTEM) as session:
        return records.get_record(session, "deal", deal_id)


def columns(stages, actor=SYSTEM, now=NOON, **narrow):
    with reading(actor) as session:
        pipeline = session.get_one(Stage, stages["Won"]).pipeline_id
        found = board(session, PipelineFilters(pipeline, now.date(), **narrow), now=now)
    return {c.name: c for c in found}


def order(stages, stage="Qualification"):
    return [card.title for card in columns(stages)[stage].cards]


def move(deal_id, stage_id, seen, before=None):
    with unit_of_work(SYSTEM) as work:
        return move_deal(work, deal_id=deal_id, to_stage_id=stage_id, seen_version=seen, before_id=before)
