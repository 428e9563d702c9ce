"""One measured figure beside its budget, and the table of them all."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """What was measured; ``most`` or ``least`` is its budget, neither when it only informs."""

    name: str
    value: float
    unit: str
    most: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """``ok``, ``OVER``, or nothing without a budget."""
        if self.most is None and self.least is None:
            return ""
        above = self.most is not None and self.value > self.most
        below = self.least is not None and self.value < self.least
        return "OVER" if above or below else "ok"

    @property
    def budget(self) -> str:
        """The budget as people write it."""
        if self.most is not None:
            return f"≤ {self.most:,g} {self.unit}"
        return f"≥ {self.least:,g} {self.unit}" if self.least is not None else ""


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def table(figures: Sequence[Figure]) -> str:
    """A Markdown table, which reads well in a terminal too."""
    cells = [("what", "measured", "budget", "", "note")]
    cells += [(f.name, f"{f.value:,.4g} {f.unit}", f.budget, f.verdict, f.note) for f in figures]
    widths = [max(len(row[at]) for row in cells) for at in range(5)]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def keep(figures: Sequence[Figure], path: Path, *, told: str) -> None:
    """Store the figures as JSON, with the circumstances under which they were measured."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [asdict(f) | {"verdict": f.verdict} for f in figures]
    made = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "circumstances": told, "figures": rows}
    path.write_text(json.dumps(made, ensure_ascii=False, indent=2), encoding="utf-8")
