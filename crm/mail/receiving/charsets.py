"""Bytes become words by the best guess; the bytes themselves are kept elsewhere, so a wrong guess loses nothing."""

from __future__ import annotations

import binascii
import codecs
import quopri
import re
from email.base64mime import decode as decode_base64

from crm.i18n import _

#: Names that mail programs write and Python does not know.
_ALIASES = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "iso-8859-9": "cp1254", "iso-8859-11": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "shift_jis": "cp932",
    "big5": "big5hkscs", "unicode-1-1-utf-7": "utf-7", "x-mac-roman": "mac-roman", "macintosh": "mac-roman", "x-sjis": "cp932",
}  # fmt: skip
#: Seven-bit names: what they say of eight-bit bytes is nothing.
_SAYS_NOTHING = frozenset({
    "", "us-ascii", "ascii", "ansi_x3.4-1968", "x-unknown", "unknown-8bit", "unknown",
    "default", "7bit", "8bit",
    "binary",
})  # fmt: skip
_GUESSES = (
    "utf_8", "cp1252", "cp1250", "cp1251", "koi8_r", "iso8859_2", "iso8859_5", "cp1253", "cp1254", "cp1255", "cp1256",
    "cp932", "euc_jp", "gb18030", "big5", "cp949", "cp850", "cp852", "cp866",
)  # fmt: skip
#: Bytes that begin a text of one set, and that switch to one within it.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_SWITCHES = ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$", "iso2022_jp_ext"))
#: UTF-8 in which single bytes are wrong; those are read as Western.
_NEARLY, _WESTERN = "nearly utf-8", "crm-western"
_LETTERS = re.compile(
    rb"[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|\xc2[\xa0-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]"
)
_HIGH = re.compile(rb"[\x80-\xff]")
_WIDE_SAMPLE = 100_000
#: A detector needs no more than this, and takes long for more.
_SAMPLE = 4_000
_WORDS = re.compile(
    r"(?:=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,4000}\?=\s{0,80}(?==\?|$)|=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,4000}\?=)+"
)
_WORD = re.compile(r"=\?([^?*\s]{1,60})(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")


def known_codec(name: str) -> str:
    """Python's name of a character set as a message names it; empty when it says nothing that helps."""
    bare = name.strip().strip("\"'").lower()
    if bare in _SAYS_NOTHING:
        return ""
    if re.match(r"(x-)?utf-?8", bare):
        return "utf-8"
    joined = re.sub(r"^(cp|ibm|windows|win|koi8|mac)[-_ ]", r"\1", bare)
    # A visual or explicit order of Hebrew and Arabic is the same bytes.
    for tried in (bare, joined, bare.removesuffix("-i"), bare.removesuffix("-e"), bare.removeprefix("x-"),
                  re.sub(r"^win(dows)?[-_]?", "cp", bare)):  # fmt: skip
        chosen = _ALIASES.get(tried, tried)
        try:
            if codecs.lookup(chosen)._is_text_encoding:
                return chosen
        except (LookupError, ValueError):
            continue
    return ""


def decode(content: bytes, declared: str = "") -> tuple[str, str]:
    """The words, and the character set that gave them: as declared, else UTF-8, else Western, else as a detector says.

    Whatever was declared, bytes that are UTF-8 beyond ASCII are it: in any other set they would be a rare accident.
    """
    chosen = known_codec(declared)
    tries = [codec for mark, codec in _MARKS if content.startswith(mark)]
    if not chosen:
        # Nobody types an escape: it switches to the letters of East Asia.
        tries += [codec for mark, codec in _SWITCHES if mark in content[:_SAMPLE]]
    # Seven-bit sets such as ISO-2022-JP are UTF-8 too, and mean something else.
    tries += ["utf-8", chosen] if chosen and not content.isascii() else [chosen or "utf-8"]
    if chosen in ("", "utf-8", "cp1252"):
        if not content.isascii() and _is_nearly_utf8(content, chosen):
            # A letter torn apart at the end, or a footer of another program, takes nothing from the rest.
            tries.insert(-1 if chosen == "cp1252" else len(tries), _NEARLY)
        elif chosen == "cp1252" and _is_hardly_western(content):
            tries.pop()
    for codec in filter(None, tries):
        try:
            if codec == _NEARLY:
                return _clean(content.decode("utf-8", _WESTERN)), "utf-8"
            return _clean(content.decode(codec)), codec
        except (UnicodeError, ValueError, LookupError):
            continue
    guessed = _detected(content)
    return _clean(content.decode(guessed, "replace")), guessed


def doubt_of(content: bytes, declared: str, chosen: str) -> str:
    """What a reader must know where the character set was guessed, in a sentence; empty where it is sure."""
    sure = content.isascii() or chosen in ("utf-8", known_codec(declared))
    if sure or any(content.startswith(mark) for mark, _codec in _MARKS):
        return ""
    said = _("Nothing says for sure in which character set this was written; it is read as {charset}.")
    return said.format(charset=chosen)


def _is_nearly_utf8(content: bytes, chosen: str) -> bool:
    """Whether most of the letters beyond ASCII are whole ones of UTF-8, or where it was declared as many as are not."""
    sample = content[:_WIDE_SAMPLE]
    letters = _LETTERS.findall(sample)
    others = len(_HIGH.findall(sample)) - sum(map(len, letters))
    return len(letters) > others - (chosen == "utf-8" and bool(letters))


def _is_hardly_western(content: bytes) -> bool:
    """Whether most letters lie beyond ASCII, as those of Western languages never do."""
    sample = content[:_SAMPLE]
    high = len(_HIGH.findall(sample))
    return high > 8 and high > 2 * sum(chr(byte).isalpha() for byte in sample if byte < 128)


def _as_western(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_WESTERN, _as_western)


def _clean(text: str) -> str:
    """Line ends of one kind, and nothing that no database takes."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text if text.isascii() else "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


def _detected(content: bytes) -> str:
    high = [byte for byte in content[:_SAMPLE] if byte > 127]
    letters = sum(65 <= byte <= 90 or 97 <= byte <= 122 for byte in content[:_SAMPLE])
    # Western letters in their usual places are few among plain ones: a detector knows less about so little.
    western = all((byte >= 0xC0 and byte not in b"\xd7\xf7") or byte in _PUNCTUATION for byte in high)
    if western and len(high) * 3 <= letters:
        return "cp1252"
    from charset_normalizer import from_bytes

    beyond = _around_high(content)
    best = from_bytes(beyond, cp_isolation=list(_GUESSES), threshold=0.5, preemptive_behaviour=False).best()
    return best.encoding if best is not None else "cp1252"


#: Quotes, dashes, the euro and signs that stand in Western text.
_PUNCTUATION = frozenset(
    b"\x80\x82\x84\x85\x91\x92\x93\x94\x95\x96\x97\x8a\x9a\x8e\x9e"
    b"\xa0\xa3\xa7\xa9\xab\xae\xb0\xb2\xb3\xb5\xb7\xba\xbb\xbd"
)


def _around_high(content: bytes) -> bytes:
    """A sample from where the first byte beyond ASCII is."""
    found = re.search(rb"[\x80-\xff]", content)
    start = max(0, (found.start() if found else 0) - 500)
    return content[start : start + _SAMPLE]


def decode_header(raw: str) -> str:
    """A header as people read it: encoded words decoded, bytes beyond ASCII by the best guess, on one line."""
    if not raw.isascii():
        # The library hides such bytes in surrogates.
        raw = decode(raw.encode("utf-8", "surrogateescape"))[0]
    return " ".join(_WORDS.sub(lambda run: _decoded(run[0]), raw).split())


def _decoded(run: str) -> str:
    """Neighbours in one character set are joined before they are decoded: a letter may be torn apart between them."""
    pieces: list[tuple[str, bytes]] = []
    for charset, how, said in _WORD.findall(run):
        try:
            content = (
                decode_base64(said + "=" * (-len(said) % 4))
                if how in "bB"
                else quopri.decodestring(said.encode(), header=True)
            )
        except (ValueError, binascii.Error):
            content = said.encode("utf-8", "replace")
        if pieces and pieces[-1][0] == charset.lower():
            pieces[-1] = (charset.lower(), pieces[-1][1] + content)
        else:
            pieces.append((charset.lower(), content))
    return "".join(decode(content, charset)[0] for charset, content in pieces)
