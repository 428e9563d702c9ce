"""From bytes to text: byte order mark, UTF-8, UTF-16, then the one-byte encoding whose letters make sense."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import NamedTuple

import charset_normalizer
from charset_normalizer.constant import FREQUENCIES

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
    "cp1254": ("çğıöşüâîi",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž"),
    "iso8859_7": ("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ",),
    "cp874": ("".join(map(chr, range(0xE01, 0xE5C))),),
    "cp1256": ("ابتثجحخدذرزسشصضطظعغفقكلمنهويىءآأؤإئةپچژگ",),
    "cp1255": ("אבגדהוזחטיךכלםמןנסעףפץצקרשת",),
    "iso8859_2": ("áčďéěíňóřšťúůýž", "čšž", "čćšžđ", "ąćęłńóśźż", "áéíóöőúüű"),
    "cp852": ("áčďéěíňóřšťúůýž", "čšž", "čćšžđ", "ąćęłńóśźż"),
    "cp850": ("æøåé", "äöüß", "éèêëàâçîïôùûœæ", "áéíóúñü"),
    "cp866": ("абвгдеёжзийклмнопрстуфхцчшщъыьэюя",),
    "mac_roman": ("æøåé", "äöüß", "éèêëàâçîïôùûœæ", "áéíóúñü"),
}
#: Encodings of another script, and the language whose letters tell whether it is this one.
_OWN_SCRIPT = {
    "cp1251": "Russian", "koi8_r": "Russian", "cp866": "Russian", "cp1253": "Greek", "iso8859_7": "Greek",
    "cp1255": "Hebrew", "cp1256": "Arabic", "cp874": "Thai",
}  # fmt: skip
# What a wrong code page looks like: a capital inside a word, Latin and other letters in one word.
_CAPITALS = "A-ZÀ-ÖØ-ÞΆ-ΏΑ-ΫА-ЯЁЄІЇҐЎŠŽČŁŚŹŻ"
_BROKEN_WORD = re.compile(
    rf"(?<=[^\W\d_{_CAPITALS}])(?:[^\x00-\x7f](?<=[{_CAPITALS}])|(?<=[^\x00-\x7f])[A-Z])"
)
_MIXED_SCRIPT = re.compile(r"[A-Za-z](?=[^\W\d_A-Za-z])|[^\W\d_A-Za-z](?=[A-Za-z])")
# Typography inside a word, but for the apostrophe and the hyphens, is a letter of another code page.
_BROKEN_SIGN = re.compile(r"(?<=[^\W\d_])[€£¥§©®‘‚“”„…•™†‡«»¿¡½¼¾±×°²³´¨](?=[^\W\d_])|[©®§](?=[^\W\d_])")
# This letter ends a word and stands nowhere else.
_BROKEN_END = re.compile(r"ς(?=[α-ωά-ώ])|σ(?=\b)")
_SAMPLE_BYTES = 65_536
#: What the West's own code page has ahead of the others, and the number of letters below which little is proved.
_PRIOR, _FEW, _SURE = 0.02, 12, 0.97
_BELIEVABLE = 0.9


class Decoded(NamedTuple):
    """The text, the encoding it was read with, how many signs had to be read as Windows-1252 instead.

    ``doubtful`` holds words to look at where another encoding would give other letters as well.
    """

    text: str
    encoding: str
    repaired: int = 0
    doubtful: tuple[str, ...] = ()


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
    if wide := _east_asian(lines):
        return _told(data, wide, lines, doubtful=False)
    scores = {name: _believable(lines, name, alphabets) for name, alphabets in _ALPHABETS.items()}
    best = max(scores, key=lambda name: scores[name])
    doubtful = scores[best] < _SURE or _rivals(lines, best, scores)
    if scores[best] < _BELIEVABLE:
        guess = charset_normalizer.from_bytes(lines).best()
        best = guess.encoding if guess is not None else best
    return _told(data, best, lines, doubtful=doubtful)


def _told(data: bytes, encoding: str, lines: bytes, *, doubtful: bool) -> Decoded:
    found = re.split(r"[\s,;|\"]+", lines.decode(encoding, errors="replace"))
    words = [word for word in found if not word.isascii()]
    shown = tuple(dict.fromkeys(words))[:5] if doubtful else ()
    return Decoded(data.decode(encoding, errors="replace"), encoding, doubtful=shown)


def _rivals(lines: bytes, best: str, scores: dict[str, float]) -> bool:
    """Whether another reading is as believable and gives other letters: a handful of bytes proves little."""
    mine = lines.decode(best, errors="replace")
    near = [name for name, score in scores.items() if name != best and score >= scores[best] - _PRIOR]
    few = sum(not sign.isascii() for sign in mine) < _FEW
    return few and any(lines.decode(name, errors="replace") != mine for name in near)


def _east_asian(lines: bytes) -> str:
    """The two-byte encoding whose pairs are common characters; "" where the bytes stand alone."""
    runs = re.findall(rb"[\x80-\xff]+", lines)
    if sum(map(len, runs)) < 4:
        return ""
    best, most = "", _BELIEVABLE
    for name, is_usual in _EAST_ASIAN.items():
        try:
            text = lines.decode(name)
        except UnicodeDecodeError:
            continue
        wide = [sign for sign in text if ord(sign) > 0x2E80]
        foreign = sum(not sign.isascii() for sign in text)
        if not wide or len(wide) < 0.9 * foreign:
            continue
        share = sum(map(is_usual, wide)) / len(wide)
        if share > most:
            best, most = name, share
    return best


def _first_byte(encoding: str, low: int, high: int) -> Callable[[str], bool]:
    def check(sign: str) -> bool:
        try:
            return sign in _EAST_SIGNS or low <= sign.encode(encoding)[0] <= high
        except UnicodeEncodeError:
            return False

    return check


_EAST_SIGNS = frozenset("、。，：；（）「」『』・　－～〒〇")
_SJIS: Callable[[str], bool] = _first_byte("cp932", 0x88, 0x97)
_EUC: Callable[[str], bool] = _first_byte("euc_jp", 0xB0, 0xCF)
# Kana and syllables prove more than characters that all three scripts share.
_EAST_ASIAN: dict[str, Callable[[str], bool]] = {
    "cp949": _first_byte("euc_kr", 0xB0, 0xC8),
    "cp932": lambda sign: "ぁ" <= sign <= "ヿ" or _SJIS(sign),
    "euc_jp": lambda sign: "ぁ" <= sign <= "ヿ" or _EUC(sign),
    "gb18030": _first_byte("gb2312", 0xB0, 0xD7),
    "big5": _first_byte("big5", 0xA4, 0xC6),
}


def _believable(lines: bytes, encoding: str, alphabets: tuple[str, ...]) -> float:
    """Share of the signs outside ASCII that one language, or common typography in its place, explains."""
    text = lines.decode(encoding, errors="replace")
    foreign = [sign for sign in text if not sign.isascii()]
    if not foreign:
        return 0.0
    letters = ["i" if sign == "İ" else sign.lower() for sign in foreign if sign not in _SIGNS]
    signs = len(foreign) - len(letters)
    best = float(max(sum(map(set(alphabet).__contains__, letters)) for alphabet in alphabets))
    if encoding in _WESTERN:
        # Names of several languages stand in one file.
        best = max(best, 0.95 * sum(map(_WEST.__contains__, letters)))
    if encoding in _OWN_SCRIPT and letters:
        best = best * (0.85 + 0.15 * _usual(letters, _OWN_SCRIPT[encoding]))
    odd = len(_BROKEN_WORD.findall(text)) + len(_BROKEN_SIGN.findall(text))
    if encoding in _OWN_SCRIPT:
        odd += len(_MIXED_SCRIPT.findall(text)) + len(_BROKEN_END.findall(text))
    prior = _PRIOR if encoding == "cp1252" else 0.0
    return (best + signs - odd) / len(foreign) + prior


def _usual(letters: list[str], language: str) -> float:
    """How near the letters are to those that the language uses most; 1 where they are as usual as can be."""
    order = FREQUENCIES[language]
    weight = {letter: 1 / (at + 3) for at, letter in enumerate(order)}
    bare = [_BARE.get(letter, letter) for letter in letters]
    return min(1.0, sum(weight.get(letter, 0.0) for letter in bare) / len(bare) / _AS_USUAL)


_WESTERN = frozenset({"cp1252", "iso8859_15", "cp850", "mac_roman"})
_WEST = frozenset("áàâäãåæçéèêëíìîïñóòôöõøúùûüßÿœšž")
_BARE = dict(zip("άέήίόύώϊϋΐΰ", "αεηιουωιυιυ", strict=True))
_AS_USUAL = 0.15
