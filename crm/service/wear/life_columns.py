"""Which column of a file of lives holds what, and its cells as numbers and flags."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from crm.analytics.survival import Floats
from crm.errors import NotFound, Problem, Refused
from crm.exchange.files.reading import SourceTable
from crm.exchange.values.numbers import decide, take_apart, value_of
from crm.i18n import _

_WORDS = tomllib.loads(Path(__file__).with_name("life_words.toml").read_text("utf-8"))
_NAMES: Mapping[str, list[str]] = _WORDS["names"]
_FAILED, _RUNS = frozenset(_WORDS["failed"]), frozenset(_WORDS["runs"])
#: What denies in a column called “censored”: the unit failed.
_DENIES = frozenset(_WORDS["denies"])


def roles(table: SourceTable, chosen: Mapping[str, str]) -> dict[str, str]:
    """Which column holds what: as chosen, else by its name; ``observed`` goes before ``censored``.

    Raises
    ------
    NotFound
        A chosen column is not there.
    Refused
        No column of times is found, or two columns contradict each other in who failed.
    """
    by_name = {_plain(name): name for name in reversed(table.columns)}
    columns: dict[str, str] = {}
    for role, asked in chosen.items():
        if _plain(asked) not in by_name:
            text = _("The file has no column “{name}”. It has: {found}.")
            raise NotFound(text.format(name=asked, found=", ".join(table.columns)))
        columns[role] = by_name[_plain(asked)]
    for role, names in _NAMES.items():
        free = {plain: name for plain, name in by_name.items() if name not in columns.values()}
        hit = next((free[name] for name in names if name in free), None)
        # "Time (hours)" and "failure flag" are named by their first or last word.
        hit = hit or next(
            (whole for name in names if len(name) > 2 for plain, whole in free.items() if name in plain.split()),
            None,
        )  # fmt: skip
        if role not in columns and hit is not None:
            columns[role] = hit
    if not table.layout.header_line or "time" not in columns:
        columns |= _by_cells(table, columns)
    if "time" not in columns:
        text = _("No column of times is found. Name it with --time. The file has: {found}.")
        raise Refused(
            text.format(found=", ".join(table.columns)), problems=[Problem("time", _("Name the column."))]
        )
    return _one_flag(table, columns, chosen)


def _plain(name: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in name).casefold().split())


def _by_cells(table: SourceTable, columns: Mapping[str, str]) -> dict[str, str]:
    """The only column of numbers holds the times; in a file without names the only one of 0 and 1 the flags."""
    free = [name for name in table.columns if name not in columns.values()]
    flags = [name for name in free if set(table.texts[name]) <= {"0", "1"}]
    amounts = [
        name
        for name in free
        if name not in flags and all(take_apart(cell.removesuffix("+")) for cell in table.texts[name])
    ]
    found = {}
    if "time" not in columns and len(amounts) == 1:
        found["time"] = amounts[0]
    if not table.layout.header_line and len(flags) == 1 and not {"observed", "censored"} & set(columns):
        found["observed"] = flags[0]
    return found


def _one_flag(table: SourceTable, columns: dict[str, str], chosen: Mapping[str, str]) -> dict[str, str]:
    """The columns with one of ``observed`` and ``censored`` at most, the chosen one first."""
    if not {"observed", "censored"} <= set(columns):
        return columns
    if not {"observed", "censored"} & set(chosen):
        failed = flags(table, columns["observed"], inverted=False)
        against = np.flatnonzero(failed != flags(table, columns["censored"], inverted=True))
        if against.size:
            text = _(
                "Columns “{one}” and “{other}” contradict each other. Name the right one with --observed or --censored."
            )
            raise Refused(
                text.format(one=columns["observed"], other=columns["censored"]),
                problems=[
                    Problem("observed", _("Line {line}.").format(line=int(table.lines[row])))
                    for row in against[:5]
                ],
            )
    dropped = "observed" if "censored" in chosen and "observed" not in chosen else "censored"
    return {role: name for role, name in columns.items() if role != dropped}


def lives(table: SourceTable, columns: Mapping[str, str]) -> tuple[Floats, Floats | None]:
    """Times, and 1 for failed or 0 for running; None where nothing in the file says so.

    Without a column of flags a plus sign behind a time says that the unit still ran: ``10+``.
    """
    column = columns["time"]
    if "observed" in columns:
        return numbers(table, column), flags(table, columns["observed"], inverted=False)
    if "censored" in columns:
        return numbers(table, column), flags(table, columns["censored"], inverted=True)
    running = table.texts[column].str.endswith("+").to_numpy(dtype=bool)
    times = numbers(table, column, running_mark="+")
    return times, (~running).astype(np.float64) if running.any() else None


def numbers(table: SourceTable, column: str, *, blank: float | None = None, running_mark: str = "") -> Floats:
    """A column as numbers; a blank cell is refused unless it means something."""
    cells = table.texts[column].tolist()
    written = [take_apart(cell.removesuffix(running_mark).rstrip()) if cell else None for cell in cells]
    decision = decide(((number, 1) for number in written if number is not None), thousands=False)
    values = np.full(len(cells), np.nan if blank is None else blank)
    bad: list[int] = []
    for row, (cell, number) in enumerate(zip(cells, written, strict=True)):
        value = None if number is None else value_of(number, decision)
        if value is not None:
            values[row] = float(value)
        elif cell or blank is None:
            bad.append(row)
    if bad:
        raise Refused(
            _("Column “{column}” must hold numbers.").format(column=column),
            problems=[_problem(table, column, row, cells[row]) for row in bad[:5]],
        )
    return values


def _problem(table: SourceTable, column: str, row: int, cell: str) -> Problem:
    line = int(table.lines[row])
    if not cell:
        return Problem(column, _("Line {line} has no value.").format(line=line))
    return Problem(column, _("Line {line}: “{cell}” cannot be read.").format(line=line, cell=cell[:40]))


def flags(table: SourceTable, column: str, *, inverted: bool) -> Floats:
    """A column of failed or running as 1 or 0. Beside words it knows 0/1, and 1/2 as censored/failed."""
    cells = [cell.strip().casefold() for cell in table.texts[column].tolist()]
    known = {cell.removesuffix(".0") for cell in cells}
    if known <= {"1", "2"} and "2" in known:
        read = {"1": 0.0, "2": 1.0}
    elif inverted:
        # In a column called “censored” a yes means that the unit still ran.
        read = {word: 1.0 if word in _DENIES else 0.0 for word in _FAILED | _RUNS}
    else:
        read = dict.fromkeys(_FAILED, 1.0) | dict.fromkeys(_RUNS - _FAILED, 0.0)
        if known <= {"t", "f"} or known <= {"true", "false", "t", "f"}:
            # Beside T the letter F is false, elsewhere it is failed.
            read |= {"f": 0.0}
    values = np.empty(len(cells))
    bad: list[int] = []
    for row, cell in enumerate(cells):
        value = read.get(cell.removesuffix(".0"))
        if value is None:
            bad.append(row)
        else:
            values[row] = value
    if bad:
        raise Refused(
            _("Column “{column}” must say failed or running, as 1 and 0.").format(column=column),
            problems=[_problem(table, column, row, cells[row]) for row in bad[:5]],
        )
    return values
