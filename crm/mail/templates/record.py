"""What follows from a template's values before it is stored: its key for matching, and that it can be used."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from crm.errors import Problem, Refused
from crm.i18n import LANGUAGES, _
from crm.mail.templates.render import Source, check
from crm.mail.templates.rules import TemplateProblem
from crm.records.matching import name_key
from crm.work import Work

TEXTS = ("subject", "preheader", "body")


def prepare(_work: Work, row: Any, changed: Set[str]) -> None:
    """A template that is stored can be sent.

    Raises
    ------
    Refused
        With one problem per complaint, each naming its line.
    """
    row.name_key = name_key(row.name)
    row.language = row.language or "en"
    if row.language not in LANGUAGES:
        said = _("“{language}” is not a language of this program.").format(language=row.language)
        raise Refused(said, problems=[Problem("language", said)])
    if row.id is not None and not changed & set(TEXTS):
        return
    found = check(Source(row.subject or "", row.body or "", row.preheader or "", row.language))
    if found:
        problems = [Problem(p.field, in_words(p)) for p in found]
        raise Refused(_("The template was not stored. ") + problems[0].message, problems=problems)


def in_words(problem: TemplateProblem) -> str:
    """The complaint with its line, where the field has several."""
    if problem.field != "body":
        return problem.message
    return _("Line {n}: {message}").format(n=problem.line, message=problem.message)
