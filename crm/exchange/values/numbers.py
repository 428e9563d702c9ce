"""Numbers as people write them: decimal mark, thousand sign, currency, percent, brackets for minus."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from crm.exchange.files.column import Column
from crm.money import CURRENCIES
from crm.records.checks import not_a_number

_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD", "ARS", "CLP", "COP"})
_CROWNS = frozenset({"DKK", "SEK", "NOK", "ISK"})
_SIGNS = {
    "€": "EUR", "eur.": "EUR", "euro": "EUR", "£": "GBP", "¥": "JPY", "￥": "JPY", "円": "JPY",
    "元": "CNY", "us$": "USD", "ca$": "CAD", "c$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD",
    "hk$": "HKD", "s$": "SGD", "r$": "BRL", "kč": "CZK", "kc": "CZK", "zł": "PLN", "zl": "PLN",
    "ft": "HUF", "лв": "BGN", "лв.": "BGN", "lei": "RON", "fr.": "CHF", "sfr.": "CHF", "₽": "RUB",
    "руб": "RUB", "руб.": "RUB", "р.": "RUB", "₱": "PHP", "₹": "INR", "₺": "TRY", "₩": "KRW",
    "rs": "INR", "rs.": "INR", "₴": "UAH", "₫": "VND", "₦": "NGN", "฿": "THB", "₪": "ILS", "₸": "KZT",
}  # fmt: skip
# "1.2M", "5 k", "3 Mio.": what stands behind the number multiplies it.
_POWERS = {
    **dict.fromkeys(("k", "tsd", "tsd.", "tis.", "тыс.", "thousand"), "e3"),
    **dict.fromkeys(("m", "mm", "mn", "mio", "mio.", "mil.", "mill.", "million", "млн"), "e6"),
    **dict.fromkeys(("b", "bn", "mrd", "mrd.", "mld.", "billion", "млрд"), "e9"),
}
_BLANK = " \t\xa0\u2007\u2009\u202f"
_WORD = r"((?:[^\d.,+-]|(?<=[^\W\d])\.)*?)"
_NUMBER = re.compile(
    rf"{_WORD}([+-]?){_WORD}[{_BLANK}]*"
    rf"((?:\d[\d.,'’´`_{_BLANK}]*|[.,])\d[.,]?|\d[.,]?)"
    rf"(e[+-]?\d{{1,3}})?[{_BLANK}]*(-?){_WORD}",
    re.IGNORECASE,
)
#: How most are written, at a tenth of the cost.
_USUAL = re.compile(r"([€£$]?) ?([+-]?)(\d[\d.,]*\d|\d)", re.ASCII)
#: No number is written in so many signs, and the pattern above need not look.
_LONGEST = 100
# "12.–" and "12,--" mean no cents.
_NO_CENTS = re.compile(r"(?<=\d)[.,]\s?-{1,2}(?=\D*\Z)")
_BRACKETS = re.compile(r"([^\d()]{0,8})\(([^()]+)\)([^\d()]{0,8})")
_GROUPS = re.compile(r"\d{1,3}(?:(['’´`_ ])\d{3})(?:\1\d{3})*(?:[.,]\d*)?")
_BLANK_RUN = re.compile(rf"[{_BLANK}]")
_GROUP_SIGNS = frozenset(f"{_BLANK}'’´`_")


class Written(NamedTuple):
    """One number taken apart; ``digits`` still holds its marks, but no blanks."""

    digits: str
    minus: bool
    exponent: str
    currency: str
    percent: bool
    decimal: str  # ".", "," when the number itself tells, "?" when it could be either, "" when it has no mark


@dataclass(frozen=True, slots=True)
class Decision:
    """The decimal mark of a column, per currency sign where they differ; ``ambiguous`` when nothing tells."""

    mark: str
    by_currency: Mapping[str, str]
    ambiguous: bool = False


def take_apart(text: str) -> Written | None:
    """The parts of a written number; None when it is none."""
    if len(text) > _LONGEST:
        return None
    if (usual := _USUAL.fullmatch(text)) is not None:
        unit, sign, digits = usual.groups()
        currency = _SIGNS.get(unit, unit)
        return Written(digits, sign == "-", "", currency, False, _mark_of(digits, exponent=False))
    plain = text.strip().replace("−", "-").replace("–", "-")
    if "-" in plain:
        plain = _NO_CENTS.sub("", plain)
    # Brackets mean minus, whether a currency stands in front of them, behind them or inside.
    bracketed = _BRACKETS.fullmatch(plain) if "(" in plain else None
    minus = bracketed is not None
    if bracketed is not None:
        plain = "".join(bracketed.groups()).strip()
    if plain.endswith("-") and _currency(plain[:-1].strip(_BLANK) or "?") is not None:
        # Spreadsheets in accounting style write nought as "$ -".
        plain = f"{plain[:-1]} 0"
    hit = _NUMBER.fullmatch(plain)
    if hit is None:
        return None
    before, sign, between, digits, exponent, trailing, after = hit.groups(default="")
    power, _blank, rest = after.strip(_BLANK).partition(" ")
    if not exponent and power.casefold() in _POWERS:
        exponent, after = _POWERS[power.casefold()], rest
    words = [word for part in (before, between, after) for word in [part.strip(_BLANK)] if word]
    percent = False
    currency = ""
    for word in words:
        if word in ("%", "٪"):
            percent = True
        elif word.casefold() in ("cr", "cr."):
            minus = True
        elif (found := _currency(word)) is None or currency:
            return None
        else:
            currency = found
    joined = digits if _GROUP_SIGNS.isdisjoint(digits) else _without_groups(_BLANK_RUN.sub(" ", digits))
    if joined is None or (sign and trailing):
        return None
    minus = minus != (sign == "-" or trailing == "-")
    return Written(joined, minus, exponent.lower(), currency, percent, _mark_of(joined, bool(exponent)))


@lru_cache(maxsize=1_000)
def _currency(word: str) -> str | None:
    low = word.casefold().replace(" ", "")
    if low in _SIGNS:
        return _SIGNS[low]
    if word == "$" or low in ("kr", "kr."):
        return "$" if word == "$" else "kr"
    code = word.upper()
    if len(code) == 3 and code in CURRENCIES:
        return code
    # "US $" and "€ EUR" name one currency twice.
    pieces = re.findall(r"[A-Za-z]{3}|[^\sA-Za-z]+", word)
    parts = {_currency(piece) for piece in pieces} if 1 < len(pieces) <= 3 else set()
    named = parts - {"$"}
    return named.pop() if len(named) == 1 and None not in parts else None


def _without_groups(digits: str) -> str | None:
    if not _GROUPS.fullmatch(digits):
        return None
    # What stands behind such groups can only be decimals: a nought more makes three digits tell so.
    joined = re.sub(r"[ '’´`_]", "", digits)
    return joined + "0" if re.search(r"[.,]\d{3}\Z", joined) else joined


def _mark_of(digits: str, exponent: bool) -> str:
    dots, commas = digits.count("."), digits.count(",")
    if not dots and not commas:
        return ""
    if dots and commas:
        return "." if digits.rfind(".") > digits.rfind(",") else ","
    mark = "." if dots else ","
    if dots + commas > 1:
        return "," if dots else "."
    before, after = digits.split(mark)
    clear = len(after) != 3 or len(before) > 3 or before in ("", "0") or before.startswith("0") or exponent
    return mark if clear else "?"


def decide(numbers: Iterable[tuple[Written, int]], *, hint: str = "", thousands: bool = True) -> Decision:
    """The decimal mark of a whole column.

    Parameters
    ----------
    numbers : pairs of a number and how many rows hold it
    hint : "." or ","
        What a profile says or other columns of the file show; used where the column itself does not tell.
    thousands : bool
        What ``1.234`` means when nothing tells: a thousand and more (amounts, counts) or one and a bit.
    """
    votes: Counter[str] = Counter()
    by_currency: dict[str, Counter[str]] = {}
    unclear: Counter[str] = Counter()
    for number, rows in numbers:
        if number.decimal in (".", ","):
            votes[number.decimal] += rows
            by_currency.setdefault(number.currency, Counter())[number.decimal] += rows
        elif number.decimal == "?":
            unclear["." if "." in number.digits else ","] += rows
    chosen = {sign: counted.most_common(1)[0][0] for sign, counted in by_currency.items()}
    if votes:
        mixed = bool(unclear) and min(votes["."], votes[","]) > 0 and len(chosen) < 2
        return Decision(votes.most_common(1)[0][0], chosen, ambiguous=mixed and not hint)
    if hint:
        return Decision(hint, {})
    if unclear["."] and unclear[","]:
        # 1.234 beside 1,234 and nothing else: commas group in more of the world's software.
        return Decision(".", {}, ambiguous=True)
    if unclear["."]:
        return Decision("," if thousands else ".", {}, ambiguous=True)
    return Decision(".", {}, ambiguous=bool(unclear))


def value_of(number: Written, decision: Decision) -> Decimal | None:
    """The number, exact; None when its marks fit no reading ("1.23.4")."""
    mark = number.decimal
    if mark == "?":
        mark = decision.by_currency.get(number.currency, decision.mark)
    whole, fraction = number.digits, ""
    if mark and mark in number.digits and number.digits.count(mark) == 1:
        whole, fraction = number.digits.split(mark)
    group = {".": ",", ",": "."}.get(mark, "")
    if group and group in whole:
        parts = whole.split(group)
        if (
            not 1 <= len(parts[0]) <= 3
            or len(parts[-1]) != 3
            or any(len(p) not in (2, 3) for p in parts[1:-1])
        ):
            return None
        whole = "".join(parts)
    if not whole and not fraction:
        return None
    if not (whole + fraction).isascii() or not (whole + fraction).isdigit():
        return None
    return Decimal(f"{'-' if number.minus else ''}{whole or 0}.{fraction or 0}{number.exponent}")


def read(
    column: Column, *, hint: str, thousands: bool
) -> tuple[list[Written | None], list[Decimal | None], Decision]:
    """The different texts of a column taken apart, as numbers, and by which mark; None for what is no number.

    Texts that the file itself knew to be numbers have a point, and no vote on the others.
    """
    written = [take_apart(text) for text in column.texts]
    known = list(zip(written, column.exact, strict=True))
    voting = zip(known, column.counts.tolist(), strict=True)
    open_ones = ((number, times) for (number, sure), times in voting if number is not None and not sure)
    decision, exact = decide(open_ones, hint=hint, thousands=thousands), Decision(".", {})
    values = [
        None if number is None else value_of(number, exact if sure else decision) for number, sure in known
    ]
    return written, values, decision


def currency_of(number: Written, default: str) -> str:
    """The ISO code; a bare $ or kr is the default currency where that is one; "" when it stays unknown."""
    return settled(number.currency, default)


#: Signs that several currencies share. Which one is meant a column beside them may say.
SHARED = {"$": _DOLLARS, "kr": _CROWNS}


def settled(sign: str, beside: str | None) -> str:
    """The currency of a shared sign, by what stands beside it; "" where nothing says which of them."""
    if sign not in SHARED:
        return sign
    return beside if beside and beside in SHARED[sign] else "USD" if sign == "$" else ""


def reason(text: str) -> str:
    """Why a text is no number."""
    return not_a_number(text)
