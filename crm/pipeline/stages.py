"""What administrators set up for selling: pipelines with their stages, and the reasons for losing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm.attributes import flag_modified

from crm.errors import Conflict, NotFound, Problem, Refused
from crm.firm.firm import get_setting, put_setting
from crm.i18n import _
from crm.records.checks import is_blank
from crm.work import Work
from db.models import Deal, LossReason, Pipeline, Stage, StageChange
from db.scope import ScopedSession

KINDS = ("open", "won", "lost")
#: Who moves a card by mistake moves it back within this time, unless the firm says another.
REACHED_MINUTES = 60
MOST_MINUTES = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class StageForm:
    """A stage as entered under Settings; ``id`` None makes a new one."""

    id: int | None
    name: str
    kind: str
    probability: float
    stale_after_days: int | None


@dataclass(frozen=True, slots=True)
class PipelineForm:
    """A pipeline with its stages in order; ``version`` is the one that was seen."""

    id: int | None
    name: str
    is_active: bool
    version: int
    stages: tuple[StageForm, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for losing; ``id`` None makes a new one."""

    id: int | None
    name: str
    version: int | None = None


def reached_minutes(session: ScopedSession) -> int:
    """How many minutes a deal stays in a stage at least for the funnel to count the stage as reached."""
    return int(get_setting(session, "funnel").get("minutes", REACHED_MINUTES))


def set_reached_minutes(work: Work, minutes: int) -> None:
    """Say from how many minutes on a stay in a stage is no slip; zero counts each."""
    if not 0 <= minutes <= MOST_MINUTES:
        raise Refused(_("A stage counts as reached after 0 to {n} minutes.").format(n=MOST_MINUTES))
    put_setting(work, "funnel", {"minutes": minutes})


def read_pipelines(session: ScopedSession) -> list[PipelineForm]:
    """Every pipeline with its stages, also those that are put away. Two statements."""
    stages: dict[int, list[StageForm]] = {}
    for s in session.scalars(select(Stage).order_by(Stage.position, Stage.id)):
        form = StageForm(s.id, s.name, s.kind, s.probability, s.stale_after_days)
        stages.setdefault(s.pipeline_id, []).append(form)
    rows = session.scalars(select(Pipeline).order_by(Pipeline.position, Pipeline.id))
    return [PipelineForm(p.id, p.name, p.is_active, p.version, tuple(stages.get(p.id, ()))) for p in rows]


def save_pipeline(
    work: Work,
    *,
    pipeline_id: int | None,
    name: str,
    stages: list[StageForm],
    is_active: bool = True,
    seen_version: int | None = None,
) -> int:
    """Make or change a pipeline with its stages in the given order.

    A stage that holds deals, or that deals have been through, cannot be taken away, and one that holds deals keeps its
    kind, because the deals' status follows it.

    Raises
    ------
    Refused
        With one problem per wrong stage.
    Conflict
        Somebody else changed the pipeline or a stage since it was read.
    """
    _check_stages(name, stages)
    pipeline = _pipeline(work, pipeline_id, name.strip(), seen_version)
    if pipeline.is_active and not is_active:
        _demand_idle(work, pipeline)
    pipeline.name, pipeline.is_active = name.strip(), is_active
    known = {s.id: s for s in work.session.scalars(select(Stage).where(Stage.pipeline_id == pipeline.id))}
    forms = [(known.get(form.id) if form.id else None, form) for form in stages]
    if any(form.id is not None and row is None for row, form in forms):
        raise Conflict(
            _("Someone else changed this pipeline meanwhile. Nothing was stored; look at it again.")
        )
    # The version of the pipeline stands for its stages, too: whoever read the old ones must not take away a new one.
    flag_modified(pipeline, "name")
    for gone in known.keys() - {form.id for form in stages}:
        _demand_unused(work, known[gone])
        work.session.delete(known[gone])
    _free_names(work, forms)
    for position, (row, form) in enumerate(forms):
        row = row or Stage(pipeline_id=pipeline.id)
        if row.id is not None and row.kind != form.kind and (held := _deals_in(work, row.id)):
            raise Refused(
                _("“{stage}” holds {n} deals, so it stays what it is. Move them first.").format(
                    stage=row.name, n=held
                )
            )
        row.name, row.kind, row.position = form.name.strip(), form.kind, position
        row.probability = {"won": 1.0, "lost": 0.0}.get(form.kind, form.probability)
        row.stale_after_days = form.stale_after_days if form.kind == "open" else None
        work.session.add(row)
    work.session.flush()
    return pipeline.id


def _pipeline(work: Work, pipeline_id: int | None, name: str, seen_version: int | None) -> Pipeline:
    if pipeline_id is None:
        last = work.session.scalar(select(func.max(Pipeline.position)))
        made = Pipeline(name=name, position=0 if last is None else last + 1)
        work.session.add(made)
        work.session.flush()
        return made
    pipeline = work.session.get(Pipeline, pipeline_id)
    if pipeline is None:
        raise NotFound(_("This pipeline does not exist any more."))
    if seen_version not in (None, pipeline.version):
        raise Conflict(
            _("Someone else changed this pipeline meanwhile. Nothing was stored; look at it again."),
            mine={"name": name},
            theirs={"name": pipeline.name},
        )
    return pipeline


def _free_names(work: Work, forms: list[tuple[Stage | None, StageForm]]) -> None:
    """Let two stages swap their names: whoever takes another's name is called something else for a moment."""
    taken = {row.name for row, form in forms if row and row.name != form.name.strip()}
    for row, form in forms:
        if row and row.name != form.name.strip() and form.name.strip() in taken:
            row.name = f"\N{MULTIPLICATION SIGN}{row.id}"
    work.session.flush()


def _count(work: Work, column: Any, *where: Any) -> int:
    """Rows of the whole firm, also those the actor may not see: a stage is everybody's."""
    statement = select(func.count(column)).where(*where)
    return int(work.session.scalar(statement, execution_options={"system": True}) or 0)


def _deals_in(work: Work, stage_id: int) -> int:
    return _count(work, Deal.id, Deal.stage_id == stage_id)


def _demand_unused(work: Work, stage: Stage) -> None:
    if held := _deals_in(work, stage.id):
        raise Refused(_("“{stage}” holds {n} deals. Move them first.").format(stage=stage.name, n=held))
    been = or_(StageChange.from_stage_id == stage.id, StageChange.to_stage_id == stage.id)
    if passed := _count(work, StageChange.deal_id.distinct(), been):
        raise Refused(
            _("{n} deals have been through “{stage}”, so it is kept. Rename it instead.").format(
                stage=stage.name, n=passed
            )
        )


def _demand_idle(work: Work, pipeline: Pipeline) -> None:
    open_deals = _count(
        work, Deal.id, Deal.pipeline_id == pipeline.id, Deal.status == "open", Deal.archived_at.is_(None)
    )
    if open_deals:
        raise Refused(
            _("“{name}” has {n} open deals. Close or move them before you put it away.").format(
                name=pipeline.name, n=open_deals
            )
        )
    if _count(work, Pipeline.id, Pipeline.is_active, Pipeline.id != pipeline.id) == 0:
        raise Refused(_("One pipeline has to stay in use."))


def _check_stages(name: str, stages: list[StageForm]) -> None:
    problems = [] if name.strip() else [Problem("name", _("The pipeline needs a name."))]
    names = [s.name.strip().lower() for s in stages]
    for at, stage in enumerate(stages, 1):
        if is_blank(stage.name):
            problems.append(Problem("name", _("Stage {n} needs a name.").format(n=at)))
        elif names.index(stage.name.strip().lower()) != at - 1:
            problems.append(Problem("name", _("Two stages are called “{name}”.").format(name=stage.name)))
        if not 0 <= stage.probability <= 1:
            problems.append(
                Problem(
                    "probability",
                    _("The chance of “{name}” lies between 0 and 100 %.").format(name=stage.name),
                )
            )
        if stage.stale_after_days is not None and stage.stale_after_days < 1:
            problems.append(
                Problem(
                    "stale_after_days", _("“{name}” is stale after one day or more.").format(name=stage.name)
                )
            )
        if stage.kind not in KINDS:
            problems.append(Problem("kind", _("“{name}” is open, won or lost.").format(name=stage.name)))
    if not set(KINDS) <= {s.kind for s in stages}:
        problems.append(Problem("kind", _("A pipeline needs an open, a won and a lost stage.")))
    if problems:
        raise Refused(
            _("The pipeline was not stored. {first}").format(first=problems[0].message), problems=problems
        )


def read_reasons(session: ScopedSession) -> list[Reason]:
    """Reasons for losing in their order."""
    rows = session.scalars(select(LossReason).order_by(LossReason.position, LossReason.id))
    return [Reason(r.id, r.name, r.version) for r in rows]


def save_reasons(work: Work, reasons: list[Reason], *, seen: Collection[Reason]) -> None:
    """Store the reasons in the given order; one that deals were lost for cannot be taken away.

    ``seen`` are the reasons as they were read.

    Raises
    ------
    Refused
        A blank or doubled name, none left, or one in use is missing.
    Conflict
        Somebody else changed one since it was read.
    """
    names = [r.name.strip() for r in reasons]
    if not names or "" in names:
        raise Refused(_("Every reason needs a name, and one has to stay."))
    if len({n.lower() for n in names}) < len(names):
        raise Refused(_("Two reasons have the same name."))
    known = {r.id: r for r in work.session.scalars(select(LossReason))}
    if {(r.id, r.version) for r in seen} != {(r.id, r.version) for r in known.values()}:
        raise Conflict(
            _("Someone else changed the reasons meanwhile. Nothing was stored; look at them again.")
        )
    for gone in known.keys() - {r.id for r in reasons}:
        if used := _count(work, Deal.id, Deal.loss_reason_id == gone):
            raise Refused(
                _("{n} deals were lost for “{reason}”, so it is kept. Rename it instead.").format(
                    n=used, reason=known[gone].name
                )
            )
        work.session.delete(known[gone])
    work.session.flush()
    for position, (form, name) in enumerate(zip(reasons, names, strict=True)):
        row = known[form.id] if form.id else LossReason()
        row.name, row.position = name, position
        work.session.add(row)
    work.session.flush()
