"""What a web form may ask and what may be answered: pure rules, the same for the editor and the public page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from crm.errors import Bad, Problem
from crm.i18n import N_, _
from crm.records.checks import check_value, is_blank
from crm.records.fields import Field, Kind

#: Kinds of question, with the word that people choose them by.
FIELD_KINDS = {
    "text": N_("Short text"), "longtext": N_("Long text"), "email": N_("E-mail"), "phone": N_("Phone"),
    "choice": N_("One of several"), "checkbox": N_("Yes or no"), "serial": N_("Serial number"),
}  # fmt: skip
#: Fields with these names fill the record's own fields; every other answer stands in its text.
MEANINGS = {
    "lead": ("name", "email", "phone", "company", "message"),
    "service": ("name", "email", "phone", "company", "subject", "message", "serial"),
}
#: What the box of each purpose says; the reader ticks it or not.
CONSENT_WORDS = {
    "newsletter": N_("Yes, send me news by e-mail."),
    "offers": N_("Yes, send me offers by e-mail."),
    "events": N_("Yes, invite me to events by e-mail."),
    "surveys": N_("Yes, ask me for my opinion by e-mail now and then."),
    "service": N_("Yes, send me service messages by e-mail, such as reminders of maintenance."),
}
MOST_FIELDS = 30
MOST_CHOICES = 50
LENGTHS = {"text": 200, "longtext": 4000, "email": 254, "phone": 40, "serial": 80}
_CHECKED_AS = {"longtext": Kind.LONGTEXT, "email": Kind.EMAIL, "phone": Kind.PHONE}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class FormField:
    """One question: ``name`` is unique within the form, ``label`` is what people read."""

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    choices: tuple[str, ...] = ()

    def as_stored(self) -> dict[str, Any]:
        """As ``WebForm.fields`` keeps it."""
        return asdict(self) | {"choices": list(self.choices)}


def starting_fields(kind: str) -> tuple[FormField, ...]:
    """The questions of a new form."""
    about = (
        FormField("name", _("Your name"), required=True),
        FormField("email", _("E-mail"), "email", required=True),
        FormField("phone", _("Phone"), "phone"),
        FormField("company", _("Company"), "text"),
    )
    if kind == "service":
        return (
            *about,
            FormField("serial", _("Serial number of the machine"), "serial"),
            FormField("subject", _("What is it about?"), required=True),
            FormField("message", _("What happened?"), "longtext", required=True),
        )
    return (*about, FormField("message", _("What can we do for you?"), "longtext"))


def fields_of(stored: Iterable[Mapping[str, Any]]) -> tuple[FormField, ...]:
    """The questions as ``WebForm.fields`` keeps them; what cannot be asked is left out."""
    found = []
    for raw in stored:
        kind = str(raw.get("kind") or "text")
        field = FormField(
            str(raw.get("name") or ""),
            str(raw.get("label") or raw.get("name") or ""),
            kind,
            bool(raw.get("required")),
            tuple(str(choice) for choice in raw.get("choices") or ()),
        )
        if kind in FIELD_KINDS and _NAME.fullmatch(field.name):
            found.append(field)
    return tuple(found)


def check_definition(
    *, kind: str, slug: str, fields: Sequence[Mapping[str, Any]], purposes: Sequence[str]
) -> list[Problem]:
    """Everything that is wrong with a form, each with its remedy."""
    problems = []
    if not _SLUG.fullmatch(slug):
        problems.append(
            Problem("slug", _("The address takes small letters, digits and hyphens, as “ask-us”."))
        )
    problems += [Problem("fields", text) for text in _wrong_fields(kind, fields)]
    unknown = [purpose for purpose in purposes if purpose not in CONSENT_WORDS]
    if unknown:
        known = ", ".join(CONSENT_WORDS)
        text = _("There is no purpose “{name}”. Known: {known}.").format(name=unknown[0], known=known)
        problems.append(Problem("purposes", text))
    if purposes and not any(field.get("name") == "email" for field in fields):
        problems.append(Problem("purposes", _("Consent to e-mails needs a field named “email”.")))
    return problems


def _wrong_fields(kind: str, fields: Sequence[Mapping[str, Any]]) -> list[str]:
    if not fields:
        return [_("The form asks nothing yet. Add a field.")]
    if len(fields) > MOST_FIELDS:
        return [_("At most {n} fields fit into a form.").format(n=MOST_FIELDS)]
    wrong, seen = [], set()
    for raw in fields:
        name, label = str(raw.get("name") or ""), str(raw.get("label") or "").strip()
        if not _NAME.fullmatch(name):
            text = _("“{name}” is no name for a field. Use small letters, digits and underscores.")
            wrong.append(text.format(name=name))
        elif name in seen:
            wrong.append(_("Two fields are named “{name}”. Give one another name.").format(name=name))
        seen.add(name)
        wrong += _wrong_field(raw, name, label)
    if kind == "service" and not seen & {"subject", "message"}:
        wrong.append(_("A service request needs a field named “subject” or “message”."))
    elif kind == "lead" and not seen & {"name", "email"}:
        wrong.append(_("Without a field named “name” or “email” nobody knows who asked. Add one."))
    return wrong


def _wrong_field(raw: Mapping[str, Any], name: str, label: str) -> list[str]:
    wrong = []
    if not label or len(label) > 200:
        wrong.append(_("Field “{name}” needs a question of at most 200 characters.").format(name=name))
    kind, choices = str(raw.get("kind") or ""), [str(c) for c in raw.get("choices") or ()]
    if kind not in FIELD_KINDS:
        wrong.append(_("Field “{name}” is of no known kind. Choose one.").format(name=name))
    wanted = {"email": "email", "phone": "phone"}.get(name)
    if wanted and kind in FIELD_KINDS and kind != wanted:
        wrong.append(
            _("Field “{name}” has to be of the kind {kind}.").format(name=name, kind=_(FIELD_KINDS[wanted]))
        )
    if kind == "choice" and not 2 <= len(choices) <= MOST_CHOICES:
        wrong.append(
            _("Field “{name}” needs 2 to {n} choices, one a line.").format(name=name, n=MOST_CHOICES)
        )
    if len(set(choices)) < len(choices) or any(not c.strip() or len(c) > 200 for c in choices):
        wrong.append(
            _("The choices of “{name}” have to differ and be at most 200 characters.").format(name=name)
        )
    return wrong


def check_answers(
    fields: Sequence[FormField], sent: Mapping[str, str]
) -> tuple[dict[str, Any], list[Problem]]:
    """All answers at once: what can be stored by field name, and every complaint.

    ``sent`` has the texts by field name; what was left out counts as blank.
    """
    stored: dict[str, Any] = {}
    problems = []
    for field in fields:
        try:
            value = _answer(field, sent.get(field.name, ""))
        except Bad as bad:
            problems.append(Problem(field.name, str(bad)))
            continue
        if value is not None:
            stored[field.name] = value
    return stored, problems


def _answer(field: FormField, text: str) -> Any:
    if field.kind == "checkbox":
        if field.required and not text:
            raise Bad(_("Please tick this box."))
        return bool(text)
    if field.kind == "choice":
        if text and text not in field.choices:
            raise Bad(_("Choose one of the answers offered."))
        if field.required and not text:
            raise Bad(_("Please choose an answer."))
        return text or None
    # A single line stays one: a line break in it could end up in the head of a message.
    tidy = text.replace("\r\n", "\n") if field.kind == "longtext" else " ".join(text.split())
    if field.required and is_blank(tidy):
        raise Bad(_("Please fill this in."))
    if len(tidy) > LENGTHS[field.kind]:
        text = _("This is {n} characters long; at most {most} fit.")
        raise Bad(text.format(n=len(tidy), most=LENGTHS[field.kind]))
    return check_value(Field(field.name, field.label, _CHECKED_AS.get(field.kind, Kind.TEXT)), tidy)


def in_words(fields: Sequence[FormField], answers: Mapping[str, Any], *, without: Iterable[str] = ()) -> str:
    """The answers as lines of question and answer, without those that stand elsewhere."""
    left_out = set(without)
    lines = [
        f"{field.label}: {_said(answers[field.name])}"
        for field in fields
        if field.name not in left_out and answers.get(field.name) not in (None, False)
    ]
    return "\n".join(lines)


def _said(value: Any) -> str:
    return _("yes") if value is True else str(value)
