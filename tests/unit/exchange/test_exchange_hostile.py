"""Files made to hurt, by hand or by accident: each is read or refused in a sentence, and the server stays small."""

import io
import resource
import time
import zipfile

import pytest
import xlsxwriter

from crm.errors import Refused
from crm.exchange.files import apart, reading
from crm.exchange.files.reading import ReadOptions, read_table
from crm.i18n import set_language

MEGABYTES = 1024  # of ru_maxrss, which counts in kilobytes


@pytest.fixture(autouse=True)
def small():
    """The most this process may grow by one file."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * MEGABYTES


def book(write):
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out)
    write(made)
    made.close()
    return out.getvalue()


def sheet_of(rows, *, far=()):
    """A workbook with these rows, and single cells at the given places."""

    def write(made):
        sheet = made.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
        for row, column in far:
            sheet.write(row, column, "x")

    return book(write)


def ods(rows):
    """An OpenDocument sheet with the given rows of XML."""
    spaces = " ".join(
        f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text")
    )
    body = f'<office:body><office:spreadsheet><table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", "<manifest/>")
        packed.writestr("content.xml", f"<office:document-content {spaces}>{body}</office:document-content>")
    return out.getvalue()


def ods_row(text, *, times=1, columns=1):
    cell = f'office:value-type="string" table:number-columns-repeated="{columns}"'
    cell = f"<table:table-cell {cell}><text:p>{text}</text:p></table:table-cell>"
    return f'<table:table-row table:number-rows-repeated="{times}">{cell}</table:table-row>'


EMPTY_TAIL = (
    '<table:table-row table:number-rows-repeated="1048000">'
    '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
)
TABLE = [["Name", "Town"], ["Ana", "Porto"], ["Pavel", "Brno"]]


class TestSheets:
    def test_a_cell_in_the_very_last_place_is_refused_at_once(self):
        began = time.monotonic()

        with pytest.raises(Refused, match="delete the rows and columns around the table"):
            read_table(sheet_of(TABLE, far=[(1_048_575, 16_383)]), name="far.xlsx")

        assert time.monotonic() - began < 5

    def test_a_stray_cell_in_the_last_row_hides_no_row_and_makes_none(self):
        table = read_table(sheet_of(TABLE, far=[(1_048_575, 0)]), name="stray.xlsx")

        assert table.texts["Name"].tolist() == ["Ana", "Pavel", "x"]
        assert table.lines.tolist() == [2, 3, 1_048_576]

    def test_formats_below_and_beside_a_table_are_no_rows(self):
        def write(made):
            sheet, bold = made.add_worksheet(), made.add_format({"bold": True})
            for at, row in enumerate(TABLE):
                sheet.write_row(at, 0, row)
            for at in range(3, 3000):
                sheet.write_blank(at, at % 300, None, bold)

        table = read_table(book(write), name="formatted.xlsx")

        assert (table.columns, len(table), table.layout.blank_lines) == (("Name", "Town"), 2, 0)

    @pytest.mark.parametrize(
        ("times", "columns"), [(1_048_576, 100), (1_048_576, 16_384), (4_000_000_000, 1), (1, 2_000_000_000)]
    )
    def test_repeated_rows_of_little_are_refused(self, times, columns):
        with pytest.raises(Refused, match=r"rep\.ods"):
            read_table(ods(ods_row("x", times=times, columns=columns)), name="rep.ods")

    def test_repeated_empty_rows_are_no_rows(self):
        table = read_table(ods(ods_row("Name") + ods_row("Ana", times=3) + EMPTY_TAIL), name="tail.ods")

        assert (table.texts["Name"].tolist(), table.lines.tolist()) == (["Ana"] * 3, [2, 3, 4])

    @pytest.mark.parametrize(
        ("at", "value", "told"),
        [
            (10, b"\x4d\0", "cannot be read"),
            (6, b"\x63\0", "is damaged"),
            (8, b"\x01\0", "locked with a password"),
        ],
        ids=["packing", "version", "password"],
    )
    def test_an_archive_that_python_cannot_unpack_is_told_as_what_it_is(self, at, value, told):
        data = bytearray(ods(ods_row("Name") + ods_row("Ana")))
        for mark, back in ((b"PK\x01\x02", 0), (b"PK\x03\x04", 2)):
            place = data.rfind(mark) + at - back
            data[place : place + 2] = value

        with pytest.raises(Refused, match=told):
            read_table(bytes(data), name="odd.ods")

    def test_an_archive_with_a_damaged_part_is_told_as_such(self):
        data = ods(ods_row("Name") + ods_row("Ana"))
        begin = data.rfind(b"content.xml", 0, data.find(b"PK\x01\x02")) + len("content.xml")

        with pytest.raises(Refused, match="cannot be read as a spreadsheet"):
            read_table(data[:begin] + b"\xff" * 8 + data[begin + 8 :], name="odd.ods")

    def test_an_archive_that_unpacks_to_a_thousand_times_its_size_is_not_unpacked(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("[Content_Types].xml", "<Types/>")
            with packed.open("xl/worksheets/sheet1.xml", "w") as part:
                for _block in range(60):
                    part.write(b"a" * 1_000_000)

        with pytest.raises(Refused, match="unpacks to more"):
            read_table(out.getvalue(), name="bomb.xlsx")

    def test_a_thousand_sheets_are_looked_through_for_the_table(self):
        def write(made):
            for at in range(1000):
                made.add_worksheet(f"Cover {at}").write(0, 0, "nothing here")
            for at, row in enumerate(TABLE):
                made.worksheets_objs[-1].write_row(at, 0, row)

        table = read_table(book(write), name="sheets.xlsx")

        assert (table.layout.sheet, len(table), len(table.layout.sheets)) == ("Cover 999", 2, 1000)

    def test_more_columns_than_a_table_has_are_refused(self):
        with pytest.raises(Refused, match="more than 2,000 columns"):
            read_table(sheet_of([[f"c{n}" for n in range(2_001)], ["1"] * 2_001]), name="wide.xlsx")

    def test_a_cell_as_long_as_a_book_is_refused_with_its_row(self):
        text = "".join(map(str, range(250_000)))  # packs no further than other text

        with pytest.raises(Refused, match=r"1,000,000 signs in row 2"):
            read_table(ods(ods_row("Name") + ods_row(text)), name="cell.ods")

    @pytest.mark.parametrize("cut", [10, 500, 2_000])
    def test_a_sheet_cut_short_is_refused(self, cut):
        with pytest.raises(Refused):
            read_table(sheet_of(TABLE)[:cut], name="cut.xlsx")


class TestTexts:
    @pytest.mark.parametrize("sign", [b"a", b",", b'"', b"<", b"\xff"])
    def test_one_line_as_long_as_a_book_is_refused(self, sign):
        with pytest.raises(Refused, match="Line 2"):
            read_table(b"Name,Town\n" + sign * 12_000_000, name="line.csv")

    def test_more_columns_than_a_table_has_are_refused(self):
        with pytest.raises(Refused, match="2,001 columns"):
            read_table(b"Name,Town\nAna,Porto\n" + b"," * 2_000, name="wide.csv")

    def test_a_line_of_signs_that_might_part_columns_is_a_note(self):
        table = read_table(f"Name,Note\nAna,{'=' * 5000}\nPavel,{'# ' * 2500}\n".encode(), name="note.csv")

        assert (table.columns, len(table)) == (("Name", "Note"), 2)

    def test_a_cell_as_long_as_a_book_is_refused(self):
        with pytest.raises(Refused, match="longer than 1,000,000"):
            read_table(b"Name,Town\nAna," + b"a" * 1_000_001 + b"\n", name="cell.csv")

    def test_one_strange_byte_behind_much_plain_text_costs_no_more_than_a_look(self):
        began = time.monotonic()

        table = read_table(b"Name,Town\n" + b"a" * 900_000 + b",b\nM\xfcller,c\n", name="mixed.csv")

        assert table.texts["Name"].iloc[1] == "Müller"
        assert time.monotonic() - began < 5

    def test_a_large_text_is_read_apart_as_a_small_one_is_here(self, monkeypatch):
        data = (
            b"Name;Amount;Note\n" + b"".join(b"N%d;%d;\xe9t\xe9\n" % (n, n) for n in range(3000)) + b"one;2\n"
        )
        here = read_table(data, name="x.csv")
        monkeypatch.setattr(reading, "_SMALL", 1000)

        there = read_table(data, name="x.csv")

        assert there.texts.equals(here.texts)
        assert (there.layout, there.bad, there.lines.tolist()) == (here.layout, here.bad, here.lines.tolist())

    def test_a_refusal_from_apart_is_the_same_sentence(self, monkeypatch):
        monkeypatch.setattr(reading, "_SMALL", 1000)

        with pytest.raises(Refused, match=r"PDF, not a table"):
            read_table(b"%PDF-1.7" + b"x" * 2000, name="x.csv")


class TestApart:
    def test_a_reader_that_takes_too_long_is_ended(self, monkeypatch):
        monkeypatch.setattr(apart, "_SECONDS", -10.0)
        monkeypatch.setattr(apart, "_BYTES_A_SECOND", {"sheets": 1e9, "text": 1e9})

        with pytest.raises(Refused, match="takes too long"):
            read_table(sheet_of(TABLE), name="slow.xlsx")

    def test_a_reader_out_of_memory_is_told(self, monkeypatch):
        monkeypatch.setattr(apart, "_MEMORY", 100_000_000)
        monkeypatch.setattr(apart, "_PER_BYTE", {"sheets": 0, "text": 0})
        monkeypatch.setattr(reading, "_SMALL", 10)

        with pytest.raises(Refused, match="needs more memory"):
            read_table(b"Name,Town\nAna,Porto\n" * 10, name="x.csv")

    def test_what_a_reader_refuses_is_said_in_the_language_of_the_asker(self):
        set_language("da")

        with pytest.raises(Refused, match=r"no sheet Other; it has Sheet1|Other"):
            read_table(sheet_of(TABLE), name="x.xlsx", options=ReadOptions(sheet="Other"))
