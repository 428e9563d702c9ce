"""Texts that people see. ``_`` marks and translates; ``N_`` only marks, for labels stored in tables and registries."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LOCALES = Path(__file__).parent / "locales"
DEFAULT_LANGUAGE = "en"
LANGUAGES = {
    "en": "English",
    "da": "Dansk",
    "sl": "Slovenščina",
    "fil": "Filipino",
    "ru": "Русский",
    "cs": "Čeština",
}

_language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)
_formats: ContextVar[str] = ContextVar("formats", default="")


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("rapport", LOCALES, languages=[language], fallback=True)


def set_language(language: str, formats: str = "") -> None:
    """Choose the language of the texts in this thread or task, and whose formats; an unknown one falls back to English."""
    _language.set(language if language in LANGUAGES else DEFAULT_LANGUAGE)
    _formats.set(formats)


def language() -> str:
    """The language in force, as a two- or three-letter code."""
    return _language.get()


def formats() -> str:
    """Whose way to write numbers and dates is in force: what the reader chose, else that of the language."""
    return _formats.get() or _language.get()


def spoken() -> str:
    """Language and formats together, for what is kept with words and numbers in it."""
    return f"{_language.get()} {formats()}"


@cache
def translated() -> dict[str, str]:
    """The languages that the texts are there in, by their own names."""
    return {
        code: name
        for code, name in LANGUAGES.items()
        if code == DEFAULT_LANGUAGE or gettext.find("rapport", LOCALES, [code])
    }


@contextmanager
def speaking(wanted: str) -> Iterator[None]:
    """The texts in another language for a while: what somebody else will read."""
    before, written = language(), _formats.get()
    set_language(wanted)
    try:
        yield
    finally:
        set_language(before, written)


def _(text: str) -> str:
    """The text in the language in force."""
    return _catalogue(_language.get()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The right plural form for a count; ``{n}`` in the text is left for the caller to fill."""
    return _catalogue(_language.get()).ngettext(one, many, count)


def N_(text: str) -> str:
    """Mark a text for translation where it is defined, to be translated where it is shown."""
    return text
