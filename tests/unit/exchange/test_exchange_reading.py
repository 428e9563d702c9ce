import csv
import io
from datetime import date

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.errors import Refused
from crm.exchange.files.reading import ReadOptions, read_table

HEADER = ["Name", "Amount", "Joined", "Note"]
ROWS = [
    ["Ana Olivares", "1234.5", "2024-05-06", 'said "yes"'],
    ["Pavel Novák", "12", "2024-05-07", "line one\nline two"],
    ["Elif Demir", "0.75", "2024-05-08", ""],
    ["Jørgen Ærø", "-3", "2024-05-09", "a; b, c | d"],
    ["Ann Lee", "88", "2024-05-10", "5' 3\" tall"],
]


def written(rows, **dialect):
    out = io.StringIO(newline="")
    csv.writer(out, **dialect).writerows(rows)
    return out.getvalue()


def cells(table):
    return table.texts.to_numpy().tolist()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "~", "^", "\x1f", ":", "#"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_any_usual_dialect_is_found(delimiter, quoting, line_end):
    rows = [[cell.replace("\n", " ") for cell in row] for row in ROWS]
    text = written([HEADER, *rows], delimiter=delimiter, quoting=quoting, lineterminator=line_end)

    table = read_table(text.encode())

    assert table.columns == tuple(HEADER)
    assert cells(table) == rows
    assert table.bad == ()


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "iso8859_15", "mac_roman"],
)
def test_any_usual_encoding_is_found(encoding):
    rows = [["Jørgen Ærø", "Århus", "1"], ["Søren Kjær", "København", "2"], ["Bjørn", "Skælskør", "3"]]

    table = read_table(written([["Navn", "By", "Antal"], *rows], delimiter=";").encode(encoding))

    assert cells(table) == rows
    assert table.columns[0] == "Navn"


def test_central_european_letters_are_not_read_as_western_ones():
    rows = [["Dvořák", "Žižkov"], ["Šimůnek", "Příbram"]]

    table = read_table(written([["Jméno", "Město"], *rows]).encode("cp1250"))

    assert cells(table) == rows


def test_a_few_foreign_bytes_do_not_spoil_a_utf8_file():
    data = "Name,City\nJosé,Málaga\nZoë,Köln\nRenée,Orléans\n".encode() + b"M\xfcller,Bonn\n"

    table = read_table(data)

    assert cells(table)[-1] == ["Müller", "Bonn"]
    assert table.layout.repaired == 1


@pytest.mark.parametrize("separator", ["||", "|~|", "::", ";;"])
def test_separators_of_several_signs_are_found(separator):
    text = "\n".join(
        separator.join(row) for row in [["id", "name", "sum"], ["1", "Ana", "5"], ["2", "Bo", "7.5"]]
    )

    table = read_table(text.encode())

    assert table.columns == ("id", "name", "sum")
    assert cells(table) == [["1", "Ana", "5"], ["2", "Bo", "7.5"]]


def test_runs_of_blanks_separate_when_nothing_else_does():
    data = b"customer_id date number dollars\n 00001 19970101  1   11.77\n 00002 19970112 15   77.00\n"

    table = read_table(data)

    assert table.columns == ("customer_id", "date", "number", "dollars")
    assert cells(table)[1] == ["00002", "19970112", "15", "77.00"]


def test_columns_set_by_two_blanks_keep_single_blanks_inside():
    table = read_table(b"Name        City\nAna Maria   Porto\nBo          Aarhus\nCy Twombly  New York\n")

    assert cells(table)[2] == ["Cy Twombly", "New York"]


def test_backslash_escapes_are_found():
    table = read_table(b'name,quote,n\n"A","he said \\"hi\\", twice",1\n"B","x",2\n"C","\\"q\\"",3\n')

    assert cells(table) == [["A", 'he said "hi", twice', "1"], ["B", "x", "2"], ["C", '"q"', "3"]]


def test_the_line_excel_writes_for_itself_is_obeyed_and_counted():
    table = read_table(b"sep=;\r\nname;amount\r\nAna;1,5\r\n")

    assert table.columns == ("name", "amount")
    assert table.lines.tolist() == [3]


def test_a_file_without_names_gets_numbered_columns():
    table = read_table(b"1,19970101,2\n2,19970102,5\n")

    assert table.columns == ("Column 1", "Column 2", "Column 3")
    assert table.layout.header_line == 0
    assert len(table) == 2


def test_titles_above_the_header_are_skipped():
    table = read_table(b"Sales report\nexported 2024-01-01\n\nName,Amount,City\nAna,5,Porto\nBo,6,Ry\n")

    assert table.columns == ("Name", "Amount", "City")
    assert table.lines.tolist() == [5, 6]


def test_doubled_and_missing_names_are_made_unique():
    table = read_table(b"Name,,Name,name \nAna,1,2,3\n")

    assert table.columns == ("Name", "Column 2", "Name (2)", "name (3)")


@pytest.mark.parametrize(
    "data",
    [
        b"a,b,c,,,\n1,2,3,,,\n4,5,6,,,\n",
        b"a,b,c\n1,2,3,,,\n4,5,6,,,\n",
        b",,,,a,b,c\n,,,,1,2,3\n,,,,4,5,6\n",
    ],
)
def test_columns_that_nothing_stands_in_do_not_hide_the_header(data):
    table = read_table(data)

    assert table.columns == ("a", "b", "c")
    assert cells(table) == [["1", "2", "3"], ["4", "5", "6"]]


@pytest.mark.parametrize(
    "tail",
    [
        b"Total,,,11\n",
        b"Summe:,,,11\nCopyright 2022 somebody or other,,,\n",
        b"\nGrand total,2,2,11\n\nConfidential information - do not distribute\n",
        b"Total (2 rows),,,11\n\nEnd of report, printed by Jane\n",
    ],
)
def test_totals_and_notes_below_a_table_are_no_rows(tail):
    table = read_table(b"Order,Customer,Date,Amount\nA1,Acme,2021-01-02,5\nA2,Beta,2021-01-03,6\n" + tail)

    assert cells(table) == [["A1", "Acme", "2021-01-02", "5"], ["A2", "Beta", "2021-01-03", "6"]]
    assert len(table.bad) == sum(bool(line.strip()) for line in tail.splitlines())


def test_a_customer_called_total_is_a_row():
    table = read_table(b"Name,City,Number\nAcme,Ry,1\nBeta,,2\nTotal,Paris,3\nSum Of Parts,,\n")

    assert table.texts["Name"].tolist() == ["Acme", "Beta", "Total", "Sum Of Parts"]


def test_texts_kept_from_excel_lose_their_wrapping():
    table = read_table(b'id,zip,note\n="00123",="045",a="b"\n"=""00124""",7,c\n')

    assert cells(table) == [["00123", "045", 'a="b"'], ["00124", "7", "c"]]


def test_a_nameless_empty_column_is_left_out():
    table = read_table(b"Name,Amount,\nAna,1,\nBo,2,\n")

    assert table.columns == ("Name", "Amount")


def test_uneven_lines_are_reported_with_their_lines():
    good = b"".join(b"Ana,%d,x\n" % n for n in range(20))

    table = read_table(b"name,amount,city\n" + good + b"Bo,2\n\nCy,3,y,z\nDi,4,w,,\n" + good)

    assert [(wrong.line, wrong.text) for wrong in table.bad] == [(22, "Bo,2"), (24, "Cy,3,y,z")]
    assert table.lines[20] == 25
    assert len(table) == 41


def test_a_file_that_leaves_empty_cells_off_is_padded():
    table = read_table(b"name,amount,city\nAna,1,x\nBo\nCy,3\nDi,4,y\nEd,5,z\nFi,6,v\n")

    assert cells(table)[1:3] == [["Bo", "", ""], ["Cy", "3", ""]]
    assert table.lines.tolist() == [2, 3, 4, 5, 6, 7]


def test_a_quotation_mark_left_open_costs_one_line_only():
    lines = [f"Ana,{n},x" for n in range(30)]
    lines[10] = 'Bo,"7,x'
    lines[20] = 'Cy,"8",x'

    table = read_table(("name,amount,city\n" + "\n".join(lines) + "\n").encode())

    assert [wrong.line for wrong in table.bad] == [12]
    assert len(table) == 29


def test_cells_over_several_lines_keep_the_line_they_begin_on():
    table = read_table(written([HEADER, *ROWS]).encode())

    assert table.lines.tolist() == [2, 3, 5, 6, 7]
    assert cells(table)[1][3] == "line one\nline two"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(alphabet=st.sampled_from("abc XYZ,;|\t\"'\n\\é0."), max_size=12), min_size=4, max_size=4
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_was_written_is_read_when_the_dialect_is_told(rows, delimiter, line_end):
    rows = [[f"k{n}", *row] for n, row in enumerate(rows)]
    data = written(
        [["key", "a", "b", "c", "d"], *rows], delimiter=delimiter, lineterminator=line_end
    ).encode()

    table = read_table(data, options=ReadOptions(separator=delimiter, quote='"', escape="", header_line=1))

    assert cells(table) == [[cell.strip(" \t\r\n") for cell in row] for row in rows]


def workbook(rows):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    sheet = book.add_worksheet("Deals")
    for at, row in enumerate(rows):
        for place, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(at, place, cell, day)
            else:
                sheet.write(at, place, cell)
    book.add_worksheet("Empty")
    book.close()
    return out.getvalue()


def test_spreadsheets_keep_dates_and_whole_numbers():
    data = workbook([["Name", "Amount", "Joined"], ["Ana", 12, date(2024, 5, 6)], ["Bo", 1234.5, "6.5.2024"]])

    table = read_table(data, name="deals.xlsx")

    assert cells(table) == [["Ana", "12", "2024-05-06"], ["Bo", "1234.5", "6.5.2024"]]
    assert table.exact["Joined"].tolist() == [True, False]
    assert table.lines.tolist() == [2, 3]
    assert table.layout.sheets == ("Deals", "Empty")


def test_rows_of_a_sheet_are_numbered_as_people_see_them():
    data = workbook(
        [
            ["Report", "", ""],
            ["", "", ""],
            ["Name", "City", "Sum"],
            ["Ana", "Ry", 1],
            ["", "", ""],
            ["Bo", "Ø", 2],
        ]
    )

    table = read_table(data)

    assert table.columns == ("Name", "City", "Sum")
    assert table.lines.tolist() == [4, 6]


@pytest.mark.parametrize(
    ("data", "options", "said"),
    [
        (b"", ReadOptions(), "is empty"),
        (b"a,b\n", ReadOptions(), "no rows"),
        (b"%PDF-1.7 ...", ReadOptions(), "PDF"),
        (b"<html><table></table></html>", ReadOptions(), "HTML"),
        (b"a,b\n1,2\n", ReadOptions(max_bytes=3), "allowed"),
        (b"a,b\n" + b"1,2\n" * 5, ReadOptions(max_rows=3), "more than 3 rows"),
        (b"a,b\n1,2\n", ReadOptions(encoding="nonsense"), "no encoding"),
        (b"PK\x03\x04 broken", ReadOptions(), "damaged"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(data, options, said):
    with pytest.raises(Refused, match=said):
        read_table(data, name="export", options=options)


def test_an_unknown_sheet_is_named():
    with pytest.raises(Refused, match="no sheet Nope; it has Deals, Empty"):
        read_table(workbook([["a"], [1]]), options=ReadOptions(sheet="Nope"))


def test_a_cover_sheet_is_passed_over():
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    book.add_worksheet("Cover").write(0, 0, "Sales of 2021")
    sheet = book.add_worksheet("Data")
    for at, row in enumerate([["Name", "Sum"], ["Ana", 5], ["Bo", 6]]):
        sheet.write_row(at, 0, row)
    book.close()

    table = read_table(out.getvalue(), name="book.xlsx")

    assert table.layout.sheet == "Data"
    assert cells(table) == [["Ana", "5"], ["Bo", "6"]]
