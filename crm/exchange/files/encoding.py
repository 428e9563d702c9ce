"""From bytes to text: byte order mark, UTF-8, UTF-16, then the one-byte encoding whose letters make sense."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

import charset_normalizer

from crm.errors import Refused
from crm.i18n import _

# UTF-32 first: its mark begins with the mark of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SIGNS = frozenset("€£¥§©®°±·×–—‘’‚“”„…•™«»¿¡ºª½¼¾²³´¨№\xa0")
# The letters one language adds to ASCII. Text read in the wrong encoding mixes letters of several languages.
_ALPHABETS = {
    "cp1252": ("æøåé", "äöüß", "éèêëàâçîïôùûœæ", "áéíóúñü", "ãõáéíóúâêôçà", "àèéìòù", "äöåé", "éëïóöü"),
    "iso8859_15": ("éèêëàâçîïôùûœæ", "äöüß", "äöåé"),
    "cp1250": ("áčďéěíňóřšťúůýž", "čšž", "čćšžđ", "áäčďéíĺľňóôŕšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "ăâîșțşţ"),
    "cp1251": ("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"),
    "koi8_r": ("абвгдеёжзийклмнопрстуфхцчшщъыьэюя",),
    "cp1253": ("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ",),
    "cp1254": ("çğıöşüâîİ",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž"),
    "cp1255": ("אבגדהוזחטיךכלםמןנסעףפץצקרשת",),
    "iso8859_2": ("áčďéěíňóřšťúůýž", "čšž", "čćšžđ", "ąćęłńóśźż", "áéíóöőúüű"),
    "cp852": ("áčďéěíňóřšťúůýž", "čšž", "čćšžđ", "ąćęłńóśźż"),
    "cp850": ("æøåé", "äöüß", "éèêëàâçîïôùûœæ", "áéíóúñü"),
    "cp866": ("абвгдеёжзийклмнопрстуфхцчшщъыьэюя",),
    "mac_roman": ("æøåé", "äöüß", "éèêëàâçîïôùûœæ", "áéíóúñü"),
}
_OWN_SCRIPT = frozenset({"cp1251", "koi8_r", "cp866", "cp1253", "cp1255"})
# What a wrong code page looks like: a capital inside a word, Latin and other letters in one word.
_CAPITALS = "A-ZÀ-ÖØ-ÞΆ-ΏΑ-ΫА-ЯЁЄІЇҐЎŠŽČŁŚŹŻ"
_BROKEN_WORD = re.compile(
    rf"(?<=[^\W\d_{_CAPITALS}])(?:[^\x00-\x7f](?<=[{_CAPITALS}])|(?<=[^\x00-\x7f])[A-Z])"
)
_MIXED_SCRIPT = re.compile(r"[A-Za-z](?=[^\W\d_A-Za-z])|[^\W\d_A-Za-z](?=[A-Za-z])")
_SAMPLE_BYTES = 65_536
_BELIEVABLE = 0.9


class Decoded(NamedTuple):
    """The text, the encoding it was read with, and how many signs had to be read as Windows-1252 instead."""

    text: str
    encoding: str
    repaired: int = 0


def decode(data: bytes, *, encoding: str | None = None) -> Decoded:
    """Read bytes as text; a given ``encoding`` is obeyed.

    Raises
    ------
    Refused
        The given encoding does not exist or does not fit the bytes.
    """
    if encoding:
        try:
            return Decoded(data.decode(encoding).removeprefix("\ufeff"), encoding)
        except LookupError as error:
            raise Refused(_("There is no encoding called {name}.").format(name=encoding)) from error
        except UnicodeError as error:
            raise Refused(
                _("The file cannot be read as {name}. Leave the encoding empty to have it found.").format(
                    name=encoding
                )
            ) from error
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Decoded(data.decode(name, errors="replace"), name)
    if wide := _wide(data):
        return Decoded(data.decode(wide, errors="replace"), wide)
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _mostly_utf8(data) or _one_byte(data)


def _wide(data: bytes) -> str | None:
    """UTF-16 without its mark: every second byte of Western text is zero."""
    head = data[:4096]
    if len(head) < 4 or b"\0" not in head:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _mostly_utf8(data: bytes) -> Decoded | None:
    """Files glued together from two sources: UTF-8 with a few Windows-1252 bytes among it."""
    text = data.decode("utf-8", errors="surrogateescape")
    strange = len(re.findall("[\udc80-\udcff]", text))
    foreign = sum(not sign.isascii() for sign in set(text)) and len(re.findall("[^\x00-\x7f]", text))
    if strange * 2 > foreign:
        return None
    repaired = re.sub(
        "[\udc80-\udcff]", lambda hit: bytes([ord(hit[0]) - 0xDC00]).decode("cp1252", errors="replace"), text
    )
    return Decoded(repaired, "utf-8", strange)


def _one_byte(data: bytes) -> Decoded:
    lines = b"\n".join(line for line in data.splitlines() if not line.isascii())[:_SAMPLE_BYTES]
    scores = {name: _believable(lines, name, alphabets) for name, alphabets in _ALPHABETS.items()}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] < _BELIEVABLE:
        guess = charset_normalizer.from_bytes(lines).best()
        best = guess.encoding if guess is not None else best
    return Decoded(data.decode(best, errors="replace"), best)


def _believable(lines: bytes, encoding: str, alphabets: tuple[str, ...]) -> float:
    """Share of the signs outside ASCII that one language, or common typography, explains."""
    text = lines.decode(encoding, errors="replace")
    foreign = [sign for sign in text if not sign.isascii()]
    if not foreign:
        return 0.0
    letters = [sign for sign in foreign if sign not in _SIGNS]
    signs = len(foreign) - len(letters)
    best = max(
        sum(sign in alphabet or sign.lower() in alphabet for sign in letters)
        for alphabet in map(frozenset, alphabets)
    )
    odd = len(_BROKEN_WORD.findall(text)) + (
        len(_MIXED_SCRIPT.findall(text)) if encoding in _OWN_SCRIPT else 0
    )
    return (best + 0.9 * signs - odd) / len(foreign)
