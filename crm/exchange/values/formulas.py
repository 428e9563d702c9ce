"""Fields that are counted from several columns: ``{Quantity} * {Unit price} * (1 - {Discount})``."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm.errors import Bad
from crm.exchange.files.column import different_texts
from crm.exchange.values import numbers
from crm.i18n import _
from crm.records.fields import Field, Kind

_IN_BRACES = re.compile(r"\{([^{}]+)\}")
_SIGNS: dict[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_Count = Callable[[tuple[Decimal, ...]], Decimal]
_NUMBER = Field("number", "Number", Kind.NUMBER)


@dataclass(frozen=True)
class Formula:
    """The columns it needs, in order, and how it is counted from one value of each."""

    columns: tuple[str, ...]
    count: _Count


@dataclass
class Counted:
    """Results as exact cells ("" where a column is empty); complaints by row as column, text and reason."""

    cells: pd.Series[str]
    problems: dict[int, tuple[str, str, str]]


@lru_cache(maxsize=200)
def parse(text: str) -> Formula:
    """Read a formula of columns in braces, numbers, ``+ - * /`` and brackets.

    Raises
    ------
    Bad
        It is none.
    """
    columns = tuple(dict.fromkeys(_IN_BRACES.findall(text)))
    places = {name: f"c{at}" for at, name in enumerate(columns)}
    plain = _IN_BRACES.sub(lambda hit: f" {places[hit[1]]} ", text)
    try:
        count = _built(
            ast.parse(plain.strip(), mode="eval").body, {name: at for at, name in enumerate(places.values())}
        )
    except (SyntaxError, KeyError, ValueError, RecursionError) as error:
        raise Bad(
            _(
                "“{formula}” is no formula. Write it as {{Quantity}} * {{Unit price}} * (1 - {{Discount}})."
            ).format(formula=text[:80])
        ) from error
    if not columns:
        raise Bad(_("“{formula}” names no column in braces.").format(formula=text[:80]))
    return Formula(columns, count)


def _built(node: ast.expr, places: Mapping[str, int]) -> _Count:
    """A function from one value of each column to the result; ``ValueError`` for anything but arithmetic."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            fixed = Decimal(repr(number))
            return lambda _row: fixed
        case ast.Name(id=name):
            at = places[name]
            return lambda row: row[at]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _built(operand, places)
            return lambda row: -inner(row)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _SIGNS:
            first, second, join = _built(left, places), _built(right, places), _SIGNS[type(sign)]
            return lambda row: join(first(row), second(row))
    raise ValueError(node)


def count(
    formula: Formula,
    columns: Mapping[str, pd.Series[str]],
    exact: Mapping[str, NDArray[np.bool_] | None],
    *,
    decimal: str,
) -> Counted:
    """The formula's result for each row, each different pair of texts counted once.

    Parameters
    ----------
    columns : mapping of the formula's columns to Series of str, shape (rows,)
    exact : mapping of the same to array of bool or None
        As ``SourceTable.exact``.
    decimal : str
        The decimal mark a profile names; "" when it is to be found.

    Notes
    -----
    A currency that a cell names stays with the result.
    """
    read = {name: _read(columns[name], exact.get(name), decimal) for name in formula.columns}
    places = pd.DataFrame({at: read[name].places for at, name in enumerate(formula.columns)})
    groups = places.groupby(list(places.columns), sort=False)
    group_of = groups.ngroup().to_numpy()
    firsts = places.loc[~places.duplicated()].to_numpy()
    results = np.empty(len(firsts), dtype=object)
    wrong: dict[int, tuple[str, str, str]] = {}
    for at, row in enumerate(firsts.tolist()):
        results[at] = ""
        cells = [(name, read[name], place) for name, place in zip(formula.columns, row, strict=True)]
        unread = next((c for c in cells if c[2] >= 0 and c[1].values[c[2]] is None), None)
        if unread is not None:
            name, column, place = unread
            wrong[at] = (name, column.texts[place], numbers.reason(column.texts[place]))
        elif all(place >= 0 for _name, _column, place in cells):
            values = [column.values[place] for _name, column, place in cells]
            try:
                result = formula.count(tuple(value for value in values if value is not None))
            except (DivisionByZero, InvalidOperation):
                name, column, place = cells[-1]
                wrong[at] = (name, column.texts[place], _("The formula divides by nought."))
                continue
            code = next((c.currencies[place] for _name, c, place in cells if c.currencies[place]), "")
            results[at] = f"{code} {result:f}".strip()
    filled = pd.Series(results[group_of], dtype="str") if len(group_of) else pd.Series([], dtype="str")
    bad = np.isin(group_of, list(wrong))
    return Counted(filled, {int(row): wrong[int(group_of[row])] for row in np.flatnonzero(bad)})


@dataclass
class _Read:
    """A column's different texts as numbers; places are -1 where a cell is empty."""

    places: NDArray[np.intp]
    texts: list[str]
    values: list[Decimal | None]
    currencies: list[str]


def _read(cells: pd.Series[str], exact: NDArray[np.bool_] | None, decimal: str) -> _Read:
    column = different_texts(_NUMBER, cells, exact)
    written, values, _decision = numbers.read(column, hint=decimal, thousands=False)
    shares = [
        value / 100 if value is not None and number is not None and number.percent else value
        for value, number in zip(values, written, strict=True)
    ]
    places = np.where(column.places == len(column.texts), -1, column.places)
    return _Read(places, column.texts, shares, [number.currency if number else "" for number in written])
