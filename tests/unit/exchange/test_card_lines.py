"""Cards of three versions: by the standard, and read back by vobject and by our own reader as they were."""

import quopri

import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.exchange.files.reading import read_table
from crm.exchange.leaving.card_lines import VERSIONS, line

SIGNS = st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"), blacklist_characters="\ufeff")
WORDS = (
    st.text(st.one_of(SIGNS, st.sampled_from("\\\\;;,,:=nN\"'é\n")), min_size=1, max_size=90)
    .map(str.strip)
    .filter(bool)
)


def card(version, *lines):
    return "".join([f"BEGIN:VCARD\r\nVERSION:{version}\r\n", *lines, "END:VCARD\r\n"]).encode()


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=60, deadline=None)
@given(note=WORDS, name=WORDS.filter(lambda text: "\n" not in text))
def test_any_text_comes_back(version, note, name):
    parts = ["N", "Núñez", "José", "", "", ""]
    data = card(
        version,
        line(version, *parts[:1], parts[1:]),
        line(version, "FN", [name]),
        line(version, "NOTE", [note]),
    )

    row = read_table(data, name="a.vcf").texts.iloc[0]

    assert (row["Notes"], row["Name"]) == (note, name)
    assert (row["First name"], row["Last name"]) == ("José", "Núñez")
    assert all(len(each) <= 76 for each in data.split(b"\r\n"))
    assert data.replace(b"\r\n", b"").find(b"\n") < 0


@pytest.mark.parametrize("version", VERSIONS[1:])
@settings(max_examples=60, deadline=None)
@given(note=WORDS)
def test_vobject_reads_the_same(version, note):
    lines = (
        line(version, "N", ["a", "b", "", "", ""]),
        line(version, "FN", ["x"]),
        line(version, "NOTE", [note]),
    )

    found = vobject.readOne(card(version, *lines).decode())

    assert found.note.value == note


def test_what_outlook_opens_names_its_letters():
    made = line("2.1", "ADR", ["", "", "Straße 1; Hof", "Köln", "", "01067", ""], types=("WORK",))

    assert made.replace("=\r\n", "").startswith(
        "ADR;WORK;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:;;Stra=C3=9Fe 1\\; Hof;K=C3=B6ln;;01067;"
    )
    assert made.isascii()
    assert "é" * 80 in quopri.decodestring(line("2.1", "NOTE", ["é" * 80]).encode()).decode()
    assert line("2.1", "TEL", ["+4930123"], preferred=True) == "TEL;PREF:+4930123\r\n"
    assert line("3.0", "TEL", ["+4930123"], preferred=True) == "TEL;TYPE=PREF:+4930123\r\n"
    assert line("4.0", "TEL", ["+4930123"], preferred=True) == "TEL;PREF=1:+4930123\r\n"
