"""One step of a plan applied to its table: values in columns, complaints by row. No database is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm.clock import zone
from crm.errors import Problem, Refused
from crm.exchange.entities import beside
from crm.exchange.files.column import BLANK, EMPTY, Reading
from crm.exchange.files.reading import SourceTable
from crm.exchange.leaving.own import bare, failed_mark, is_own
from crm.exchange.storing.currencies import settle_currencies, widest_currency
from crm.exchange.storing.plan import Plan, Step
from crm.exchange.values import formulas
from crm.exchange.values.texts import mapped, several
from crm.exchange.values.values import Converted, convert
from crm.i18n import _
from crm.money import exponent
from crm.records.fields import Entity, Field, Kind
from crm.records.matching import name_key

_COLUMN_IN_BRACES = re.compile(r"\{([^{}]+)\}")
_WORDED = frozenset({Kind.TEXT, Kind.LONGTEXT, Kind.TAGS, Kind.LINK})
#: In templates and formulas the place of the row in its file, from 1, unless a column bears this name.
ROW = "row"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row is not stored: its place in the step, the column, what stands there, the reason, and the field."""

    row: int
    column: str
    value: str
    reason: str
    field: str = ""


@dataclass
class Prepared:
    """A step ready for the database.

    Attributes
    ----------
    rows : array of int, shape (n,)
        Places in the table of the rows that belong to the step.
    values : dict of field to array of object, shape (n,)
    links : dict of link field to Series of str, shape (n,)
        Still as text.
    beside : dict of link field to list of str, length n
        What our own export says of the record that the link's text names, to tell it from its namesakes.
    sources : dict of field to the column it came from
    found, ambiguous, rounded, blanks : dict of column to how it was read, may be read otherwise, how many cells
        rounded, how many say nothing although something stands in them
    records : list of int
        The ids that the rows of our own export had where they come from.
    own : bool
        The table is such an export: every text says what it says, a blank says that there is nothing.
    """

    step: Step
    entity: Entity
    table: SourceTable
    rows: NDArray[np.intp]
    values: dict[str, NDArray[np.object_]] = field(default_factory=dict)
    links: dict[str, pd.Series[str]] = field(default_factory=dict)
    beside: dict[str, list[str]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)
    ambiguous: dict[str, str] = field(default_factory=dict)
    rounded: dict[str, int] = field(default_factory=dict)
    blanks: dict[str, int] = field(default_factory=dict)
    records: list[int | None] = field(default_factory=list)
    own: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def complain(self, row: int, name: str, text: str, reason: str) -> None:
        """Note what is wrong with the cell of a field."""
        self.problems.append(RowProblem(row, self.sources.get(name) or name, text, reason, name))

    def line(self, row: int) -> int:
        """The line of the file where a row of the step begins."""
        return int(self.table.lines[self.rows[row]])

    def cells(self, row: int) -> dict[str, str]:
        """The row as it stands in the file."""
        return {str(name): str(text) for name, text in self.table.texts.iloc[int(self.rows[row])].items()}


def prepare(
    step: Step, plan: Plan, table: SourceTable, entity: Entity, *, currency: str, region: str
) -> Prepared:
    """Filter the rows and read every mapped column.

    Raises
    ------
    Refused
        A column of the plan is not in the file; every missing one is named.
    """
    names = _found_columns(step, table)
    rows = _chosen_rows(step, table, names)
    made = Prepared(step, entity, table, rows)
    # Our files put an apostrophe before what a spreadsheet would run; elsewhere it is part of the text.
    made.own = is_own(table.columns, entity)
    is_ours = made.own or failed_mark() in table.columns
    texts: dict[str, pd.Series[str]] = {}
    exact: dict[str, NDArray[np.bool_] | None] = {}
    for name, column in step.columns.items():
        made.sources[name] = names[column]
        texts[name] = table.texts[names[column]].take(rows.tolist()).reset_index(drop=True)
        if is_ours and texts[name].str.contains("'", regex=False).any():
            texts[name] = texts[name].map(bare)
        known = table.exact.get(names[column])
        exact[name] = None if known is None else known[rows]
        if made.own and entity[name].kind not in _WORDED:
            exact[name] = np.ones(len(rows), dtype=bool)
    for name, template in step.templates.items():
        made.sources[name] = template
        texts[name] = _filled(template, table, names).take(rows.tolist()).reset_index(drop=True)
    for name, formula in step.formulas.items():
        made.sources[name] = formula
        texts[name] = _counted(made, name, formula, names, decimal=step.decimal or plan.decimal)
        exact[name] = np.ones(len(rows), dtype=bool)
    for name, text in step.constants.items():
        made.sources[name] = ""
        texts[name] = pd.Series([text] * len(rows), dtype="str")
    if step.ids in table.columns:
        ids = table.texts[step.ids].take(rows.tolist()).tolist()
        made.records = [int(text) if text.isascii() and text.isdigit() else None for text in ids]
    for name, lookup in step.lookups.items():
        if lookup.beside in table.columns:
            made.beside[name] = table.texts[lookup.beside].take(rows.tolist()).map(bare).tolist()
    if not made.own:
        _spread_out(made, texts, exact)
    default = plan.currency or currency
    base = widest_currency(texts, entity, default)
    told = {name: _reading(step, plan, name, base, region, own=made.own) for name in texts}
    read: dict[str, Converted] = {}
    for name, cells in texts.items():
        if entity[name].kind is Kind.LINK:
            made.links[name] = _translated(cells, step.values.get(name, {}), BLANK if made.own else EMPTY)
        else:
            read[name] = convert(entity[name], cells, exact=exact.get(name), reading=told[name])
    _agree(read, texts, exact, told, entity)
    for name, converted in read.items():
        if step.keep_sums and converted.rounded:
            _keep_sum(converted, entity[name], texts[name], exact.get(name), told[name])
        _take(made, name, texts[name], converted)
    settle_currencies(made, read, texts, default, base)
    return made


def _spread_out(
    made: Prepared, texts: dict[str, pd.Series[str]], exact: dict[str, NDArray[np.bool_] | None]
) -> None:
    """Several addresses in one cell go to the fields that take further ones, behind those that stand there."""
    further = beside(made.entity.name)
    for main, chain in further.chains.items() if further else ():
        if main not in texts:
            continue
        about = made.entity[main]
        names = (main, *chain)
        fed = [name for name in names if name in texts]
        # One look at the whole column: most hold one address a cell.
        if not any(texts[name].str.contains(r"[;,|\n ]", regex=True).any() for name in fed):
            continue
        split = [[several(about.kind, text) for text in texts[name].tolist()] for name in fed]
        if all(len(parts) < 2 for column in split for parts in column):
            continue
        rows = [
            list(dict.fromkeys(part for parts in cells for part in parts if part))
            for cells in zip(*split, strict=True)
        ]
        for place, name in enumerate(names):
            texts[name] = pd.Series([row[place] if place < len(row) else "" for row in rows], dtype="str")
            made.sources.setdefault(name, made.sources[main])
            exact[name] = None
        if beyond := sum(max(0, len(row) - len(names)) for row in rows):
            made.blanks[made.sources[main]] = beyond


def _reading(step: Step, plan: Plan, name: str, currency: str, region: str, *, own: bool) -> Reading:
    return Reading(
        date_order=step.orders.get(name) or step.date_order or plan.date_order,
        decimal=step.decimal or plan.decimal,
        currency=currency,
        region=plan.region or region,
        zone=plan.zone or zone().key,
        scale=step.scale.get(name, 1.0),
        values=step.values.get(name, {}),
        own=own,
    )


def _found_columns(step: Step, table: SourceTable) -> dict[str, str]:
    """The table's own spelling of each column that the step names; case and blanks do not count."""
    asked = [*step.columns.values(), *step.where]
    written = [name for text in step.templates.values() for name in _COLUMN_IN_BRACES.findall(text)]
    written += [name for text in step.formulas.values() for name in formulas.parse(text).columns]
    asked += written
    exact = set(table.columns)
    by_key = {name_key(name): name for name in reversed(table.columns)}
    found = {name: name if name in exact else by_key.get(name_key(name), "") for name in asked}
    if ROW in written and not found[ROW] and ROW not in step.columns.values():
        found[ROW] = ROW
    missing = [name for name, at in found.items() if not at]
    if missing:
        raise Refused(
            _("{file} has no column {missing}. It has: {columns}.").format(
                file=step.file or table.name, missing=", ".join(missing), columns=", ".join(table.columns)
            ),
            problems=[Problem(name, _("There is no such column.")) for name in missing],
        )
    return found


def _chosen_rows(step: Step, table: SourceTable, names: Mapping[str, str]) -> NDArray[np.intp]:
    keep = np.ones(len(table), dtype=bool)
    for column, allowed in step.where.items():
        wanted = {name_key(text) for text in allowed}
        keep &= (
            table.texts[names[column]]
            .map(lambda text, wanted=wanted: name_key(text) in wanted)
            .to_numpy(dtype=bool)
        )
    if step.distinct:
        keys = {name: table.texts[names[step.columns[name]]] for name in step.key if name in step.columns}
        if keys:
            # Two spellings of one name are one record, as they will be in the database.
            normal = pd.DataFrame(
                {n: c.map(name_key) if n == "name" else c.str.casefold() for n, c in keys.items()}
            )
            # A row without the key names no record; it is no complaint either, being a row of another entity.
            keep &= (normal != "").any(axis=1).to_numpy(dtype=bool)
            doubled = normal[keep].duplicated().to_numpy(dtype=bool)
            keep[np.flatnonzero(keep)[doubled]] = False
    return np.flatnonzero(keep)


def _column(table: SourceTable, name: str) -> pd.Series[str]:
    """A column of the file, or the places of its rows where it has none called so."""
    if name == ROW and name not in table.texts:
        return pd.Series(map(str, range(1, len(table) + 1)), dtype="str")
    return table.texts[name]


def _filled(template: str, table: SourceTable, names: Mapping[str, str]) -> pd.Series[str]:
    parts = _COLUMN_IN_BRACES.split(template)
    literals, columns = parts[0::2], [_column(table, names[name]).tolist() for name in parts[1::2]]
    filled = []
    for cells in zip(*columns, strict=True):
        text = literals[0]
        used = False
        for literal, cell in zip(["", *literals[1:-1]], cells, strict=True):
            if cell:
                text += (literal if used else "") + cell
                used = True
        filled.append(text + literals[-1] if used else "")
    return pd.Series(filled if columns else [template] * len(table), dtype="str")


def _counted(
    made: Prepared, field: str, formula: str, names: Mapping[str, str], *, decimal: str
) -> pd.Series[str]:
    """The results of a formula; a cell that is no number is a complaint of its row."""
    read = formulas.parse(formula)
    cells, sure = {}, {}
    for name in read.columns:
        column = _column(made.table, names[name])
        known = made.table.exact.get(names[name])
        cells[name] = column.take(made.rows.tolist()).reset_index(drop=True)
        sure[name] = None if known is None else known[made.rows]
    counted = formulas.count(read, cells, sure, decimal=decimal)
    made.problems.extend(
        RowProblem(row, names[column], value, reason, field)
        for row, (column, value, reason) in counted.problems.items()
    )
    return counted.cells


def _translated(cells: pd.Series[str], values: Mapping[str, str], nothing: frozenset[str]) -> pd.Series[str]:
    by_key = mapped(values)
    unique = {text: "" if text in nothing else text for text in cells.unique().tolist()}
    if by_key:
        unique = {text: by_key.get(name_key(text), kept) if kept else "" for text, kept in unique.items()}
    return cells.map(unique)


def _agree(
    read: dict[str, Converted],
    texts: Mapping[str, pd.Series[str]],
    exact: Mapping[str, NDArray[np.bool_] | None],
    told: dict[str, Reading],
    entity: Entity,
) -> None:
    """Columns of one file are written one way: what one shows settles another that could be read two ways."""
    orders = {made.order for made in read.values() if made.order in ("dmy", "mdy") and not made.ambiguous}
    marks = {made.mark for made in read.values() if made.mark and not made.ambiguous}
    for name, made in read.items():
        if not made.ambiguous:
            continue
        reading = told[name]
        if made.order and len(orders) == 1:
            reading = replace(reading, date_order=next(iter(orders)))
        elif made.mark and len(marks) == 1:
            reading = replace(reading, decimal=next(iter(marks)))
        else:
            continue
        read[name] = convert(entity[name], texts[name], exact=exact.get(name), reading=reading)


def _keep_sum(
    money: Converted, about: Field, cells: pd.Series[str], exact: NDArray[np.bool_] | None, told: Reading
) -> None:
    """Round amounts anew, each so that the sum up to it is right to half a unit."""
    plain = Field(about.name, about.label, Kind.NUMBER)
    unrounded = convert(plain, cells, exact=exact, reading=told).values
    filled = np.array([value is not None for value in money.values], dtype=bool)
    units = np.array([float(value) for value in unrounded[filled]]) * 10 ** exponent(told.currency)
    totals = np.rint(np.cumsum(units)).astype(np.int64)
    money.values[filled] = [int(amount) for amount in np.diff(totals, prepend=0)]


def _take(made: Prepared, name: str, cells: pd.Series[str], converted: Converted) -> None:
    column = made.sources[name]
    made.values[name] = converted.values
    if converted.problems:
        made.problems.extend(
            RowProblem(row, column or name, str(cells.iat[row]), reason, name)
            for row, reason in converted.problems.items()
        )
    if converted.found:
        made.found[column or name] = converted.found
    if converted.ambiguous:
        made.ambiguous[column or name] = converted.found
    if converted.rounded:
        made.rounded[column or name] = converted.rounded
    if converted.blanks:
        made.blanks[column or name] = converted.blanks
