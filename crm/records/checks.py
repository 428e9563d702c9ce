"""Is one value of one field right? Used by forms, the API and, for the unusual cells, by the import."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from crm import clock
from crm.errors import Bad, Problem
from crm.i18n import _
from crm.money import check_currency
from crm.records.fields import Field, Kind

#: An address of 254 signs and some blanks around it (RFC 5321); a longer one is wrong however it goes on.
_LONGEST_ADDRESS = 320
FIRST_YEAR, LAST_YEAR = 1800, 2500
_BREAKS = frozenset("\x7f\x85\u2028\u2029")
#: SQLite would keep a larger number as a float, PostgreSQL would refuse the statement; of amounts so many are summed up.
LARGEST = {Kind.INTEGER: 2**31 - 1, Kind.MONEY: 10**16, Kind.LINK: 2**62}

MOST_TAGS, LONGEST_TAG = 50, 60


#: Letters and signs by their kind that show as nothing.
_UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def is_blank(text: str) -> bool:
    """Whether nothing of a text can be seen, though it may be long: a record called so could not be clicked."""
    if text.isascii():
        return not text.strip()
    return all(c in _UNSEEN or unicodedata.category(c)[0] in "CZM" for c in text)


def short(value: Any) -> str:
    """What somebody wrote, as a complaint shows it."""
    text = str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def not_a_date(value: Any) -> str:
    """The complaint about a day that cannot be read."""
    return _("“{value}” is not a date. Write it as 2026-11-30.").format(value=short(value))


def not_a_time(value: Any) -> str:
    """The complaint about a moment that cannot be read."""
    return _("“{value}” is not a time. Write it as 2026-11-30T14:05+01:00.").format(value=short(value))


def not_a_number(value: Any) -> str:
    """The complaint about what is no number."""
    return _("“{value}” is not a number.").format(value=short(value))


def is_far(day: date) -> bool:
    """Whether a day lies where no record of a firm does: no database and no chart counts on without end."""
    return not FIRST_YEAR <= day.year <= LAST_YEAR


def too_far(value: Any) -> str:
    """The complaint about a day that is far away."""
    text = _("“{value}” lies outside the years {first} to {last}. Correct it, or leave it blank.")
    return text.format(value=short(value), first=FIRST_YEAR, last=LAST_YEAR)


def not_yes_or_no(value: Any) -> str:
    """The complaint about a word that is neither."""
    return _("“{value}” is neither yes nor no. Write one of them.").format(value=short(value))


def check_email(value: str) -> str:
    """The address in normal form. Syntax only: no name server is asked."""
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(value.strip()[:_LONGEST_ADDRESS], check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise Bad(
            _("“{value}” is not an e-mail address. It should look like name@example.com.").format(
                value=short(value)
            )
        ) from error


def check_phone(value: str, *, region: str | None = None) -> str:
    """The number in E.164, for example +4930123456; without a country code it is read as of ``region``."""
    import phonenumbers

    try:
        number = phonenumbers.parse(value.strip(), region or clock.country())
    except phonenumbers.NumberParseException as error:
        raise Bad(
            _("“{value}” is not a telephone number. Write it with country code, as +49 30 123456.").format(
                value=value
            )
        ) from error
    # Some countries' plans call two digits possible, because they are inside one town; nobody can dial them from elsewhere.
    if not phonenumbers.is_possible_number(number) or (number.national_number or 0) < 1000:
        raise Bad(_("“{value}” is too short or too long for a telephone number.").format(value=short(value)))
    plain = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return f"{plain} ext. {number.extension}" if number.extension else plain


def check_url(value: str) -> str:
    """The address with its scheme; only web addresses, so that a link can never run anything."""
    text = value.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not _is_host(host) or " " in text:
        raise Bad(
            _("“{value}” is not a web address. It should look like https://example.com.").format(
                value=short(value)
            )
        )
    return parts.geturl()


def _is_host(host: str) -> bool:
    """Whether this is a name of the web or an address of four numbers: "84,835.00" is neither."""
    parts = host.split(".")
    if len(parts) < 2 or not all(part and part.replace("-", "").replace("_", "").isalnum() for part in parts):
        return False
    last = parts[-1]
    return (
        (last.isalpha() and len(last) > 1)
        or last.startswith("xn--")
        or (len(parts) == 4 and all(map(str.isdigit, parts)))
    )


def _text(value: Any) -> str:
    return str(value).strip()


def _line(value: Any) -> str:
    """A text of one line, as a name is: what is no text or breaks the line was meant for another field."""
    if isinstance(value, (bool, float)) and not (isinstance(value, float) and isfinite(value)):
        raise Bad(_("“{value}” is not a text.").format(value=short(value)))
    text = _text(value)
    if not text.isprintable() and any(c in _BREAKS or (c < " " and c != "\t") for c in text):
        raise Bad(_("This field is one line. Take the line breaks out."))
    return text


def _readable(text: str) -> str:
    """The text, if every database can keep it: no NUL, no half of a character."""
    if "\x00" in text:
        raise Bad(_("The text holds a character that cannot be stored (NUL). Remove it."))
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise Bad(_("The text holds half of a character. Type it anew."))
    return text


def _number(value: Any) -> Decimal:
    """What was written, exactly; a number beyond all columns as one that is just as much too large."""
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite():
        raise Bad(not_a_number(value))
    return number if number.adjusted() < 400 else Decimal(10) ** 400 * (-1 if number < 0 else 1)


def _whole(value: Any) -> int:
    number = _number(value)
    if number != number.to_integral_value():
        raise Bad(_("“{value}” is not a whole number.").format(value=short(value)))
    return int(number)


def _real(value: Any) -> float:
    return float(_number(value))


def check_day(value: Any) -> date:
    """The day, of a date or an ISO text."""
    try:
        day = value.date() if isinstance(value, datetime) else value
        day = day if isinstance(day, date) else date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise Bad(not_a_date(value)) from error
    if is_far(day):
        raise Bad(too_far(value))
    return day


def _moment(value: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Bad(not_a_time(value)) from error
    if moment.tzinfo is None:
        raise Bad(_("“{value}” has no time zone. Add one, as +01:00.").format(value=short(value)))
    if is_far(moment):
        raise Bad(too_far(value))
    return moment


def check_tags(tags: list[str]) -> list[str]:
    """Short words, and not so many that nobody could read them beside a record."""
    if len(tags) > MOST_TAGS:
        raise Bad(_("There are {n} tags; at most {most} fit.").format(n=len(tags), most=MOST_TAGS))
    for tag in tags:
        if len(tag) > LONGEST_TAG:
            text = _("The tag “{value}” is {n} characters long; at most {most} fit.")
            raise Bad(text.format(value=short(tag), n=len(tag), most=LONGEST_TAG))
    return tags


def _tags(value: Any) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)) or any(isinstance(p, (list, tuple, dict)) for p in parts):
        raise Bad(_("Several words are needed, as a list or with commas between them."))
    return check_tags(list(dict.fromkeys(t for p in parts if (t := _readable(_text(p))))))


_BY_KIND: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _line,
    Kind.LONGTEXT: _text,
    Kind.EMAIL: check_email,
    Kind.PHONE: check_phone,
    Kind.URL: check_url,
    Kind.INTEGER: _whole,
    Kind.MONEY: _whole,
    Kind.LINK: _whole,
    Kind.NUMBER: _real,
    Kind.PERCENT: _real,
    Kind.CURRENCY: check_currency,
    Kind.DATE: check_day,
    Kind.DATETIME: _moment,
    Kind.TAGS: _tags,
}


#: Kinds whose checks read a text.
_WRITTEN = frozenset({Kind.EMAIL, Kind.PHONE, Kind.URL, Kind.CURRENCY})


def check_value(field: Field, value: Any) -> Any:
    """The value as it is stored, or None when it is blank.

    Raises
    ------
    Bad
        The value is not of the field's kind or outside its limits; the text names the remedy.
    """
    if value is None or (isinstance(value, str) and is_blank(value) and "\x00" not in value):
        if field.required:
            raise Bad(_("{label} is needed.").format(label=_(field.label)))
        return [] if field.kind is Kind.TAGS else None
    if isinstance(value, (list, tuple, dict)) and field.kind is not Kind.TAGS:
        raise Bad(_("{label} takes one value.").format(label=_(field.label)))
    if isinstance(value, str):
        value = _readable(value)
    elif field.kind in _WRITTEN:
        value = str(value)
    if field.kind is Kind.BOOLEAN:
        if not isinstance(value, bool):
            raise Bad(not_yes_or_no(value))
        return value
    if field.kind is Kind.CHOICE:
        if value not in {c.value for c in field.choices}:
            raise Bad(
                _("“{value}” is not one of: {choices}.").format(
                    value=short(value), choices=", ".join(_(c.label) for c in field.choices)
                )
            )
        return value
    stored = _BY_KIND[field.kind](value)
    _within_limits(field, stored)
    return stored


def _within_limits(field: Field, stored: Any) -> None:
    if field.max_length and isinstance(stored, str) and len(stored) > field.max_length:
        raise Bad(
            _("{label} is {n} characters long; at most {most} fit.").format(
                label=_(field.label), n=len(stored), most=field.max_length
            )
        )
    if isinstance(stored, (int, float)) and not isinstance(stored, bool):
        if abs(stored) > LARGEST.get(field.kind, sys.float_info.max):
            raise Bad(_("{label} is too large.").format(label=_(field.label)))
        if problem := beyond_limits(field, stored):
            raise Bad(problem)


def beyond_limits(field: Field, stored: float) -> str:
    """What is wrong with a number by the least and the most that its field takes; shares are told in percent."""
    share = field.kind is Kind.PERCENT
    if field.minimum is not None and stored < field.minimum:
        text = _("{label} is at least {limit:g} %.") if share else _("{label} is at least {limit:g}.")
        return text.format(label=_(field.label), limit=field.minimum * (100 if share else 1))
    if field.maximum is not None and stored > field.maximum:
        text = _("{label} is at most {limit:g} %.") if share else _("{label} is at most {limit:g}.")
        return text.format(label=_(field.label), limit=field.maximum * (100 if share else 1))
    return ""


def check_values(fields: dict[str, Field], values: dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """All values checked at once: what can be stored, and every complaint.

    A key that names no field is itself a complaint: silence would lose what somebody sent.
    """
    stored: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in values.items():
        if name not in fields:
            problems.append(Problem(name, _("There is no field “{name}”.").format(name=name)))
            continue
        try:
            stored[name] = check_value(fields[name], value)
        except Bad as bad:
            problems.append(Problem(name, str(bad)))
    return stored, problems
