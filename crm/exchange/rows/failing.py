"""Rows that are not stored: each kept once in the journal, with everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert

from crm.exchange.storing.prepared import Prepared, RowProblem
from crm.exchange.storing.report import StepReport
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import ImportFailure

_LONGEST = 1_000
_MOST_EXAMPLES = 100


class Failing:
    """The rows of a step that were set aside."""

    prepared: Prepared
    report: StepReport
    number: int
    failures: dict[int, list[RowProblem]]

    def _note_failures(self, work: Work, import_id: int, start: int, stop: int) -> None:
        self._note(work, import_id, [p for at, p in sorted(self.failures.items()) if start <= at < stop])

    def _note(self, work: Work, import_id: int, failed: Sequence[Sequence[RowProblem]]) -> None:
        """Keep each row once, with everything that is wrong with it; its line can then be corrected and sent anew."""
        rows = [
            (self.prepared.line(first.row), first.column, first.value, " ".join(p.reason for p in (first, *others)),
             self.prepared.cells(first.row))
            for first, *others in failed
        ]  # fmt: skip
        self._store_failures(work, import_id, rows)
        self._show(
            [(self.prepared.line(p.row), p.column, p.value[:_LONGEST], p.reason) for ps in failed for p in ps]
        )

    def _show(self, examples: Sequence[tuple[int, str, str, str]]) -> None:
        names, room = ("row", "column", "value", "reason"), _MOST_EXAMPLES - len(self.report.examples)
        self.report.examples += [dict(zip(names, e, strict=True)) for e in examples[: max(0, room)]]

    def _store_failures(
        self, work: Work, import_id: int, failed: Sequence[tuple[int, str, str, str, dict[str, str]]]
    ) -> None:
        rows = [
            {
                "import_id": import_id, "step": self.number, "row": line, "column": column[:200], "value": value[:_LONGEST],
                "reason": reason[:_LONGEST], "line": cells,
            }
            for line, column, value, reason, cells in failed
        ]  # fmt: skip
        if rows:
            work.session.connection().execute(insert(ImportFailure), rows, execution_options=SYSTEM_OPTIONS)

    def _note_bad_lines(self, work: Work, import_id: int) -> None:
        bad = self.prepared.table.bad
        self.report.failed += len(bad)
        self.report.rows += len(bad)
        self._store_failures(work, import_id, [(w.line, "", w.text, w.reason, {"": w.text}) for w in bad])
        self._show([(wrong.line, "", wrong.text[:_LONGEST], wrong.reason) for wrong in bad])
