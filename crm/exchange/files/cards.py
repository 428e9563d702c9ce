"""vCards (2.1, 3.0, 4.0) as a table: one row for each card, its columns named as our fields are."""

from __future__ import annotations

import logging
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from crm.exchange.files.encoding import decode
from crm.exchange.files.header import Arranged, BadLine, Layout
from crm.exchange.leaving.cells import tags_text
from crm.i18n import _

# What it passes over in a card is told with the card, not in the log.
logging.getLogger("vobject").setLevel(logging.CRITICAL)
_BEGIN = re.compile(r"^BEGIN:VCARD\s*$", re.IGNORECASE | re.MULTILINE)
_QUOTED = re.compile(
    r"^([^:\n]*;(?:ENCODING=)?QUOTED-PRINTABLE[^:\n]*):((?:.*=\n)*.*)$", re.IGNORECASE | re.MULTILINE
)
_OLD = re.compile(r"^VERSION:2\.1\s*$", re.IGNORECASE | re.MULTILINE)
_COMMA = re.compile(r"(?<!\\)((?:\\\\)*),")
_CHARSET = re.compile(r";CHARSET=\"?([\w-]+)\"?", re.IGNORECASE)
#: Pictures, sounds and keys: many lines that no field holds.
_HEAVY = re.compile(
    r"^(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY)[;:].*\n(?:[ \t].*\n|[A-Za-z0-9+/=]{20,}\n)*",
    re.IGNORECASE | re.MULTILINE,
)
_MOST = 3
_LONGEST_BAD = 500


def is_cards(text: str) -> bool:
    """Whether a text begins as vCards do."""
    return text[:100].lstrip("\ufeff \r\n\t")[:11].upper() == "BEGIN:VCARD"


def arrange(text: str, layout: Layout) -> Arranged:
    """All cards of a text; one that cannot be read is a line that is no row."""
    import vobject

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    rows: list[dict[str, str]] = []
    lines: list[int] = []
    bad: list[BadLine] = []
    starts = [hit.start() for hit in _BEGIN.finditer(text)]
    line, before = 1, 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        line += text.count("\n", before, start)
        before = start
        part = text[start:end].strip()
        try:
            plain = _HEAVY.sub("", _QUOTED.sub(_unquoted, part) + "\n")
            if _OLD.search(plain):
                # A comma is no separator there, but for categories.
                plain = _of_lines(plain)
            card = vobject.readOne(plain, ignoreUnreadable=True)
            row = {name: cell for name, cell in _cells(card) if cell}
            if not row:
                raise ValueError(part)
            rows.append(row)
            lines.append(line)
        except (vobject.base.VObjectError, StopIteration, ValueError, AttributeError, IndexError, TypeError):
            bad.append(BadLine(line, part[:_LONGEST_BAD], _("The card cannot be read.")))
    names = [name for name in map(_, _ORDER) if any(row.get(name) for row in rows)]
    texts = pd.DataFrame({n: pd.Series([row.get(n, "") for row in rows], dtype="str") for n in names})
    return Arranged(texts, np.asarray(lines, dtype=np.int64), tuple(bad), replace(layout, header_line=0))


def _of_lines(text: str) -> str:
    lines = (
        line if line.upper().startswith("CATEGORIES") else _COMMA.sub(r"\1\\,", line)
        for line in text.split("\n")
    )
    return "\n".join(lines)


def _unquoted(hit: re.Match[str]) -> str:
    """A quoted-printable line as plain text, in the letters that it names."""
    head, value = hit.groups()
    data = quopri.decodestring(value.replace("=\n", "").encode("utf-8", "surrogateescape"))
    named = _CHARSET.search(head)
    try:
        text = data.decode(named[1]) if named else decode(data).text
    except (LookupError, UnicodeDecodeError):
        text = decode(data).text
    head = re.sub(r";(?:ENCODING=)?QUOTED-PRINTABLE", "", _CHARSET.sub("", head), flags=re.IGNORECASE)
    # Breaks stand as =0D=0A here: a backslash before a letter is one.
    plain = re.sub(r"(?<!\\)((?:\\\\)*)\\(?![;,\\])", r"\1\\\\", text)
    return f"{head}:" + plain.replace("\r\n", "\n").replace("\n", "\\n")


def _many(label: str, cells: Iterable[str]) -> Iterator[tuple[str, str]]:
    for at, cell in enumerate(dict.fromkeys(filter(None, cells)), 1):
        if at <= _MOST:
            yield (label if at == 1 else f"{label} {at}"), cell


def _texts(card: Any, name: str) -> list[str]:
    """The values of a property, the preferred one first."""
    found = card.contents.get(name, ())

    def rank(line: Any) -> int:
        kinds = {str(kind).upper() for kind in line.params.get("TYPE", ())}
        alone = {str(param).upper() for param in line.singletonparams}
        return 0 if "PREF" in kinds | alone or "PREF" in line.params else 1

    return [_joined(line.value) for line in sorted(found, key=rank)]


def _joined(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(filter(None, map(_joined, value)))
    return str(value).strip()


def _listed(value: Any) -> list[str]:
    return list(map(str, value)) if isinstance(value, (list, tuple)) else [str(value)]


def _cells(card: Any) -> Iterator[tuple[str, str]]:
    full, firm = _texts(card, "fn"), _texts(card, "org")
    if "n" in card.contents and not isinstance(name := card.contents["n"][0].value, str):
        first, last = _joined(name.given), _joined(name.family)
        yield _("First name"), " ".join(filter(None, (first, _joined(name.additional))))
        yield _("Last name"), last
        if not full and (first or last):
            full = [f"{first} {last}".strip()]
    yield _("Name"), next(iter(full or firm), "")
    yield _("Organisation"), next(iter(firm), "").split(", ")[0]
    yield _("Job title"), next(iter(_texts(card, "title")), "")
    yield from _many(_("E-mail"), _texts(card, "email"))
    yield from _many(_("Phone"), (text.removeprefix("tel:") for text in _texts(card, "tel")))
    yield _("Birth date"), next(iter(_texts(card, "bday")), "")
    yield _("Website"), next(iter(_texts(card, "url")), "")
    for line in card.contents.get("adr", ())[:1]:
        if not isinstance(line.value, str):
            for label, part in zip(_PLACE, ("street", "code", "city", "region", "country"), strict=True):
                yield _(label), _joined(getattr(line.value, part))
    said = [part for line in card.contents.get("categories", ()) for part in _listed(line.value)]
    yield _("Tags"), tags_text([tag for part in said if (tag := part.strip())])
    yield _("Notes"), "\n".join(_texts(card, "note"))


_PLACE = ("Street", "Postcode", "City", "Region", "Country")
_ORDER = [
    *(
        "Name",
        "First name",
        "Last name",
        "Organisation",
        "Job title",
        "E-mail",
        "E-mail 2",
        "E-mail 3",
        "Phone",
        "Phone 2",
    ),
    *("Phone 3", "Birth date", "Website", *_PLACE, "Tags", "Notes"),
]
