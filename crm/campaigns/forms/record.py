"""What a web form must be before it is stored, and its questions, which the general form does not edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from sqlalchemy import select

from crm.campaigns.forms.rules import check_definition, fields_of, starting_fields
from crm.errors import NotAllowed, NotFound, Problem, Refused
from crm.i18n import _
from crm.records.records import demand_version
from crm.work import Work
from db.models import WebForm
from db.scope import UPDATE


def prepare_web_form(work: Work, row: WebForm, _changed: Set[str]) -> None:
    """Fill in the first questions of a new form; check address, questions and purposes.

    Raises
    ------
    Refused
        The address is not one or is taken, the questions cannot be asked, or a purpose is unknown.
    """
    row.kind = row.kind or "lead"
    row.slug = (row.slug or "").strip().lower()
    row.purposes = row.purposes or []
    if not row.fields:
        row.fields = [field.as_stored() for field in starting_fields(row.kind)]
    problems = check_definition(kind=row.kind, slug=row.slug, fields=row.fields, purposes=row.purposes)
    # Also forms that this person may not see hold their address.
    other = work.session.scalar(
        select(WebForm.id).where(WebForm.slug == row.slug, WebForm.id != (row.id or 0)),
        execution_options={"system": True},
    )
    if other is not None:
        text = _("Another form has the address “{slug}”. Choose a different one.").format(slug=row.slug)
        problems.append(Problem("slug", text))
    if problems:
        first = problems[0].message
        raise Refused(_("The web form was not stored. {first}").format(first=first), problems=problems)


def save_fields(
    work: Work,
    form_id: int,
    fields: Sequence[Mapping[str, Any]],
    *,
    purposes: Sequence[str] | None = None,
    seen_version: int,
) -> int:
    """Give a form other questions, in this order, and when given other consents to ask for; the new version.

    Raises
    ------
    Refused
        The questions cannot be asked, all reasons at once.
    Conflict
        Somebody changed the form since ``seen_version``.
    NotFound, NotAllowed
        The form is not there for the actor, or not theirs to change.
    """
    row = work.session.get(WebForm, form_id)
    if row is None:
        raise NotFound(_("There is no web form {id}, or it is not yours to see.").format(id=form_id))
    if not work.actor.holds("campaign", UPDATE, owner_id=row.owner_id, team_id=row.team_id):
        raise NotAllowed(_("You may not change this web form. Ask its owner."))
    demand_version(row, seen_version, {}, label=_("Web form").lower())
    asked = list(row.purposes if purposes is None else purposes)
    problems = check_definition(kind=row.kind, slug=row.slug, fields=fields, purposes=asked)
    if problems:
        text = " ".join(problem.message for problem in problems)
        raise Refused(_("The questions were not stored. {why}").format(why=text), problems=problems)
    row.fields, row.purposes = [field.as_stored() for field in fields_of(fields)], asked
    work.session.flush()
    return row.version
