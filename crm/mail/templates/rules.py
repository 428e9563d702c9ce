"""The rules of templates: one that is stored can be sent."""

from __future__ import annotations

from crm.i18n import LANGUAGES, _
from crm.mail.templates.places import TemplateProblem
from crm.mail.templates.render import Source, check
from crm.records.rules import Draft, Facts, Rules

TEXTS = ("subject", "preheader", "body")


class TemplateRules(Rules):
    """Its texts are read by Jinja when they change, and every complaint names its line."""

    def problems(self, draft: Draft, facts: Facts) -> None:
        row = draft.row
        if row["language"] not in LANGUAGES:
            said = _("“{language}” is not a language of this program.").format(language=row["language"])
            draft.refuse("language", said)
        if draft.has(*TEXTS):
            texts = (row["subject"] or "", row["body"] or "", row["preheader"] or "")
            for found in check(Source(*texts, row["language"])):
                draft.refuse(found.field, in_words(found))


def in_words(problem: TemplateProblem) -> str:
    """The complaint with its line, where the field has several."""
    if problem.field != "body":
        return problem.message
    return _("Line {n}: {message}").format(n=problem.line, message=problem.message)
