"""Files as programs and people leave them: uneven lines, blanks before quotation marks, names in between."""

import pytest

from crm.exchange.files.reading import read_table


@pytest.mark.parametrize(
    ("text", "columns", "rows", "bad"),
    [
        ("ID\nid#0\nid#1\n", ("ID",), [["id#0"], ["id#1"]], []),
        ("Time\n10:00\n11:30\n", ("Time",), [["10:00"], ["11:30"]], []),
        ("Name\nIda Holm\nPer Dahl\n", ("Name",), [["Ida Holm"], ["Per Dahl"]], []),
        ('Name, Town\n"Holm, Ida", "Aarhus, DK"\n', ("Name", "Town"), [["Holm, Ida", "Aarhus, DK"]], []),
        ("Name,Fee\n(text),(EUR)\nIda,5\n", ("Name", "Fee"), [["Ida", "5"]], [2]),
        ("Name;Mail\nstring;string\nIda;i@x.org\n", ("Name", "Mail"), [["Ida", "i@x.org"]], [2]),
        (
            "Name,Town\nIda,Aarhus\nNAME,Town\nPer,Oslo\n",
            ("Name", "Town"),
            [["Ida", "Aarhus"], ["Per", "Oslo"]],
            [3],
        ),
        (
            "Name;Town;Mail\nIda;Aarhus\nPer;Oslo;p@x.org;more\nEva;Ulm;e@x.org;a;b\nBo\nAn;Rom;a@x.org;x;y;z\n",
            ("Name", "Town", "Mail"),
            [["Ida", "Aarhus", ""], ["Bo", "", ""]],
            [3, 4, 6],
        ),
    ],
)
def test_rows_are_rows_and_everything_else_is_told(text, columns, rows, bad):
    table = read_table(text.encode(), name="x.csv")

    assert table.columns == columns
    assert table.texts.to_numpy().tolist() == rows
    assert [wrong.line for wrong in table.bad] == bad
