"""What the cells of a column can be, judged by the cells alone; no header is asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from crm.errors import Bad
from crm.exchange.files.column import EMPTY
from crm.exchange.files.headers import meant
from crm.exchange.files.reading import SourceTable
from crm.exchange.values import dates, numbers, texts
from crm.exchange.values.values import HOUR
from crm.records.fields import Entity, Field, Kind

_LOOKED_AT, _LOOKED_AT_WIDE, _WIDE = 120, 25, 300
_COUNTED_OVER = 20_000
#: Most cells must be what a field wants, else the column is not it, whatever it is called.
ENOUGH = 0.5
_STRAY = 0.02
#: Texts that may be bare numbers; all other texts are words.
_CODED = frozenset(
    {"number", "code", "serial", "part", "arm", "fault_code", "slug", "segment", "meter_unit", "response_by"}
    | {"postcode", "street", "source"}
)
#: What only people who administer make: neither kind of record is guessed, and neither is made from a name in a file.
GUARDED = frozenset({"user", "team", "role"})
#: Tables whose rows have no numbers outside this house: digits there name something else.
_WITHOUT_NUMBER = GUARDED | {"stage", "pipeline", "queue", "segment", "loss_reason"}

_TRUTH = frozenset(
    ["true", "false", "yes", "no", "y", "n", "t", "f", "0", "1", "ja", "nein", "oui", "non", "si", "sí"]
)
_WEB = re.compile(r"(?:https?://|www\.)\S+|(?:[a-z0-9-]+\.)+[a-z]{2,24}(?:[/?#]\S*)?", re.IGNORECASE)
_CLOCK = re.compile(r"\d{1,2}[:.h]\d{2}.*")
_PROSE_WORDS = 12
_COMPANY = re.compile(
    r"(?i)\b(?:inc|llc|ltd|gmbh|ag|kg|ab|as|sa|srl|spa|oy|bv|co|corp|group|company|s\.?r\.?o|d\.?o\.?o|hotel|school|"
    r"university|bank|cafe|café)\b|&"
)
_SALUTATIONS = frozenset(
    re.split(
        " ",
        "mr mrs ms miss mx dr prof herr frau hr fr m mme mlle monsieur madame mademoiselle sr sra srta don doña sig sig.ra "
        "sigra signor signora signore dott dott.ssa dottssa ing avv dhr mevr mw heer mevrouw exmo exma dra pan paní",
    )
)
#: Names by which a program tells its own records apart ("base.de", "__export__.res_partner_41").
_MODULE_NAME = re.compile(r"(?:__export__|base|product|sale|crm)\.[a-z0-9_]+")


def is_unit_price(header: str) -> bool:
    """Whether a column's name says that it holds the price of one unit, and not the amount of a line."""
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", header)}
    whole = words & {"total", "extended", "line", "amount", "sum", "gross", "net", "compare", "subtotal"}
    return "unit price" in meant(header) or (not whole and ("price" in words or words >= {"item", "cost"}))


class Looks:
    """Cells of every column, spread over the file, and what they turn out to be; each question is asked once."""

    def __init__(self, table: SourceTable) -> None:
        size, wide = len(table), len(table.columns) > _WIDE
        # Spread over the file: the first rows of an export are often the oddest.
        many = _LOOKED_AT_WIDE if wide else _LOOKED_AT
        places = np.unique(np.linspace(0, max(0, size - 1), min(size, many)).astype(int))
        part = table.texts.take(places.tolist())
        self.table = table
        self.cells = {
            c: [t for t in part[c].tolist() if t not in EMPTY and not dates.is_blank(t)]
            for c in table.columns
        }
        self._shares: dict[tuple[str, Any], float] = {}
        self._different: dict[str, float] = {}

    def share(self, column: str, check: Callable[[str], bool], key: Any = None) -> float:
        """The share of the filled cells that pass."""
        found = self._shares.get((column, key or check))
        if found is None:
            cells = self.cells[column]
            found = sum(map(check, cells)) / len(cells) if cells else 0.0
            self._shares[column, key or check] = found
        return found

    def different(self, column: str) -> float:
        """How many of the filled cells differ from all others, as a share; over the first rows of the file."""
        if column not in self._different:
            head = self.table.texts[column].head(_COUNTED_OVER)
            head = head[head != ""]
            self._different[column] = head.nunique() / len(head) if len(head) else 0.0
        return self._different[column]

    def are_ids(self, column: str) -> bool:
        """Whether the cells are numbers or codes and not names."""
        return self.share(column, texts.is_id) >= 0.8

    def fits(self, column: str, field: Field, entity: Entity) -> float | None:
        """How many of the cells can be values of the field; None where there is nothing to read."""
        if not self.cells[column]:
            return None
        check = _CHECKS.get(field.kind)
        if field.kind is Kind.CHOICE:
            return self.share(column, _chooses(field), (entity.name, field.name))
        if field.kind is Kind.LINK:
            return self._link(column, field)
        if check is None:
            return self._text(column, field, entity)
        found = self.share(column, check)
        if field.kind is Kind.PERCENT and found:
            # Units are judged by content: what is larger than a whole, or names a currency, is money.
            found = 0.0 if self.share(column, _is_more_than_all) > _STRAY else found
        if field.kind in (Kind.INTEGER, Kind.NUMBER, Kind.MONEY):
            within = _within(field)
            found = min(found, self.share(column, within, (field.minimum, field.maximum, field.name)))
        return found

    def _text(self, column: str, field: Field, entity: Entity) -> float:
        if field.name == HOUR:
            return self.share(column, _is_clock)
        other = self.share(column, _is_no_name)
        if field.kind is Kind.LONGTEXT:
            return 1.0 - max(self.share(column, is_truth), self.share(column, _is_clock))
        if field.name == "job_title" and self.share(column, _is_salutation) >= ENOUGH:
            return 0.0
        if field.name in entity.keys and field.name != "name":
            # Where records are called by their number, a word without a digit is none.
            bare = self.share(column, _has_no_digit) if field.name == entity.title_field else 0.0
            return 1.0 - max(bare, self.share(column, _is_no_code))
        if field.name in _CODED:
            return 1.0 - 0.5 * other
        if field.name == entity.title_field or field.name in ("first_name", "last_name"):
            return 1.0 - max(other, self.share(column, _is_number))
        return 1.0 - max(other, self.share(column, _is_number)) if field.max_length else 1.0 - other

    def _link(self, column: str, field: Field) -> float:
        wrong = self.share(column, _is_no_link)
        if field.link in _WITHOUT_NUMBER:
            wrong = max(wrong, self.share(column, texts.is_id))
        if field.link not in ("contact", "user"):
            wrong = max(wrong, self.share(column, _is_mail))
        return 1.0 - wrong


def people_among(cells: list[str]) -> float:
    """The share of names that are those of people: two or three words, each with a capital, none of a firm."""
    if not cells:
        return 0.0
    return sum(
        2 <= len(words := cell.replace(",", " ").split()) <= 4
        and all(word[:1].isupper() for word in words)
        and not any(sign.isdigit() for sign in cell)
        and _COMPANY.search(cell) is None
        for cell in cells
    ) / len(cells)


def is_truth(cell: str) -> bool:
    """Whether a cell is one of two words for yes and no."""
    return cell.casefold() in _TRUTH


def _chooses(field: Field) -> Callable[[str], bool]:
    reads = _reads(texts.choose(field.choices))
    return lambda cell: texts.says_nothing(cell) or reads(cell)


_PHONE = re.compile(r"[+(]?\d[\d\s().\-/]{4,24}(?:\D{1,8}\d{1,6})?\Z")


def _reads(function: Callable[[str], Any]) -> Callable[[str], bool]:
    def check(cell: str) -> bool:
        try:
            return function(cell) is not None
        except Bad:
            return False

    return check


def _is_date(cell: str) -> bool:
    if cell.isdigit() and len(cell) != 8:
        return False
    parts = dates.take_apart(cell, serials=False)
    if isinstance(parts, dates.Numbers):
        return any(dates.in_order(parts, order) for order in dates.ORDERS)
    return parts is not None


def _is_number(cell: str) -> bool:
    return numbers.take_apart(cell) is not None


def _is_mail(cell: str) -> bool:
    return "@" in cell and any("@" in part and "." in part for part in re.split(r"[\s,;<>]+", cell))


def _is_web(cell: str) -> bool:
    return _WEB.fullmatch(cell) is not None and not _is_number(cell) and _MODULE_NAME.fullmatch(cell) is None


def _is_decimal(cell: str) -> bool:
    found = numbers.take_apart(cell)
    return found is not None and (bool(found.decimal) or bool(found.currency) or found.percent)


def _is_no_name(cell: str) -> bool:
    if is_truth(cell) or _is_mail(cell) or _is_date(cell) or cell.startswith(("http://", "https://")):
        return True
    return _MODULE_NAME.fullmatch(cell) is not None


def _is_clock(cell: str) -> bool:
    return _CLOCK.fullmatch(cell) is not None


def _has_no_digit(cell: str) -> bool:
    return not any(map(str.isdigit, cell))


def _is_salutation(cell: str) -> bool:
    return cell.rstrip(".").casefold() in _SALUTATIONS


def _is_no_code(cell: str) -> bool:
    if is_truth(cell) and not cell.isdigit():
        return True
    return _is_mail(cell) or _is_date(cell) or _is_decimal(cell) or len(cell.split()) > 5


def _is_no_link(cell: str) -> bool:
    if is_truth(cell) and not cell.isdigit():
        return True
    return _is_date(cell) or _is_decimal(cell) or _is_web(cell) or len(cell.split()) > _PROSE_WORDS


def _is_more_than_all(cell: str) -> bool:
    found = numbers.take_apart(cell)
    if found is None or found.percent:
        return False
    if found.currency:
        return True
    value = numbers.value_of(found, numbers.Decision(".", {}))
    return value is not None and abs(value) > 100


def _within(field: Field) -> Callable[[str], bool]:
    low = 1000 if field.name == "founded" else field.minimum
    high = 2200 if field.name == "founded" else field.maximum

    def check(cell: str) -> bool:
        found = numbers.take_apart(cell)
        if found is None or (found.currency and field.kind is not Kind.MONEY):
            return False
        value = numbers.value_of(found, numbers.Decision(".", {}))
        return value is None or ((low is None or value >= low) and (high is None or value <= high))

    return check


_CHECKS: dict[Kind, Callable[[str], bool]] = {
    Kind.EMAIL: _is_mail,
    Kind.PHONE: lambda cell: all(map(_PHONE.match, texts.several(Kind.PHONE, cell))),
    Kind.URL: _is_web,
    Kind.INTEGER: _is_number,
    Kind.NUMBER: _is_number,
    Kind.PERCENT: _is_number,
    Kind.MONEY: _is_number,
    Kind.DATE: _is_date,
    Kind.DATETIME: _is_date,
    Kind.BOOLEAN: _reads(texts.yes_or_no),
    Kind.CURRENCY: _reads(texts.currency),
}
