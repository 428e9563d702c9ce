"""A template and a person become a message: subject, HTML and plain text, with counted links and a way out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from crm.i18n import _, speaking
from crm.mail.templates.markdown import Follow, as_html, as_text, frame, parse
from crm.mail.templates.places import TemplateProblem, Unusable, fill, problems_of

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
LONGEST_SUBJECT = 300


@dataclass(frozen=True, slots=True)
class Source:
    """The texts of a template as they were written."""

    subject: str
    body: str
    preheader: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready for its envelope; ``html`` is a whole document."""

    subject: str
    html: str
    text: str


def check(source: Source) -> list[TemplateProblem]:
    """Everything that keeps a template from being used, by field and line; empty when it is fine."""
    texts = (("subject", source.subject), ("preheader", source.preheader), ("body", source.body))
    found = [problem for field, text in texts for problem in problems_of(field, text or "")]
    if "\n" in source.subject or "\r" in source.subject:
        found.append(TemplateProblem("subject", 1, _("A subject is one line. Take the line break out.")))
    if not source.subject.strip():
        found.append(TemplateProblem("subject", 1, _("Write a subject.")))
    if not source.body.strip():
        found.append(TemplateProblem("body", 1, _("Write a text.")))
    return found


def render(
    source: Source, values: Mapping[str, Any], *, follow: Follow | None = None, leave: str = ""
) -> Rendered:
    """One message.

    Parameters
    ----------
    values : mapping
        What stands in the fields, see ``places.FIELDS``; whatever is missing is empty.
    follow : callable, optional
        Gives the counted address for a web address in the text.
    leave : str, optional
        Where the reader unsubscribes; it is written under the message.

    Raises
    ------
    Unusable
        The template breaks a rule or the subject comes out empty.
    """
    subject = _line(fill("subject", source.subject, values))
    if not subject:
        raise Unusable([TemplateProblem("subject", 1, _("The subject is empty for this contact."))])
    preheader = _line(fill("preheader", source.preheader or "", values))
    tokens = parse(fill("body", source.body, values, markdown=True), follow)
    firm = str((values.get("firm") or {}).get("name") or "")
    with speaking(source.language):
        foot = _foot(firm, leave)
        html = frame(
            as_html(tokens),
            title=subject,
            preheader=preheader,
            footer=_foot_html(firm, leave),
            language=source.language,
        )
    return Rendered(subject, html, as_text(tokens) + foot)


def _line(text: str) -> str:
    """One line, whatever the values held: no header can be smuggled in by a name."""
    return " ".join(_CONTROL.sub(" ", text).split())[:LONGEST_SUBJECT]


def _foot(firm: str, leave: str) -> str:
    if not leave:
        return ""
    said = _("You get this message from {firm}. No more of these: {address}")
    return "\n-- \n" + said.format(firm=firm, address=leave) + "\n"


def _foot_html(firm: str, leave: str) -> str:
    if not leave:
        return ""
    said = _("You get this message from {firm}.").format(firm=escape(firm))
    return f'{said} <a href="{escape(leave)}">{_("Unsubscribe")}</a>'
