"""Reports on where deals stand: by stage, open value, how far they come, why they are lost."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import select

from crm.i18n import ngettext
from crm.pipeline.reports import report_facts as facts
from crm.pipeline.reports.report_formulas import formula
from crm.reporting.book import Book, open_book
from crm.reporting.catalogue import STANDING, report
from crm.reporting.report import Report, SalesFilter
from db.models import LossReason, Pipeline
from db.scope import ScopedSession


def stages_named(session: ScopedSession) -> pd.DataFrame:
    """All stages in order with their pipeline: ``stage_id, pipeline_id, pipeline, stage, position, kind, probability``."""
    stages = facts.stage_list(session)
    named = pd.DataFrame(
        session.execute(select(Pipeline.id, Pipeline.name)).all(), columns=["pipeline_id", "pipeline"]
    )
    return stages.merge(named, on="pipeline_id").rename(columns={"id": "stage_id", "name": "stage"})


def stage_rows(stages: pd.DataFrame, stands: pd.DataFrame, chosen: SalesFilter) -> pd.DataFrame:
    """Every stage with its deals: value entered, at list price where none is, and weighted by chance."""
    if chosen.pipelines:
        stages = stages[stages["pipeline_id"].isin(chosen.pipelines)]
    rows = stages.merge(stands, on="stage_id", how="left")
    counts = ["deals", "entered", "entered_minor", "list_minor"]
    rows[counts] = rows[counts].fillna(0).astype("int64")
    chance = rows["probability"].where(rows["kind"] == "open", (rows["kind"] == "won").astype(float))
    rows["probability"] = chance
    rows["weighted_minor"] = (rows["list_minor"] * chance).round().astype("int64")
    columns = ["pipeline", "stage", "stage_id", "kind", "probability", "deals"]
    columns += ["entered_minor", "list_minor", "weighted_minor"]
    return rows[[*columns, "entered"]].rename(columns={"entered": "deals_with_amount"})


@report("pipeline-by-stage", "Deals and their value by the stage they stand in now", STANDING)
def pipeline_by_stage(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Number and value of all deals by the stage in which they stand now."""
    book = open_book(session)
    rows = stage_rows(stages_named(session), facts.by_stage(session, book, chosen), chosen)
    return _stage_report("pipeline-by-stage", book, chosen, rows)


@report("open-pipeline", "Open deals: entered, at list price, weighted by chance", STANDING)
def open_pipeline(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Open deals: number, entered amounts, value at list price, value weighted by chance."""
    book = open_book(session)
    rows = stage_rows(stages_named(session), facts.by_stage(session, book, chosen, open_only=True), chosen)
    rows = rows[rows["kind"] == "open"].reset_index(drop=True)
    return _stage_report("open-pipeline", book, chosen, rows)


def _stage_report(name: str, book: Book, chosen: SalesFilter, rows: pd.DataFrame) -> Report:
    totals = ["deals", "deals_with_amount", "entered_minor", "list_minor", "weighted_minor"]
    summary = {column: int(rows[column].sum()) for column in totals}
    return Report(name, formula(name), book, chosen, summary["deals"], rows, summary, book.notes)


@report("funnel", "How many deals opened in the period reached each stage")
def funnel(session: ScopedSession, chosen: SalesFilter) -> Report:
    """How many of the deals opened in the period reached each stage, in the pipeline with most of them."""
    book = open_book(session)
    made = funnel_of(stages_named(session), facts.furthest(session, chosen))
    n = int(made.rows["deals"].iloc[0]) if len(made.rows) else 0
    notes = (made.said,) if made.said else ()
    return Report("funnel", formula("funnel"), book, chosen, n, made.rows, notes=notes)


@dataclass(frozen=True)
class Funnel:
    """The steps of one pipeline: ``stage, stage_id, deals, share`` (of the stage before); ``others`` lie in other pipelines."""

    rows: pd.DataFrame
    pipeline: str = ""
    others: int = 0

    @property
    def said(self) -> str:
        """Which pipeline it is, where there are deals of others too."""
        if not self.others:
            return ""
        text = ngettext(
            "Only {pipeline}; {n} deal of other pipelines is not in it. Choose a pipeline to see another.",
            "Only {pipeline}; {n} deals of other pipelines are not in it. Choose a pipeline to see another.",
            self.others,
        )
        return text.format(pipeline=self.pipeline, n=self.others)


def funnel_of(stages: pd.DataFrame, came: pd.DataFrame) -> Funnel:
    """The funnel of the pipeline with most deals."""
    placed = came.merge(stages, on="stage_id")
    if placed.empty:
        return Funnel(pd.DataFrame(columns=["stage", "stage_id", "deals", "share"]))
    deals = placed.groupby("pipeline_id")["deals"].sum()
    chief = deals.idxmax()
    others = int(deals.sum() - deals.max())
    placed = placed[placed["pipeline_id"] == chief]
    steps = stages[(stages["pipeline_id"] == chief) & (stages["kind"] != "lost")].sort_values("position")
    # A lost deal came as far as its history says; without a history it was at least in the first stage.
    now = placed["position"].where(placed["kind"] != "lost", steps["position"].min()).astype(float)
    furthest = now.combine(placed["reached"].astype(float), lambda a, b: a if pd.isna(b) else max(a, b))
    counts = [int(placed.loc[furthest >= position, "deals"].sum()) for position in steps["position"]]
    shares = [None, *(b / a if a else None for a, b in itertools.pairwise(counts))]
    pipeline = str(placed["pipeline"].iloc[0])
    steps = steps[["stage", "stage_id"]].reset_index(drop=True)
    return Funnel(steps.assign(deals=counts, share=pd.Series(shares, dtype=object)), pipeline, others)


@report("loss-reasons", "Lost deals by reason")
def loss_reasons(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Lost deals of the period by reason."""
    book = open_book(session)
    lost = facts.closed_deals(session, book, chosen, ["reason"], statuses=["lost"])
    known = dict(session.execute(select(LossReason.id, LossReason.name)).all())
    rows = reason_rows(lost, known)
    n = int(rows["deals"].sum())
    summary = {"deals": n, "value_minor": int(rows["value_minor"].sum())}
    return Report("loss-reasons", formula("loss-reasons"), book, chosen, n, rows, summary, book.notes)


def reason_rows(lost: pd.DataFrame, known: dict[int, str]) -> pd.DataFrame:
    """``reason, loss_reason_id, deals, value_minor``, most frequent first; no reason comes as None."""
    rows = lost.sort_values(["deals", "value_minor"], ascending=False, ignore_index=True)
    keys: list[Any] = [None if pd.isna(v) else int(v) for v in rows["loss_reason_id"]]
    return pd.DataFrame(
        {
            "reason": [known.get(k) if k is not None else None for k in keys],
            "loss_reason_id": pd.Series(keys, dtype=object),
            "deals": rows["deals"],
            "value_minor": rows["value_minor"],
        }
    )
