"""Texts that must have a form: addresses, telephone numbers, links, yes and no, choices, tags."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path

from rapidfuzz import fuzz, process

from crm.errors import Bad
from crm.exchange.values.numbers import take_apart
from crm.i18n import _
from crm.money import CURRENCIES, check_currency
from crm.records.checks import check_email, check_phone, check_tags, check_url, not_yes_or_no, short
from crm.records.fields import Choice, Kind
from crm.records.matching import name_key, opposed

_YES = frozenset(
    re.split(
        r"\s",
        "true t yes y 1 on x ja j da si sí s ano a oui o sim tak igen i oo opo да д wahr vrai vero "
        "verdadero pravda ✓ ✔ ☑ checked active aktiv aktivni enabled 1.0 done completed "
        "complete finished closed erledigt abgeschlossen terminé hotovo zaključeno",
    )
)
_NO = frozenset(
    re.split(
        r"\s",
        "false f no n 0 off nein nej ne non nie nem nao não hindi нет н falsch faux falso nepravda "
        "✗ ✘ ☐ - unchecked inactive inaktiv neaktivni disabled 0.0 open "
        "pending deferred waiting offen ouvert",
    )
)
_NOT_YET = frozenset(
    {"not started", "in progress", "not done", "waiting on someone else", "to do", "nicht begonnen"}
)
_PLAIN_EMAIL = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,18}"
)
_PLAIN_LINK = re.compile(r"(?:https?://)?(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}(?:/[\w./~%&=+-]*)?", re.ASCII)
# Names that the validator refuses although they look right.
_RESERVED = frozenset({"test", "local", "localhost", "invalid", "onion", "arpa"})
_ANGLED = re.compile(r"[^<>]*+<\s*+([^<>\s@]++@[^<>\s]++)\s*+>")
# "x12", "ext. 12": a house's own number, which no E.164 number has.
_EXTENSION = re.compile(
    r"(?<=\d)\)?[\s,;]*(?:x|ext\.?|extension|#|;ext=|app\.?|durchwahl)\s*\.?\s*(\d{1,7})\Z", re.IGNORECASE
)
_WORDS = Path(__file__).with_name("choices.toml")
_NEAR_ENOUGH = 80.0
_UNTOLD = (
    "unknown|not specified|unspecified|not stated|not given|not set|not selected|not known|not provided|not disclosed|"
    "no selection|prefer not to say|undefined|none|select|please select|keine angabe|keine angaben|k. a.|ohne angabe|"
    "nicht angegeben|unbekannt|bitte wählen|non spécifié|non spécifiée|non renseigné|non renseignée|non précisé|inconnu|"
    "no especificado|sin especificar|desconocido|non specificato|sconosciuto|não especificado|niet opgegeven|"
    "onbekend|neuvedeno|neznámé|ni podatka|ni navedeno|ikke angivet|ej angivet|не указано"
)
_SHORTEST_PHONE, _LONG, _LONGEST_PHONE = 5, 11, 40
_BETWEEN_DIGITS = " ().-/\t\xa0"
_NO_EXTENSION = re.compile(r"[+0-9 ().-]*")
_INTERNATIONAL = re.compile(r"\+[1-9]\d{6,14}")


def email(text: str) -> str:
    """The address in normal form; usual ones by pattern, all others by email-validator."""
    plain = text.strip(" \t\r\n\xa0\u200b\u200e\u200f\ufeff.,;")
    if plain.lower().startswith("mailto:"):
        plain = plain[7:]
    if (hit := _ANGLED.fullmatch(plain)) is not None:
        plain = hit.group(1)
    if len(plain) <= 100 and _PLAIN_EMAIL.fullmatch(plain):
        local, _at, domain = plain.rpartition("@")
        if len(local) <= 64 and "--" not in domain and domain.rpartition(".")[2].lower() not in _RESERVED:
            return f"{local}@{domain.lower()}"
    if sum("@" in word[1:-1] for word in re.split(r"[\s;,]+", plain)) > 1:
        raise Bad(_("“{value}” holds several e-mail addresses. Keep one.").format(value=short(text)))
    return check_email(plain)


def phone(text: str, *, region: str) -> str:
    """The number in E.164, its extension behind it. One with country code is checked by its country and length alone.

    Digits that make no number stay as they are written: somebody may still know what they mean.
    """
    plain = text.strip().removeprefix("tel:")
    extension = ""
    if _NO_EXTENSION.fullmatch(plain) is None and (hit := _EXTENSION.search(plain)) is not None:
        plain, extension = plain[: hit.start()], f" ext. {hit[1]}"
    try:
        return _number(plain, region) + extension
    except Bad:
        if len(re.sub(r"\D", "", plain)) >= _SHORTEST_PHONE and len(text) <= _LONGEST_PHONE:
            return " ".join(text.split())
        raise


def several(kind: Kind, text: str) -> list[str]:
    """The addresses or telephone numbers of a cell, one by one."""
    if kind is Kind.EMAIL:
        parts = [part for part in _BETWEEN_MAILS.split(text) if "@" in part]
        return parts if len(parts) > 1 else [text]
    parts = [part.strip() for part in _BETWEEN_PHONES.split(text)]
    whole = all(sum(map(str.isdigit, part)) > _SHORTEST_PHONE for part in parts)
    return parts if len(parts) > 1 and whole else [text]


_BETWEEN_TAGS = r":::|[;|\n]"
_BETWEEN_MAILS = re.compile(r"[\s;,<>|]")
_BETWEEN_PHONES = re.compile(r":::|[;|\n,]| / | (?:or|oder|ou|und|and) ")


def has_country_code(text: str) -> bool:
    """Whether a telephone number says which country it is of."""
    return text.strip().removeprefix("tel:").lstrip(" (").startswith(("+", "00"))


def _without_plus(digits: str, region: str) -> str:
    """A number with its country code and no sign in front, as some programs write it; "" where it is none."""
    import phonenumbers

    if not digits.isdigit() or digits.startswith("0") or len(digits) < _LONG:
        return ""
    try:
        whole, local = phonenumbers.parse(f"+{digits}"), phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return ""
    code = str(phonenumbers.country_code_for_region(region))
    trunk = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) == "0"
    if not phonenumbers.is_valid_number(whole):
        return ""
    own = digits.startswith(code) and trunk
    return f"+{digits}" if own or not phonenumbers.is_valid_number(local) else ""


def _number(plain: str, region: str) -> str:
    digits = plain
    for sign in _BETWEEN_DIGITS:
        digits = digits.replace(sign, "")
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    digits = _without_plus(digits, region) or digits
    if _INTERNATIONAL.fullmatch(digits) and "(0)" not in plain:
        code = _country_code(digits[1:4])
        rest = digits[len(code) + 1 :]
        # A nought behind the country code is a trunk prefix to be dropped, except in Italy.
        if code and (rest[0] != "0" or code == "39") and _possible(int(code), len(rest)):
            return digits
    # The country's numbering plan would let "12" pass as a local number.
    if 0 < len(re.sub(r"\D", "", plain)) < _SHORTEST_PHONE:
        raise Bad(_("“{value}” is too short or too long for a telephone number.").format(value=short(plain)))
    return check_phone(plain, region=region)


@lru_cache(maxsize=2000)
def _country_code(start: str) -> str:
    import phonenumbers

    known = phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    return next((start[:size] for size in (1, 2, 3) if int(start[:size]) in known), "")


@lru_cache(maxsize=2000)
def _possible(code: int, length: int) -> bool:
    import phonenumbers

    number = phonenumbers.PhoneNumber(code, int("9" * length))
    return bool(phonenumbers.is_possible_number(number))


def link(text: str) -> str:
    """A web address with its scheme; usual ones by pattern."""
    if _PLAIN_LINK.fullmatch(text):
        return text if "://" in text else f"https://{text}"
    return check_url(text)


def currency(text: str) -> str:
    """An ISO 4217 code, from the code or a sign."""
    if (number := take_apart(f"1 {text.strip()}")) is not None and number.currency not in ("", "kr"):
        return "USD" if number.currency == "$" else number.currency
    return currency_names().get(name_key(text)) or check_currency(text)


@cache
def currency_names() -> Mapping[str, str]:
    """English names of the currencies to their codes, as some programs write them ("US Dollar")."""
    from babel import Locale

    names = Locale("en").currencies.items()
    return {name_key(name): code for code, name in names if code in CURRENCIES}


def yes_or_no(text: str) -> bool:
    """True or false in the languages around us."""
    word = text.strip().casefold()
    if word in _YES:
        return True
    if word in _NO or word in _NOT_YET:
        return False
    raise Bad(not_yes_or_no(text))


def choose(choices: tuple[Choice, ...], *, near: bool = True) -> Callable[[str], str]:
    """A function from a text to one of the choices, by value, label, or a near spelling of either."""
    by_key: dict[str, str] = {}
    written: dict[str, str] = {}
    own = [(c.value, name) for c in choices for name in (c.value, c.label, _(c.label))]
    for value, name in (
        *own,
        *((c.value, name) for c in choices for name in _other_words().get(c.value, ())),
    ):
        by_key.setdefault(name_key(name), value)
        written.setdefault(name_key(name), name)

    exact = {choice.value for choice in choices}

    def chosen(text: str) -> str:
        if text in exact:
            return text
        key = name_key(text)
        if key in by_key:
            return by_key[key]
        hits = process.extract(key, by_key.keys(), scorer=fuzz.ratio, score_cutoff=_NEAR_ENOUGH, limit=5)
        values = {by_key[name] for name, *_rest in hits if not opposed(text, written[name])}
        if near and len(key) > 3 and len(values) == 1:
            return values.pop()
        raise Bad(
            _("“{value}” is not one of: {choices}.").format(
                value=short(text), choices=", ".join(_(choice.label) for choice in choices)
            )
        )

    return chosen


def says_nothing(text: str) -> bool:
    """Whether a word of a choice stands where nobody chose anything ("Unspecified", "Keine Angabe")."""
    return name_key(text) in _untold()


@cache
def _untold() -> frozenset[str]:
    return frozenset(map(name_key, _UNTOLD.split("|")))


@cache
def _other_words() -> Mapping[str, tuple[str, ...]]:
    read = tomllib.loads(_WORDS.read_text("utf-8"))
    return {value: tuple(words) for value, words in read.items()}


def tags(text: str) -> list[str]:
    """Single tags, in order, each once."""
    plain = text.strip()
    if plain.startswith("[") and plain.endswith("]"):
        if (told := _listed(plain)) is not None:
            return check_tags(list(dict.fromkeys(tag for part in told if (tag := part.strip()))))
        try:
            listed = json.loads(plain.replace("'", '"'))
        except ValueError:
            listed = plain[1:-1].split(",")
        parts = [str(part) for part in listed]
    else:
        parts = re.split(_BETWEEN_TAGS if re.search(_BETWEEN_TAGS, plain) else ",", plain)
    # A star marks the groups that a program made by itself.
    own = [part for part in parts if not part.lstrip().startswith("* ")]
    return check_tags(list(dict.fromkeys(tag for part in own if (tag := part.strip(" #\t\"'")))))


def _listed(text: str) -> list[str] | None:
    """The texts of a JSON list, in which every sign means itself."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, list) and all(isinstance(one, str) for one in found) else None


def is_id(text: str) -> bool:
    """Whether a text is a number or code by which another program tells its records apart, and no name."""
    if _KEY.fullmatch(text) is not None:
        return True
    digits, letters = sum(map(str.isdigit, text)), sum(map(str.isalpha, text))
    return digits > letters and _CODE.fullmatch(text) is not None


def is_address(text: str) -> bool:
    """Whether a text is an e-mail address and no name."""
    return _PLAIN_EMAIL.fullmatch(text) is not None


_CODE = re.compile(r"[\w./#:-]{1,40}")
_KEY = re.compile(
    r"(?=(?:\D*\d){4})[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?|\{?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?"
)


def mapped(values: Mapping[str, str]) -> dict[str, str]:
    """A value map that forgives case, blanks and signs in what it is asked for."""
    return {name_key(source): target for source, target in values.items()}
