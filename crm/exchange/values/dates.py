"""Dates as people write them. The order of day, month and year is decided by the whole column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from typing import NamedTuple

from crm.i18n import N_

ORDERS = {"dmy": N_("day/month/year"), "mdy": N_("month/day/year"), "ymd": N_("year/month/day")}
_LANGUAGES = (
    *("en", "da", "sl", "fil", "ru", "cs", "de", "fr", "es", "it"),
    *("nl", "pl", "pt", "sv", "nb", "fi", "sk", "hr", "hu", "uk"),
)

_TIME = (
    r"(?:[T ,]+(?:um |at |kl\.? )?(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?:Uhr\s*)?(?P<zone>Z|(?:UTC|GMT)?[+-]\d{2}:?\d{2}|[+-]\d{2}|UTC|GMT)?(?:\s*\([\w ]+\))?)?"
)
_DIGITS = re.compile(rf"(\d{{1,4}})\s?([-/. ])\s?(\d{{1,2}})\s?[-/. ]\s?(\d{{1,4}})\.?{_TIME}", re.I)
_ASIAN = re.compile(rf"(\d{{4}})[年.]\s?(\d{{1,2}})[月.]\s?(\d{{1,2}})日?{_TIME}")
_COMPACT = re.compile(
    r"(\d{4})(\d{2})(\d{2})(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<zone>Z)?)?"
)
_NAMED = re.compile(
    rf"(?:[^\W\d]+[.,]?,?\s+)??(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th|\.|er|º)?[\s\-/.]*(?:de\s+)?(?P<m1>[^\W\d]{{3,}})\.?"
    rf"|(?P<m2>[^\W\d]{{3,}})\.?[\s\-/.]*(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?)"
    rf"[\s,\-/.']*(?:de\s+|del\s+)?(?P<year>\d{{4}}|\d{{2}})(?:\s?(?:г|r|р)\.?)?{_TIME}",
    re.I,
)
_NAMED_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})[\s\-/.,]+(?P<m1>[^\W\d]{{3,}})\.?[\s\-/.]*(?P<d1>\d{{1,2}})\.?{_TIME}", re.I
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")
_EXCEL_START = datetime(1899, 12, 30)  # noqa: DTZ001 - a serial day has no zone


_BLANK = re.compile(r"0{1,4}([-/.])0{1,2}\1(?:0{1,4}|(?:1[89]|20)00)(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?Z?")
_WITHOUT_YEAR = re.compile(r"--\d{2}-?\d{2}(?:T.*)?")


def is_blank(text: str) -> bool:
    """Whether this is how programs write that there is no date: "0/0/00", "0000-00-00", "00/00/0000"."""
    return _BLANK.fullmatch(text) is not None


def is_partial(text: str) -> bool:
    """Whether a date has no year, as birthdays in address books: "--03-05"."""
    return _WITHOUT_YEAR.fullmatch(text) is not None


class Moment(NamedTuple):
    """A date that is sure, with its time and zone when it has them."""

    day: date
    clock: time | None = None
    zone: tzinfo | None = None


class Numbers(NamedTuple):
    """Three numbers whose order is still to be decided."""

    first: str
    middle: str
    last: str
    clock: time | None
    zone: tzinfo | None


def take_apart(text: str, *, serials: bool = True) -> Moment | Numbers | None:
    """What a written date holds; None when it is none. ``serials``: five digits may be a sheet's day."""
    plain = " ".join(text.split())
    try:
        if (hit := _DIGITS.fullmatch(plain)) is not None:
            first, _sep, middle, last = hit.group(1, 2, 3, 4)
            clock, zone = _clock(hit)
            if len(first) == 3 or len(last) == 3 or (len(first) == 4 and len(last) == 4):
                return None
            return Numbers(first, middle, last, clock, zone)
        if (hit := _ASIAN.fullmatch(plain)) is not None:
            return Moment(date(*map(int, hit.group(1, 2, 3))), *_clock(hit))
        if (hit := _NAMED.fullmatch(plain) or _NAMED_YEAR_FIRST.fullmatch(plain)) is not None:
            return _named(hit)
        if (hit := _COMPACT.fullmatch(plain)) is not None:
            return _compact(hit)
        if (hit := _EPOCH.fullmatch(plain)) is not None:
            seconds = int(plain) / (1000 if len(plain) == 13 else 1)
            moment = datetime.fromtimestamp(seconds, UTC)
            return Moment(moment.date(), moment.time(), UTC)
        if serials and _SERIAL.fullmatch(plain) and 10_000 <= float(plain) < 80_000:
            moment = _EXCEL_START + timedelta(seconds=round(float(plain) * 86_400))
            return Moment(moment.date(), moment.time() if "." in plain else None)
    except (ValueError, OverflowError):
        return None
    return None


def hour_of(text: str) -> str:
    """Hour and minutes in a moment or a time of day as 14:30; "" for a day alone, the text itself for anything else."""
    for whole in (text, f"2000-01-01 {text}"):
        if (parts := take_apart(whole)) is not None:
            told = parts.clock is not None and (whole != text or parts.clock != time())
            return f"{parts.clock:%H:%M}" if told else ""
    return text


def _clock(hit: re.Match[str]) -> tuple[time | None, tzinfo | None]:
    found = hit.groupdict()
    if not found.get("hour"):
        return None, None
    hour = int(found["hour"])
    if half := (found.get("half") or "").lower():
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    part = int((found.get("part") or "0").ljust(6, "0")[:6])
    if hour == 24 and int(found["minute"]) == 0:
        hour = 0
    return time(hour, int(found["minute"]), int(found.get("second") or 0), part), _zone(found.get("zone"))


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    text = text.upper().removeprefix("UTC").removeprefix("GMT")
    if not text or text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-shift if text[0] == "-" else shift)


def _compact(hit: re.Match[str]) -> Moment | None:
    digits = hit.group(1, 2, 3)
    if not 1800 <= int(digits[0]) <= 2200:
        return None
    return Moment(date(*map(int, digits)), *_clock(hit))


def _named(hit: re.Match[str]) -> Moment | None:
    found = hit.groupdict()
    month = month_numbers().get((found.get("m1") or found.get("m2") or "").casefold())
    if month is None:
        return None
    day = int(found.get("d1") or found.get("d2") or 0)
    return Moment(date(full_year(found["year"]), month, day), *_clock(hit))


@cache
def month_numbers() -> Mapping[str, int]:
    """Names of the months, long and short, with and without case endings, in the languages around us."""
    from babel import Locale

    names: dict[str, int] = {"sept": 9}
    for language in _LANGUAGES:
        months = Locale.parse(language).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[context][width].items():
                    key = name.casefold().strip(". ")
                    if len(key) > 2 and not key.isdigit():
                        names.setdefault(key, number)
    return names


def full_year(text: str) -> int:
    """Two digits as POSIX reads them: 69 to 99 lie in the twentieth century."""
    year = int(text)
    return year if len(text) > 2 else year + (1900 if year >= 69 else 2000)


def in_order(numbers: Numbers, order: str) -> date | None:
    """The date read in an order; None when there is no such day."""
    year, month, day = (
        (numbers.first, numbers.middle, numbers.last)
        if order == "ymd"
        else (numbers.last, numbers.middle, numbers.first)
        if order == "dmy"
        else (numbers.last, numbers.first, numbers.middle)
    )
    if len(month) > 2 or len(day) > 2 or len(year) not in (2, 4):
        return None
    try:
        return date(full_year(year), int(month), int(day))
    except ValueError:
        return None


class Order(NamedTuple):
    """The order of a column and whether the other order of day and month fits every row as well."""

    order: str
    ambiguous: bool
    fitting: int


def decide(written: Iterable[tuple[Numbers, int]], *, hint: str = "") -> Order:
    """The order that fits the most rows; ``hint`` wins where it fits as many as the best.

    Rows with the year first do not vote on day and month, and are read as such whatever the answer.
    """
    rows = [(numbers, times) for numbers, times in written if len(numbers.first) <= 2]
    if not rows:
        return Order("ymd", ambiguous=False, fitting=0)
    fits = {order: sum(n for numbers, n in rows if in_order(numbers, order) is not None) for order in ORDERS}
    most = max(fits.values())
    best = [order for order in ("dmy", "mdy", "ymd") if fits[order] == most]
    if hint in best:
        return Order(hint, ambiguous=False, fitting=most)
    chosen = best[0]
    both = {"dmy", "mdy"} <= set(best)
    same = all(in_order(numbers, "dmy") == in_order(numbers, "mdy") for numbers, _n in rows)
    return Order(chosen, ambiguous=both and not same, fitting=most)


def resolved(numbers: Numbers, order: str) -> Moment | None:
    """The date, read in the column's order; four digits in front are always the year."""
    day = in_order(numbers, "ymd" if len(numbers.first) == 4 else order)
    if day is None and len(numbers.first) == 4:
        return None
    return Moment(day, numbers.clock, numbers.zone) if day is not None else None
