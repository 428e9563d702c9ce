"""What people do with deals: move them through the stages, win or lose them, order them on the board."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Table, bindparam, inspect, select, update

from crm.errors import Conflict, NotFound, Problem, Refused
from crm.i18n import _
from crm.records import records
from crm.records.records import store_change
from crm.work import Work
from db.models import Deal, LossReason, Stage, StageChange
from db.scope import ScopedSession

#: How many cards of a column a person sees, and therefore can order.
VISIBLE = 50


@dataclass(frozen=True, slots=True)
class Moved:
    """A deal after a move: where it stands and its new version."""

    id: int
    title: str
    stage_id: int
    stage: str
    status: str
    version: int


def move_deal(
    work: Work, *, deal_id: int, to_stage_id: int, seen_version: int, before_id: int | None = None
) -> Moved:
    """Put a deal into a stage, above another card or below the visible ones.

    A repeat of the same move (a lost answer, a reconnect) changes nothing and counts as done.

    Raises
    ------
    NotFound
        No such deal or stage within the actor's scope.
    Conflict
        Somebody else changed the deal since ``seen_version``.
    Refused
        The stage belongs to another pipeline.
    """
    deal = records.find(work.session, Deal, deal_id)
    stage = work.session.get(Stage, to_stage_id)
    if stage is None:
        raise NotFound(_("This stage does not exist any more. Reload the board."))
    if stage.pipeline_id != deal.pipeline_id:
        raise Refused(_("“{stage}” belongs to another pipeline.").format(stage=stage.name))
    if deal.version != seen_version:
        if deal.stage_id == stage.id and deal.version == seen_version + 1:
            return _moved(deal, stage)
        raise _moved_meanwhile(work, deal, stage)
    with work.session.no_autoflush:
        rank = _rank(work, deal, stage.id, before_id)
    store_change(work, "deal", deal, {"stage_id": stage.id, "rank": rank})
    return _moved(deal, stage)


def asked_first(session: ScopedSession, deal_id: int, to_stage_id: int) -> Moved | None:
    """The deal as it stands, where its way into a stage needs a reason first: from elsewhere into a lost one."""
    deal, stage = records.find(session, Deal, deal_id), session.get(Stage, to_stage_id)
    is_asked = stage is not None and stage.kind == "lost" and deal.status != "lost"
    return Moved(deal.id, deal.title, to_stage_id, "", deal.status, deal.version) if is_asked else None


def _moved_meanwhile(work: Work, deal: Deal, wanted: Stage) -> Conflict:
    """What somebody else made of the deal, beside what was wanted."""
    now = work.session.get_one(Stage, deal.stage_id)
    return Conflict(
        _(
            "Someone else changed “{title}” meanwhile: it is in “{now}” now, you chose “{wanted}”. Look again."
        ).format(title=deal.title, now=now.name, wanted=wanted.name),
        mine={"stage_id": wanted.name},
        theirs={"stage_id": now.name},
    )


def _moved(deal: Deal, stage: Stage) -> Moved:
    return Moved(deal.id, deal.title, stage.id, stage.name, deal.status, deal.version)


def _rank(work: Work, deal: Deal, stage_id: int, before_id: int | None) -> float:
    """A rank between the card above and the card below; ties among the visible cards are loosened first."""
    seen = work.session.execute(
        select(Deal.id, Deal.rank)
        .where(
            Deal.pipeline_id == deal.pipeline_id,
            Deal.stage_id == stage_id,
            Deal.archived_at.is_(None),
            Deal.id != deal.id,
        )
        .order_by(Deal.rank, Deal.id)
        .limit(VISIBLE)
    ).all()
    if not seen:
        return deal.rank
    ids, ranks = [row[0] for row in seen], [row[1] for row in seen]
    # Below the others, but never below the last card that the column shows: a moved card must not vanish.
    below = len(ids) if len(ids) < VISIBLE else VISIBLE - 1
    at = ids.index(before_id) if before_id in ids else below
    if at == len(ids):
        return ranks[-1] + 1
    if at == 0:
        return ranks[0] - 1
    if ranks[at] - ranks[at - 1] < 1e-9:
        ranks = _loosened(work, ids, ranks[0])
    return (ranks[at - 1] + ranks[at]) / 2


def _loosened(work: Work, ids: list[int], lowest: float) -> list[float]:
    """Give the visible cards ranks of their own, in their order.

    The order of a column is nobody's data, so it is written past versions and log, only for cards the actor was shown.
    """
    ranks = [lowest - len(ids) + position for position in range(len(ids))]
    table = inspect(Deal).local_table
    assert isinstance(table, Table)
    work.session.connection().execute(
        update(table).where(table.c.id == bindparam("deal")).values(rank=bindparam("place")),
        [{"deal": deal_id, "place": rank} for deal_id, rank in zip(ids, ranks, strict=True)],
        execution_options={"system": True},
    )
    return ranks


def close_deal(
    work: Work,
    *,
    deal_id: int,
    won: bool,
    seen_version: int,
    loss_reason_id: int | None = None,
    note: str = "",
    stage_id: int | None = None,
) -> Moved:
    """Win or lose a deal: it goes to its pipeline's won or lost stage; a lost one needs a reason.

    ``stage_id`` says to which of several such stages; without it one that is in such a stage stays there.

    Raises
    ------
    Refused
        Lost without a reason, or the pipeline has no such stage.
    """
    deal = records.get_record(work.session, "deal", deal_id)
    if not won and (loss_reason_id is None or work.session.get(LossReason, loss_reason_id) is None):
        raise Refused(
            _("Say why the deal was lost."), problems=[Problem("loss_reason_id", _("Choose a reason."))]
        )
    kind = "won" if won else "lost"
    ends = work.session.scalars(
        select(Stage.id)
        .where(Stage.pipeline_id == deal["pipeline_id"], Stage.kind == kind)
        .order_by(Stage.position, Stage.id)
    ).all()
    if not ends:
        raise Refused(
            _("This pipeline has no stage for won deals. Add one under Settings.")
            if won
            else _("This pipeline has no stage for lost deals. Add one under Settings.")
        )
    chosen = next((one for one in (stage_id, deal["stage_id"]) if one in ends), ends[0])
    values = {"stage_id": chosen, "loss_reason_id": None if won else loss_reason_id}
    if note.strip():
        values["notes"] = "\n\n".join(t for t in (deal["notes"], note.strip()) if t)
    records.update_record(work, "deal", deal_id, values, seen_version=seen_version)
    row, stage = work.session.get_one(Deal, deal_id), work.session.get_one(Stage, chosen)
    return _moved(row, stage)


def reopen_deal(work: Work, *, deal_id: int, seen_version: int) -> Moved:
    """Put a closed deal back into the stage it was in before it was closed, or the first one."""
    deal = records.get_record(work.session, "deal", deal_id)
    if deal["status"] == "open":
        raise Refused(_("“{title}” is open already.").format(title=deal["title"]))
    history = stage_path(work, deal_id)
    stages = work.session.scalars(
        select(Stage)
        .where(Stage.pipeline_id == deal["pipeline_id"], Stage.kind == "open")
        .order_by(Stage.position)
    ).all()
    if not stages:
        raise Refused(_("This pipeline has no open stage. Add one under Settings."))
    open_ids = {s.id for s in stages}
    back = next((s for s in reversed(history) if s in open_ids), stages[0].id)
    return move_deal(work, deal_id=deal_id, to_stage_id=back, seen_version=seen_version)


def stage_path(work: Work, deal_id: int) -> list[int]:
    """The stages a deal has been in, oldest first."""
    return list(
        work.session.scalars(
            select(StageChange.to_stage_id).where(StageChange.deal_id == deal_id).order_by(StageChange.id)
        )
    )
