"""Lines of a vCard by the three versions of its standard: escaped, encoded and folded as each wants it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

VERSIONS = ("2.1", "3.0", "4.0")
_LONGEST = 75
#: Of quoted-printable with its soft end.
_PART = 72
_SPECIAL_21 = re.compile(r"\\(?=[;,\\]|\Z)")


def line(
    version: str,
    name: str,
    parts: Sequence[str],
    *,
    types: Iterable[str] = (),
    preferred: bool = False,
    sign: str = ";",
) -> str:
    """One property with its line ends; ``parts`` stand behind one another, parted by ``sign``.

    In version 2.1 whatever is not plain ASCII on one short line goes as quoted-printable of UTF-8, as Outlook reads it; in
    the others a line is folded after 75 octets, never within a character.
    """
    kinds = [kind.upper() for kind in types]
    if version == "2.1":
        head = ";".join([name, *kinds, *["PREF"] * preferred])
        value = sign.join(
            _escaped_21(part, compound=len(parts) > 1 or name in ("N", "ADR", "ORG")) for part in parts
        )
        if (
            value.isascii()
            and value.isprintable()
            and len(head) + len(value) < _LONGEST
            and "\\" not in value
        ):
            return f"{head}:{value}\r\n"
        head += ";ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:"
        return head + _quoted(value, used=len(head)) + "\r\n"
    if preferred and version == "3.0":
        kinds.append("PREF")
    head = (
        name
        + (f";TYPE={','.join(kinds)}" if kinds else "")
        + (";PREF=1" if preferred and version == "4.0" else "")
    )
    return _folded(f"{head}:{sign.join(map(_escaped, parts))}")


def _escaped(text: str) -> str:
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\\", "\\\\")
    return plain.replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _escaped_21(text: str, *, compound: bool) -> str:
    plain = _SPECIAL_21.sub(r"\\\\", text)
    return plain.replace(";", "\\;") if compound else plain


def _quoted(text: str, *, used: int) -> str:
    """Quoted-printable with soft line ends; line breaks of the text as =0D=0A."""
    data = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode()
    lines, current = [], ""
    for byte in data:
        plain = (33 <= byte <= 126 and byte != 61) or byte == 32
        piece = chr(byte) if plain else f"={byte:02X}"
        if used + len(current) + len(piece) > _PART:
            lines.append(current)
            current, used = "", 0
        current += piece
    if current.endswith(" "):
        current = current[:-1] + "=20"
    return "=\r\n".join([*lines, current])


def _folded(text: str) -> str:
    lines, current, size = [], "", 0
    for sign in text:
        width = len(sign.encode())
        if size + width > _LONGEST:
            lines.append(current)
            current, size = " ", 1
        current += sign
        size += width
    return "\r\n".join([*lines, current]) + "\r\n"
