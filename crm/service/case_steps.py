"""The steps that a case took in another program, as its event log tells them, and the course of a case that only they know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, update

from crm.records.matching import name_words
from crm.records.rules import Draft
from crm.records.settling import changing_draft
from crm.records.writing.bulk import known
from crm.records.writing.following import follow
from crm.records.writing.writer import Writer
from crm.service.equipment.rules import HappeningRules
from db.models import Case, CaseMove, CaseStep

_OF_IT = r"(?: (?:the )?(?:ticket|case|incident|request|issue|call))?"
#: What a step has to be called to end a case or to open it again.
_ENDS = {
    "closed": re.compile(rf"(?:closed?|closing|geschlossen|abgeschlossen|ferme|cerrado|chiuso|gesloten|fechado){_OF_IT}"),
    "resolved": re.compile(rf"(?:resolved?|solved?|gelost|resolu|resuelto|risolto|opgelost|resolvido){_OF_IT}"),
    "open": re.compile(rf"(?:re ?open(?:ed)?|wieder geoffnet|rouvert|reabierto|riaperto|heropend|reaberto){_OF_IT}"),
}  # fmt: skip
_AT_ONCE = 5_000


def end_of(activity: str) -> str:
    """The status that a step brings: "closed", "resolved", "open" for one taken up again; "" for all others."""
    words = name_words(activity)
    return next((status for status, names in _ENDS.items() if names.fullmatch(words)), "")


class CaseStepRules(HappeningRules):
    """A step has happened. A case made for its steps was opened with the first and stands where they end."""

    def finish(self, writer: Writer, parents: Mapping[str, set[int]]) -> Iterable[str]:
        if writer.road.is_file:
            cases = sorted(parents.get("case_id", ()))
            for start in range(0, len(cases), _AT_ONCE):
                _follow_steps(writer, cases[start : start + _AT_ONCE])
        return ()


def _follow_steps(writer: Writer, cases: Sequence[int]) -> None:
    session = writer.work.session
    columns = [column.name for column in Case.__table__.c]
    mine = {
        record: row
        for record, row in known(session, Case, cases, *columns).items()
        if row["import_id"] == writer.road.import_id and row["status"] == "new"
    }
    way: dict[int, list[Any]] = {}
    asked = select(CaseStep.case_id, CaseStep.at, CaseStep.activity).where(
        writer.among(CaseStep.case_id, sorted(mine))
    )
    for step in writer.send(asked.order_by(CaseStep.case_id, CaseStep.at, CaseStep.id)):
        way.setdefault(int(step.case_id), []).append(step)
    drafts: list[Draft] = []
    for case, steps in way.items():
        given: dict[str, Any] = {"opened_at": steps[0].at}
        ends = [(end_of(step.activity), step.at) for step in steps]
        told = [(status, at) for status, at in ends if status]
        status, at = told[-1] if told else ("open" if len(steps) > 1 else "new", None)
        given["status"] = status
        if status in ("resolved", "closed"):
            solved = next((moment for end, moment in reversed(told) if end == "resolved"), at)
            given |= {"resolved_at": solved, "closed_at": at if status == "closed" else None}
            # What was solved before it came in was never promised here.
            given |= {"response_due_at": None, "resolution_due_at": None}
        drafts.append(changing_draft(given, {"id": case, **mine[case]}))
    # The case begins with its first step, and so does its way here.
    begun = func.coalesce(
        select(func.min(CaseStep.at)).where(CaseStep.case_id == CaseMove.case_id).scalar_subquery(),
        CaseMove.at,
    )
    first = update(CaseMove).where(
        writer.among(CaseMove.case_id, sorted(way)), CaseMove.from_status.is_(None)
    )
    writer.send(first.values(at=begun))
    follow(writer, "case", drafts)
