"""vCards of three versions are rows: quoted-printable, code pages, groups, pictures, several in a file."""

import pytest

from crm.exchange.files.reading import read_table

OLD = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=windows-1251;ENCODING=QUOTED-PRINTABLE:=C8=E2=E0=ED=EE=E2;=CF=E5=F2=F0\r\n"
    "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=BCrgen=20=\r\nM=C3=BCller\r\nTEL;CELL;VOICE:+49 170 1234567\r\n"
    "TEL;WORK:030 123456\r\nEMAIL;INTERNET:j@x.example\r\nADR;HOME:;;Weg 1;Ulm;BW;89073;Germany\r\n"
    "PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQEASABIAAD\r\n /2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQ\r\n\r\n"
    "END:VCARD\r\n"
)
GROUPED = (
    "BEGIN:VCARD\nVERSION:3.0\nN:Holm;Ida;Marie;Dr.;\nFN:Dr. Ida Holm\nORG:Holm AS;Sales\n"
    "EMAIL:second@holm.example\nitem1.EMAIL;type=INTERNET;type=pref:ida@holm.example\nitem1.X-ABLabel:Work\n"
    "BDAY:1962-05-03\nNOTE:line one\\nline two\nCATEGORIES:vip,press\nEND:VCARD\n"
)
NEW = (
    'BEGIN:VCARD\nVERSION:4.0\nFN:Per Dahl\nN:Dahl;Per;;;\nTEL;VALUE=uri;TYPE="voice,home":tel:+4533123457\n'
    "BDAY:--0503\nEND:VCARD\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_cards_of_all_versions_in_one_file_are_rows(encoding):
    table = read_table((OLD + GROUPED + NEW).encode(encoding), name="all.vcf")
    rows = table.texts.to_dict("records")

    assert [row["Name"] for row in rows] == ["Jürgen Müller", "Dr. Ida Holm", "Per Dahl"]
    assert (rows[0]["First name"], rows[0]["Last name"]) == ("Петр", "Иванов")
    assert (rows[0]["Street"], rows[0]["Postcode"], rows[0]["City"]) == ("Weg 1", "89073", "Ulm")
    assert (rows[0]["Phone"], rows[0]["Phone 2"]) == ("+49 170 1234567", "030 123456")
    assert (rows[1]["E-mail"], rows[1]["E-mail 2"]) == ("ida@holm.example", "second@holm.example")
    assert (rows[1]["Organisation"], rows[1]["Tags"]) == ("Holm AS", "vip, press")
    assert rows[1]["Notes"] == "line one\nline two"
    assert (rows[2]["Phone"], rows[2]["Birth date"]) == ("+4533123457", "--0503")


def test_letters_of_a_code_page_are_found_and_a_broken_card_is_told():
    broken = "BEGIN:VCARD\nVERSION:3.0\nEND:VCARD\n"
    text = "BEGIN:VCARD\nVERSION:3.0\nFN:José Núñez\nEND:VCARD\n"
    table = read_table((text + broken).encode("cp1252"), name="a.vcf")

    assert table.texts["Name"].tolist() == ["José Núñez"]
    assert [(wrong.line, wrong.reason) for wrong in table.bad] == [(5, "The card cannot be read.")]
