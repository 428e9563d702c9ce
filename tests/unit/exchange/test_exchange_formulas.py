from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from crm.errors import Bad
from crm.exchange.values.formulas import count, parse

LINE = "{Quantity} * {Unit price} * (1 - {Discount})"


def counted(text, **columns):
    cells = {name.replace("_", " "): pd.Series(given, dtype="str") for name, given in columns.items()}
    return count(parse(text), cells, dict.fromkeys(cells), decimal="")


def test_a_line_total_is_counted_from_quantity_price_and_discount():
    result = counted(
        LINE, Quantity=["6", "-2", "3"], Unit_price=["2.55", "1.10", "9.99"], Discount=["0", "0.5", "15%"]
    )

    assert [Decimal(cell) for cell in result.cells] == [
        Decimal("15.30"),
        Decimal("-1.10"),
        Decimal("25.4745"),
    ]
    assert result.problems == {}


def test_decimals_are_exact():
    assert counted("{a} * {b}", a=["0.1"], b=["3"]).cells.map(Decimal).tolist() == [Decimal("0.3")]


def test_marks_of_the_column_and_currency_of_the_cell_count():
    result = counted("{a} * {b}", a=["2", "2"], b=["€ 1.234,50", "€ 0,25"])

    assert result.cells.tolist() == ["EUR 2469.000", "EUR 0.500"]


def test_an_empty_cell_gives_no_result_and_a_wrong_one_a_complaint():
    result = counted("{a} / {b}", a=["6", "", "six", "6"], b=["3", "3", "3", "0"])

    assert result.cells.tolist() == ["2", "", "", ""]
    assert {row: told[:2] for row, told in result.problems.items()} == {2: ("a", "six"), 3: ("b", "0")}


def test_cells_of_a_spreadsheet_are_read_with_a_point():
    cells = {"a": pd.Series(["1.234"], dtype="str"), "b": pd.Series(["1,5"], dtype="str")}

    result = count(parse("{a} + {b}"), cells, {"a": np.array([True]), "b": None}, decimal="")

    assert result.cells.tolist() == ["2.734"]


@pytest.mark.parametrize(
    "text",
    [
        "{a} **  2",
        "__import__('os')",
        "{a} +",
        "2 * 3",
        "f({a})",
        "{a} if {b} else 1",
        "",
        "{a}.real",
        "{a} * x",
    ],
)
def test_what_is_no_arithmetic_is_refused(text):
    with pytest.raises(Bad):
        parse(text)
