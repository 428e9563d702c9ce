"""What a browser says of its reader and itself: languages, country, kind."""

from __future__ import annotations

from babel.core import get_global
from starlette.requests import Request

from crm import clock
from crm.firm.countries import country_names
from crm.i18n import LANGUAGES, set_language


def spoken(request: Request) -> None:
    """Answer in the best language of ours that the browser asks for."""
    for part in request.headers.get("accept-language", "").split(","):
        wanted = part.partition(";")[0].strip().lower().partition("-")[0]
        if wanted in LANGUAGES:
            set_language(wanted)
            return
    set_language("en")


def country_asked(request: Request) -> str:
    """The country that a browser's languages speak for; where they name none, that of the installation.

    A language without a country is mostly spoken in one; English is spoken everywhere and says nothing.
    """
    likely = get_global("likely_subtags")
    for part in request.headers.get("accept-language", "").split(","):
        wanted = part.partition(";")[0].strip().replace("-", "_")
        spoken_there = wanted if "_" in wanted or wanted.lower() == "en" else likely.get(wanted.lower(), "")
        if (country := spoken_there.rpartition("_")[2].upper()) in country_names():
            return country
    return clock.country()


#: What browsers and systems call themselves, the more particular word first: all of them say Safari and Mozilla.
_BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
_SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS": "Mac", "Linux": "Linux"
}  # fmt: skip


def device_of(agent: str) -> str:
    """The browser and its system, as people call them; nothing where it names neither."""
    found = (
        next((name for word, name in words.items() if word in agent), "") for words in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(filter(None, found))
