"""What a new database needs before the first deal: a pipeline with stages, and reasons for losing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from crm.i18n import N_, _
from crm.work import Work
from db.models import LossReason, Pipeline, Stage


@dataclass(frozen=True, slots=True)
class DefaultStage:
    """A stage of the first pipeline."""

    name: str
    kind: str
    probability: float
    stale_after_days: int | None


SALES = N_("Sales")
STAGES = (
    DefaultStage(N_("Qualification"), "open", 0.10, 14),
    DefaultStage(N_("Needs and demo"), "open", 0.25, 21),
    DefaultStage(N_("Offer sent"), "open", 0.50, 21),
    DefaultStage(N_("Negotiation"), "open", 0.75, 14),
    DefaultStage(N_("Won"), "won", 1.0, None),
    DefaultStage(N_("Lost"), "lost", 0.0, None),
)
LOSS_REASONS = (
    N_("Price"),
    N_("A competitor was chosen"),
    N_("No budget"),
    N_("No decision"),
    N_("Timing"),
    N_("Something was missing"),
)


def ensure_defaults(work: Work) -> Pipeline:
    """The first pipeline of the firm, made with its stages when there is none; loss reasons likewise.

    What is there already is left as it is, so calling it again changes nothing.
    """
    if work.session.scalars(select(LossReason.id).limit(1)).first() is None:
        work.session.add_all(LossReason(name=_(name), position=at) for at, name in enumerate(LOSS_REASONS))
    pipeline = work.session.scalars(
        select(Pipeline).order_by(Pipeline.position, Pipeline.id).limit(1)
    ).first()
    if pipeline is None:
        pipeline = Pipeline(name=_(SALES), position=0)
        work.session.add(pipeline)
        work.session.flush()
        work.session.add_all(
            Stage(
                pipeline_id=pipeline.id,
                name=_(s.name),
                position=at,
                kind=s.kind,
                probability=s.probability,
                stale_after_days=s.stale_after_days,
            )
            for at, s in enumerate(STAGES)
        )
    work.session.flush()
    return pipeline
