"""``make bench``: measure Rapport against the budgets of its architecture; print a table, keep the figures as JSON.

``ARGS="screens rates"`` measures only these parts; ``ARGS=kills`` kills the server a hundred times on each database;
``ARGS="--rounds 10"`` is quicker and rougher; ``ARGS="--large small"`` lets the small company stand for the large one, which
says nothing about growth; ``ARGS=--write`` also puts the table into ``docs/bench.md``.
"""

import argparse
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import psutil

from crm.sample.world import ScaleName
from tests.load.figures import Figure, keep, table
from tests.load.forecasts import measure_forecasts
from tests.load.kills import measure_kills
from tests.load.rates import measure_rates
from tests.load.screens import measure_screens
from tests.load.server import ROOT, company, plain_streamlit, serving

JSON = ROOT / ".test-artifacts" / "bench.json"
PAGE = ROOT / "docs" / "bench.md"
_TABLE_BEGINS = "<!-- the table of the last run; `make bench ARGS=--write` replaces what follows -->"


def _screens(folder: Path, rounds: int, large: ScaleName) -> list[Figure]:
    """The large company on a server of its own; then the small one for its memory."""
    figures = []
    with plain_streamlit(folder) as plain_port:
        with serving(large, folder) as server:
            figures += measure_screens(server, plain_port, rounds=rounds)
            figures.append(Figure("memory of the server, large company", server.memory(), "MB", most=1536))
        with serving("small", folder) as server:
            measure_screens(server, plain_port, rounds=3)
            figures.append(Figure("memory of the server, sample company", server.memory(), "MB", most=400))
    return figures


def _rates(folder: Path, _rounds: int, large: ScaleName) -> list[Figure]:
    """Imports, exports and lists in this process, on copies of both companies."""
    scales: tuple[ScaleName, ScaleName] = ("small", large)
    few, many = (Path(shutil.copyfile(company(s), folder / f"rates-{n}.db")) for n, s in enumerate(scales))
    return measure_rates(few, many, folder)


def _forecasts(_folder: Path, rounds: int, _large: ScaleName) -> list[Figure]:
    return measure_forecasts(20 * rounds)


def _kills(folder: Path, rounds: int, _large: ScaleName) -> list[Figure]:
    return measure_kills(folder, 4 * rounds)


PARTS: dict[str, Callable[[Path, int, ScaleName], list[Figure]]] = {
    "screens": _screens,
    "rates": _rates,
    "forecasts": _forecasts,
    "kills": _kills,
}
#: Measured only when named: it takes long, and no large company.
ON_DEMAND = {"kills"}


def main() -> int:
    """Measure the parts asked for; 1 when a budget is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all but kills")
    parser.add_argument("--rounds", type=int, default=25, help="visits of each screen")
    parser.add_argument("--large", choices=get_args(ScaleName), default="large", help="the company measured")
    parser.add_argument("--write", action="store_true", help="put the table into docs/bench.md")
    asked = parser.parse_args()
    parts = asked.parts or [name for name in PARTS if name not in ON_DEMAND]
    if set(parts) - ON_DEMAND:
        company(asked.large)
    figures: list[Figure] = []
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="rapport_bench_") as folder:
        for name in parts:
            print(f"Measuring {name} …", file=sys.stderr, flush=True)
            figures += PARTS[name](Path(folder), asked.rounds, asked.large)
    told = (
        f"{platform.python_implementation()} {platform.python_version()}, {psutil.cpu_count()} cores, "
        f"load {psutil.getloadavg()[0]:.1f}, {time.perf_counter() - begun:.0f} s"
    )
    print(f"\n{told}\n\n{table(figures)}")
    keep(figures, JSON, told=told)
    if asked.write:
        words = PAGE.read_text(encoding="utf-8").partition(_TABLE_BEGINS)[0]
        PAGE.write_text(f"{words}{_TABLE_BEGINS}\n\n{told}\n\n{table(figures)}\n", encoding="utf-8")
    return int(any(f.verdict == "OVER" for f in figures))


if __name__ == "__main__":
    raise SystemExit(main())
