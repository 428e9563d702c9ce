"""What an import did, counted by step, entity and column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter

COUNTS = ("created", "updated", "skipped", "failed")


@dataclass
class ColumnReport:
    """A field: where it came from, how many cells of the file were filled, how many values are stored."""

    column: str
    field: str
    filled: int = 0
    stored: int = 0
    found: str = ""
    ambiguous: bool = False
    rounded: int = 0


@dataclass
class StepReport:
    """One step. ``skipped`` rows were there already with the same values, or stand twice in the file.

    ``parents`` counts the records made because a link named them; ``taken_near`` holds the names that were
    taken for a near one; ``history`` counts, in words, what only a file may bring; ``kept`` counts, by column, blank cells
    of rows that have a value there and keep it; ``examples`` are the first rows that failed: row, column, value, reason.
    ``changes`` are the first values that a dry run would change: row, name, label, old, new; ``changed`` counts all of them and
    ``renamed`` the records that would get another name. ``alike`` counts rows without a key that stood there already; ``told`` is
    what the rules of the entity say of the whole file.
    """

    file: str
    entity: str
    rows: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    parents: dict[str, int] = field(default_factory=dict)
    taken_near: dict[str, str] = field(default_factory=dict)
    examples: list[dict[str, Any]] = field(default_factory=list)
    left_empty: dict[str, int] = field(default_factory=dict)
    history: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    columns: list[ColumnReport] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    changed: int = 0
    renamed: int = 0
    alike: int = 0
    encoding: str = ""
    doubtful: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


@dataclass
class ImportReport:
    """The whole import; ``id`` is None for a dry run.

    ``files`` holds what each file is known by when it comes again, ``seen`` the imports that brought the same file in.
    """

    name: str
    id: int | None = None
    state: str = "running"
    dry_run: bool = False
    seconds: float = 0.0
    files: dict[str, str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    steps: list[StepReport] = field(default_factory=list)

    def totals(self) -> dict[str, dict[str, int]]:
        """Created, updated, skipped and failed rows by entity; records made for links count as created."""
        counted: dict[str, dict[str, int]] = {}
        for step in self.steps:
            mine = counted.setdefault(step.entity, dict.fromkeys(COUNTS, 0))
            for name in COUNTS:
                mine[name] += getattr(step, name)
            for entity, made in step.parents.items():
                counted.setdefault(entity, dict.fromkeys(COUNTS, 0))["created"] += made
        return counted

    @property
    def rows(self) -> int:
        """Rows of all steps."""
        return sum(step.rows for step in self.steps)

    @property
    def failed(self) -> int:
        """Rows that were not stored."""
        return sum(step.failed for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """Plain data for the journal, the command line and the API."""
        return {**asdict(self), "entities": self.totals(), "rows": self.rows, "failed": self.failed}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> ImportReport:
        """The report that ``as_json`` wrote."""
        return _READ.validate_python({"name": "", **stored})


_READ = TypeAdapter(ImportReport)
