"""Which language a reader without an account is answered in."""

from __future__ import annotations

from starlette.requests import Request

from crm.i18n import LANGUAGES, set_language


def spoken(request: Request) -> None:
    """Answer in the best language of ours that the browser asks for."""
    for part in request.headers.get("accept-language", "").split(","):
        wanted = part.partition(";")[0].strip().lower().partition("-")[0]
        if wanted in LANGUAGES:
            set_language(wanted)
            return
    set_language("en")
