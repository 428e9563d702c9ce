"""The currency of each amount of a step: that of its cell, of a column beside it, of the firm."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.exchange.values.numbers import settled
from crm.exchange.values.values import Converted, convert
from crm.i18n import _
from crm.money import exponent
from crm.records.fields import Entity, Field, Kind

if TYPE_CHECKING:
    from crm.exchange.storing.prepared import Prepared


def widest_currency(texts: Mapping[str, pd.Series[str]], entity: Entity, default: str) -> str:
    """The currency with the smallest unit among those of the rows: amounts are read in it and scaled afterwards."""
    codes = {default}
    for name, cells in texts.items():
        if entity[name].kind is Kind.CURRENCY:
            read = convert(entity[name], pd.Series(cells.unique(), dtype="str"))
            codes |= {code for code in read.values.tolist() if code}
    return max(sorted(codes), key=lambda code: (exponent(code), code == default))


def settle_currencies(
    made: Prepared,
    read: Mapping[str, Converted],
    texts: Mapping[str, pd.Series[str]],
    default: str,
    base: str,
) -> None:
    """Give each row with an amount its currency, and scale the amount to that currency's unit."""
    amounts = [made.entity[name] for name in read if made.entity[name].kind is Kind.MONEY]
    for about in amounts:
        holder = about.currency_field
        named, shared = read[about.name].currencies, read[about.name].shared
        if not holder or named is None:
            continue
        codes = made.values.get(holder)
        if codes is None:
            codes = np.full(len(made), None, dtype=object)
        filled = made.values[about.name]
        for row in range(len(made)):
            if filled[row] is None:
                continue
            # The cell's own currency says more than a column beside it, but for a sign that several share.
            if shared is not None and shared[row]:
                named[row] = settled(shared[row], codes[row] or default)
                if not named[row]:
                    _ask_currency(made, about, row, str(texts[about.name].iat[row]))
                    continue
            codes[row] = named[row] or codes[row]
            # A cell that names none is an amount in the currency that the row has or gets.
            code = codes[row] or default
            if named[row] in (None, "") and exponent(code) != exponent(base):
                filled[row] = _rescaled(filled[row], exponent(code) - exponent(base))
        if holder in made.values or any(codes):
            made.values[holder] = codes
            made.sources.setdefault(holder, "")


def _ask_currency(made: Prepared, about: Field, row: int, text: str) -> None:
    reason = _(
        "“{value}” may be the crowns of several countries. Say which in a column of currencies, or once for all rows."
    )
    made.complain(row, about.name, text, reason.format(value=text))
    made.values[about.name][row] = None


def _rescaled(minor: int, digits: int) -> int:
    return int(Decimal(minor).scaleb(digits).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
