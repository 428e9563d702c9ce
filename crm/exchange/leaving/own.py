"""How a file of ours is known again: what its columns are called, what tells namesakes apart, what keeps a cell a text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crm.exchange import entities
from crm.i18n import _
from crm.records import registry
from crm.records.fields import Entity, Field

#: A cell that begins so would be run as a formula by a spreadsheet, some also in the wide forms of Asian keyboards.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: What spreadsheets pass over before a formula.
_BLANKS = " \u00a0\u2003\u2007\u3000\ufeff"
#: A cell behind a nought, as ``_texts`` joins them, or a part behind a semicolon, that ``neutral`` has to look at: all but
#: plain numbers behind a sign.
SUSPECT = re.compile(rf"[\0;]'*[{_BLANKS}]*(?:[=@\t\r\n＝＋－＠]|[+-](?![0-9]+(?:[\0;]|\Z)))")


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula; plain numbers and phone numbers stay as they are.

    Where commas are decimal, spreadsheets part a line at semicolons, whatever its quotes: each part is made safe. A text
    that looks as if it had been made safe is made safe too: so ``bare`` gives each back as it was.
    """
    return ";".join(f"'{part}" if _is_run(part.lstrip("'")) else part for part in text.split(";"))


def bare(text: str) -> str:
    """The text that ``neutral`` made safe; every other text as it is."""
    parts = text.split(";")
    return ";".join(part[1:] if part[:1] == "'" and _is_run(part.lstrip("'")) else part for part in parts)


def _is_run(part: str) -> bool:
    """Whether a spreadsheet would run a cell that begins so."""
    begun = part.lstrip(_BLANKS)
    if not begun.startswith(FORMULA_STARTS):
        return False
    rest = begun[1:].replace(" ", "").replace(".", "", 1)
    return not (rest.isdigit() and begun[0] in "+-")


def own_names(entity: Entity) -> dict[str, str]:
    """What our export calls each field, to the field."""
    return {called(f): f.name for f in entity.fields if f.exportable}


def called(field: Field) -> str:
    """What the column of a field is called."""
    return field.name.removesuffix("_minor").removesuffix("_id")


def own_keys(entity: Entity) -> dict[str, str]:
    """The column beside a link that holds what tells parents of one name apart, to the link's field."""
    known = registry.names()
    return {f"{called(f)}_key": f.name for f in entity.fields if f.exportable and f.link in known}


def telling_keys(entity: str) -> tuple[str, ...]:
    """What tells records of one title apart: their number or code, else their address."""
    if entity not in registry.names():
        return ()
    about = registry.entity(entity)
    return tuple(sorted((k for k in about.keys if k != about.title_field), key="email".__eq__))


def is_own(columns: Sequence[str], entity: Entity) -> bool:
    """Whether these are the columns of our own export of the entity, or some of them; also with what failed."""
    known = {*own_names(entities.entity(entity.name)), *own_keys(entity), failed_mark()}
    return tuple(columns[:1]) == ("id",) and set(columns[1:]) <= known


def failed_mark() -> str:
    """The last column of failed rows that somebody downloads, corrects and brings in again."""
    return _("What is wrong with the row")
