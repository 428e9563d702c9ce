"""The rules of deals and their lines: stage, status and days; currency, amount and the total of the deal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select

from crm.clock import noon
from crm.i18n import _
from crm.records.checks import LARGEST
from crm.records.fields import Kind
from crm.records.rules import Draft, Facts, Road, Rules, take_currency
from crm.records.writing.bulk import among, known
from crm.records.writing.writer import Writer, full_rows
from db.models import Contact, Deal, DealLine, Organisation, Pipeline, Product, Stage, StageChange


@dataclass(slots=True)
class _Stages(Facts):
    """Kind and pipeline of each stage; the first stage of each pipeline (and of each kind in it), and of the pipeline that
    goes first; names of what deals without a title are about; the way of the deals that move, and how long they were
    before where they go.
    """

    by_id: dict[int, tuple[str, int]]
    first_of: dict[int | None, int]
    first_as: dict[tuple[int, str], int]
    names: dict[str, dict[int, dict[str, Any]]]
    ways: dict[int, list[tuple[int | None, datetime]]]
    stayed: dict[int, timedelta] = field(default_factory=dict)


#: What a deal without a title is called after: what is sold to whom.
_CALLED_AFTER = {"product_id": Product, "organisation_id": Organisation, "contact_id": Contact}


class DealRules(Rules):
    """A deal stands in a stage; status, days and history follow from it.

    A deal that a file brings as won or lost was not won or lost today, as one that is entered by hand: without a day in
    the file its day is unknown. When a closed deal was opened is unknown unless somebody says it.
    """

    def facts(self, road: Road, drafts: Sequence[Draft]) -> _Stages:
        order = (Pipeline.is_active.desc(), Pipeline.position, Pipeline.id, Stage.position, Stage.id)
        asked = select(Stage.id, Stage.kind, Stage.pipeline_id).join(
            Pipeline, Pipeline.id == Stage.pipeline_id
        )
        by_id: dict[int, tuple[str, int]] = {}
        first_of: dict[int | None, int] = {}
        first_as: dict[tuple[int, str], int] = {}
        for stage, kind, pipeline in road.work.session.execute(asked.order_by(*order)):
            by_id[stage] = kind, pipeline
            first_of.setdefault(None, stage)
            first_of.setdefault(pipeline, stage)
            first_as.setdefault((pipeline, kind), stage)
        bare = [draft.row for draft in drafts if not draft.row["title"]]
        names = {
            link: known(road.work.session, cls, (row[link] for row in bare), "name")
            for link, cls in _CALLED_AFTER.items()
        }
        moved = [d.row["id"] for d in drafts if not d.is_new and d.has("stage_id", "pipeline_id")]
        return _Stages(road, by_id, first_of, first_as, names, ways_of(road.work.session, moved))

    def complete(self, draft: Draft, facts: _Stages) -> None:
        row = draft.row
        if not row["title"]:
            named = [facts.names[link].get(row[link], {}).get("name") for link in _CALLED_AFTER]
            row["title"] = ", ".join(filter(None, named))[:200] or row["number"]
        if draft.is_wrong("pipeline_id", "stage_id"):
            # The other one follows from it: to ask for it would be a complaint too many.
            first = facts.first_of.get(None, 0)
            row["stage_id"] = row["stage_id"] or first
            row["pipeline_id"] = row["pipeline_id"] or facts.by_id.get(first, ("", None))[1]
            return
        if row["stage_id"] is None or (draft.has("pipeline_id") and not draft.has("stage_id")):
            row["stage_id"] = facts.first_of.get(row["pipeline_id"])
        kind, pipeline = facts.by_id.get(row["stage_id"], ("", 0))
        if not kind:
            row["stage_id"] = None
            return
        if draft.has("pipeline_id") and draft.has("stage_id") and row["pipeline_id"] != pipeline:
            draft.refuse("stage_id", _("The stage belongs to another pipeline. Choose a stage of this one."))
        said = row["status"] if facts.road.is_file and draft.has("status") else kind
        # A program that keeps the last stage beside "Won": the outcome goes before the stage, but "Open" does not.
        if (
            said != kind
            and (said != "open" or not draft.has("stage_id"))
            and (pipeline, said) in facts.first_as
        ):
            row["stage_id"], kind = facts.first_as[pipeline, said], said
        row["pipeline_id"], row["status"] = pipeline, kind
        if draft.moved("stage_id"):
            self._enter(draft, facts, kind)
        elif kind == "open" and draft.has("closed_on"):
            self._not_closed(row)

    def _enter(self, draft: Draft, facts: _Stages, kind: str) -> None:
        """Status, days and the beginning of the stay; a day that is over starts the stay at its noon.

        Stays add up: a deal that comes back to an open stage counts from as long ago as it was there before.
        """
        row, road = draft.row, facts.road
        if kind != "lost" and not draft.has("loss_reason_id"):
            row["loss_reason_id"] = None
        if kind == "open":
            if road.is_file and draft.is_new and row["closed_on"]:
                draft.tell(_("open, its closing day taken as the expected one"))
            self._not_closed(row, keep=draft.has("closed_on"))
        elif not draft.is_new and not draft.has("closed_on") and draft.old("status") != kind:
            # Won is won: from one won stage to another the day of the sale stays.
            row["closed_on"] = None
        if kind == "open":
            row["opened_on"] = row["opened_on"] or road.today
        elif road.is_file and row["closed_on"] is None:
            draft.tell(_("closed, the day unknown"))
        else:
            row["closed_on"] = row["closed_on"] or road.today
        day = row["closed_on"] or (row["opened_on"] if draft.is_new else None)
        entered = noon(day) if day is not None and day < road.today else road.work.now
        if kind == "open" and not draft.is_new:
            before = stayed(facts.ways.get(row["id"], []), row["stage_id"], entered)
            facts.stayed[row["id"]] = before
            entered -= before
        row["stage_since"] = entered

    @staticmethod
    def _not_closed(row: dict[str, Any], *, keep: bool = True) -> None:
        """The closing day of an open deal is the one on which it is expected to close."""
        if keep:
            row["expected_close_on"] = row["expected_close_on"] or row["closed_on"]
        row["closed_on"] = None

    def problems(self, draft: Draft, facts: _Stages) -> None:
        row = draft.row
        if row["loss_reason_id"] is not None and draft.has("loss_reason_id") and row["status"] != "lost":
            if facts.road.is_file:
                draft.tell(_("with a reason for a loss, though not lost"))
            else:
                text = _(
                    "Only a lost deal has a reason for its loss. Leave it blank, or move the deal to a lost stage."
                )
                draft.refuse("loss_reason_id", text)
        if row["opened_on"] and row["closed_on"] and row["closed_on"] < row["opened_on"]:
            draft.refuse(
                "closed_on", _("The deal closes before it opens. Choose a day on or after the opening.")
            )
        if draft.has("closed_on") and row["closed_on"] and row["closed_on"] > facts.road.today:
            draft.refuse("closed_on", _("The day it was closed lies ahead. Choose today or an earlier day."))

    def after(self, writer: Writer, drafts: Sequence[Draft], facts: _Stages) -> None:
        """A step of its way for each deal that came to another stage; lines count in their deal's currency."""
        user = writer.work.actor.user_id
        writer.add(
            StageChange,
            [
                {
                    "deal_id": d.row["id"], "from_stage_id": d.old("stage_id"), "to_stage_id": d.row["stage_id"],
                    "at": d.row["stage_since"] + facts.stayed.get(d.row.get("id", 0), timedelta()), "user_id": user,
                }
                for d in drafts
                if d.moved("stage_id")
            ],
        )  # fmt: skip
        turned = {d.row["id"]: d.row["currency"] for d in drafts if not d.is_new and d.moved("currency")}
        if turned:
            asked = select(DealLine.id, DealLine.deal_id, DealLine.currency).where(
                writer.among(DealLine.deal_id, list(turned))
            )
            writer.change(
                DealLine,
                [
                    (line, {"currency": old}, {"currency": turned[deal]})
                    for line, deal, old in writer.send(asked)
                    if old != turned[deal]
                ],
            )


def ways_of(session: Any, deals: Sequence[int]) -> dict[int, list[tuple[int | None, datetime]]]:
    """The stages that deals have been in with the moment each was entered, in the order of the moves."""
    ways: dict[int, list[tuple[int | None, datetime]]] = {}
    if deals:
        asked = select(StageChange.deal_id, StageChange.to_stage_id, StageChange.at)
        for deal, stage, at in session.execute(
            asked.where(among(session, StageChange.deal_id, deals)).order_by(StageChange.id)
        ):
            ways.setdefault(deal, []).append((stage, at))
    return ways


def stayed(way: Sequence[tuple[int | None, datetime]], stage_id: int, until: datetime) -> timedelta:
    """How long a deal has been in a stage in all; a stay that was dated back before the one ahead of it counts nothing."""
    ends = pairwise([*way, (None, until)])
    return sum(
        (max(end - at, timedelta()) for (stage, at), (_next, end) in ends if stage == stage_id), timedelta()
    )


#: More than any amount, and a number that can be rounded.
_BEYOND = 1e17


def line_amount(quantity: float, unit_price_minor: int | None, discount: float) -> int | None:
    """Quantity times price less discount, in minor units; half a unit rounds to even. What no amount can be is one that is
    too large."""
    if unit_price_minor is None:
        return None
    return round(min(max(quantity * unit_price_minor * (1 - discount), -_BEYOND), _BEYOND))


@dataclass(slots=True)
class _Deals(Facts):
    by_id: dict[int, dict[str, Any]]


class DealLineRules(Rules):
    """A line counts in its deal's currency and lies with its deal's owner; a deal with priced lines is worth their sum."""

    def facts(self, road: Road, drafts: Sequence[Draft]) -> _Deals:
        deals = known(
            road.work.session, Deal, (d.row["deal_id"] for d in drafts), "currency", "owner_id", "team_id"
        )
        return _Deals(road, deals)

    def complete(self, draft: Draft, facts: _Deals) -> None:
        row = draft.row
        if deal := facts.by_id.get(row["deal_id"]):
            take_currency(draft, deal["currency"], facts.road, "unit_price_minor", "amount_minor")
            row["owner_id"], row["team_id"] = deal["owner_id"], deal["team_id"]
        row["quantity"] = 1.0 if row["quantity"] is None else row["quantity"]
        row["discount"] = row["discount"] or 0.0
        counted = line_amount(row["quantity"], row["unit_price_minor"], row["discount"])
        if counted is not None and not draft.has("amount_minor"):
            row["amount_minor"] = counted
        elif draft.has("unit_price_minor") and not draft.has("amount_minor"):
            row["amount_minor"] = None

    def problems(self, draft: Draft, facts: _Deals) -> None:
        row = draft.row
        if row["deal_id"] not in facts.by_id:
            draft.refuse(
                "deal_id", _("The line's deal does not exist, or it is not yours to see. Choose a deal.")
            )
        counted = line_amount(row["quantity"], row["unit_price_minor"], row["discount"])
        if counted is not None and abs(counted) > LARGEST[Kind.MONEY]:
            draft.refuse("quantity", _("Quantity times price is too large. Correct one of them."))
        # A file may have rounded the price of one piece: the sum is then off by at most half a unit a piece.
        if (
            draft.has("amount_minor")
            and not draft.is_wrong("quantity", "unit_price_minor", "discount")
            and counted is not None
            and row["amount_minor"] is not None
            and abs(counted - row["amount_minor"]) > max(1.0, abs(row["quantity"]))
        ):
            draft.refuse(
                "amount_minor",
                _(
                    "The amount is not quantity times price less discount. Leave it blank, or correct one of them."
                ),
            )

    def after(self, writer: Writer, drafts: Sequence[Draft], facts: _Deals) -> None:
        deals = {d.row["deal_id"] for d in drafts} | {d.old("deal_id") for d in drafts if not d.is_new}
        retotal(writer, deals - {None})


def retotal(writer: Writer, deals: set[int]) -> None:
    """Deals with priced lines are worth their sum; the amount of a deal without any stays as it is."""
    summed = (
        select(DealLine.deal_id, func.sum(DealLine.amount_minor))
        .where(writer.among(DealLine.deal_id, sorted(deals)), DealLine.archived_at.is_(None))
        .group_by(DealLine.deal_id)
        .having(func.sum(DealLine.amount_minor).is_not(None))
    )
    totals = {deal: int(total) for deal, total in writer.send(summed)}
    stored = full_rows(writer, Deal, sorted(totals))
    writer.change(
        Deal,
        [
            (deal, row, {"amount_minor": totals[deal]})
            for deal, row in stored.items()
            if row["amount_minor"] != totals[deal]
        ],
    )
