"""The pages that people see before they are in: sign-in, first visit, refusals. Plain HTML, no script.

They stand alone, so that they work before anything else does: the style is inside the page, the mark is drawn
in it, and fonts are taken when the server gives them. Every value is escaped by the template engine.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from babel import Locale
from babel.numbers import get_currency_name
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from crm.access.passwords import MIN_LENGTH
from crm.access.sign_in import SamplePerson
from crm.firm.countries import country_names, zone_names, zones_of
from crm.i18n import _, language, ngettext
from crm.links import local
from crm.money import codes

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a message page leads on to; an address within Rapport, beginning with one slash."""

    address: str
    text: str

    def __post_init__(self) -> None:
        if not is_own_address(self.address):
            raise ValueError(f"a message links within Rapport only, not to {self.address!r}")


def is_own_address(address: str) -> bool:
    """Whether an address stays on this server: ``/deals`` does, ``//evil`` and ``/\\evil`` do not."""
    return address.startswith("/") and not address.startswith(("//", "/\\"))


@cache
def _style(base: str) -> str:
    return (TEMPLATES / "style.css").read_text(encoding="utf-8").replace('url("/', f'url("{base}/')


def content_security_policy() -> str:
    """The header value these pages live with: no script, no frame, only their own style, by its hash."""
    digest = b64encode(sha256(_style(local("")).encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; font-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["_"] = _
    made.globals["local"] = local
    # Our own style sheet is the one thing that goes in unescaped.
    made.globals["style"] = lambda: Markup(_style(local("")))  # noqa: S704
    return made


def render_page(template: str, *, brand: str = "Rapport", **values: object) -> str:
    """A page of ours from its template, in the language in force; every value is escaped.

    ``brand`` stands beside the mark: on pages for strangers the name of the firm.
    """
    return _environment().get_template(template).render(language=language(), brand=brand, **values)


def render_sign_in(
    *,
    next_url: str,
    error: str = "",
    email: str = "",
    wait_seconds: int = 0,
    sample_people: Sequence[SamplePerson] = (),
    oidc: bool = False,
    setup: bool = False,
    mail: bool = False,
) -> str:
    """The sign-in page; posts ``email``, ``password`` and ``next`` to ``/sign-in``.

    Parameters
    ----------
    next_url : str
        Where to go afterwards; anything outside this server becomes ``/``.
    error : str
        Why the last attempt failed.
    wait_seconds : int
        After too many failures: how long until the next attempt counts.
    sample_people : sequence of SamplePerson
        One button each, a form of its own that posts ``user_id`` and ``next`` to ``/sign-in/as``.
    oidc : bool
        Offer ``/sign-in/oidc``, the organisation's own sign-in.
    setup : bool
        Nobody is here yet: point to ``/setup``.
    mail : bool
        A link to a new password can be mailed.
    """
    wait = ""
    if wait_seconds > 0:
        text = ngettext(
            "Too many attempts. Try again in {n} second.",
            "Too many attempts. Try again in {n} seconds.",
            wait_seconds,
        )
        wait = text.format(n=wait_seconds)
    return render_page(
        "sign_in.html",
        next_url=next_url if is_own_address(next_url) else local("/"),
        error=error,
        email=email,
        wait=wait,
        people=sample_people,
        oidc=oidc,
        setup=setup,
        mail=mail,
    )


def render_setup(
    *, error: str = "", token_needed: bool, values: Mapping[str, str], wrong: Collection[str] = ()
) -> str:
    """The first-visit page: try the sample company, or start empty with a first administrator.

    Parameters
    ----------
    error : str
        Why the last attempt failed.
    token_needed : bool
        Whether ``CRM_SETUP_TOKEN`` is set and has to be entered.
    values : mapping
        Entered before (``firm``, ``country``, ``currency``, ``time_zone``, ``name``, ``email``); passwords and token
        are never written back.
    wrong : collection of str
        The fields that need attention.

    Notes
    -----
    Both forms post to ``/setup``: ``choice`` is ``sample`` or ``empty``; the second adds ``firm``,
    ``country``, ``currency``, ``time_zone``, ``name``, ``email``, ``password``, ``password_again``; the
    currency and the zone may be empty: as in the country. Both add ``setup_token`` when needed.
    """
    locale = Locale.parse(language())
    currencies = [(code, get_currency_name(code, locale=locale)) for code in codes()]
    names = ("firm", "country", "currency", "time_zone", "name", "email")
    kept = {name: values.get(name, "") for name in names}
    zones = zone_names()
    if "time_zone" in wrong and len(own := zones_of(kept["country"])) > 1:
        zones = own
    return render_page(
        "setup.html",
        error=error,
        token_needed=token_needed,
        values=kept,
        currencies=currencies,
        countries=list(country_names().items()),
        zones=zones,
        opened="time_zone" in wrong or "currency" in wrong or kept["currency"] or kept["time_zone"],
        min_password=MIN_LENGTH,
    )


def render_message(title: str, text: str, link: Link | None = None) -> str:
    """A page with one message: what happened, what it means, and where to go on."""
    return render_page("message.html", title=title, text=text, link=link)
