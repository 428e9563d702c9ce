"""Dates and amounts inside the sentences that the service areas make."""

from __future__ import annotations

from datetime import date

from babel.dates import format_skeleton

from crm.i18n import formats


def day_words(value: date) -> str:
    """A day as the screens write it: 3 Mar 2025."""
    # Day before month, as on the screens; the month is a word, so nobody can misread it.
    return str(format_skeleton("yMMMd", value, locale="en_GB" if formats() == "en" else formats()))
