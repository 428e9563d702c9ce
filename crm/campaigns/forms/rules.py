"""The rules of web forms, and their questions, which the general form does not edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from crm.campaigns.forms.questions import check_definition, fields_of, starting_fields
from crm.errors import NotAllowed, NotFound, Refused
from crm.i18n import _
from crm.records.records import demand_version
from crm.records.rules import Draft, Facts, Road, Rules
from crm.records.writing.bulk import among
from crm.work import Work
from db.models import WebForm
from db.scope import UPDATE


@dataclass(slots=True)
class _Addresses(Facts):
    """Whose each address is; those of earlier rows of the batch are added as they pass."""

    taken: dict[str, int]


class WebFormRules(Rules):
    """A form has an address of its own and can be asked; a new one begins with the usual questions."""

    def facts(self, road: Road, drafts: Sequence[Draft]) -> _Addresses:
        session = road.work.session
        wanted = sorted({_address(d.row["slug"]) for d in drafts if d.has("slug")})
        asked = select(WebForm.slug, WebForm.id).where(among(session, WebForm.slug, wanted))
        # Also forms that this person may not see hold their address.
        found = session.execute(asked, execution_options={"system": True}) if wanted else ()
        return _Addresses(road, {row.slug: row.id for row in found})

    def complete(self, draft: Draft, facts: _Addresses) -> None:
        row = draft.row
        row["slug"], row["purposes"] = _address(row["slug"]) or None, row["purposes"] or []
        if not row["fields"]:
            row["fields"] = [field.as_stored() for field in starting_fields(row["kind"])]

    def problems(self, draft: Draft, facts: _Addresses) -> None:
        row, mine = draft.row, draft.row.get("id")
        draft.problems += check_definition(
            kind=row["kind"], slug=row["slug"] or "", fields=row["fields"], purposes=row["purposes"]
        )
        if row["slug"] in facts.taken and facts.taken[row["slug"]] != mine:
            text = _("Another form has the address “{slug}”. Choose a different one.")
            draft.refuse("slug", text.format(slug=row["slug"]))
        elif not draft.problems:
            facts.taken[row["slug"]] = mine or 0


def _address(slug: str | None) -> str:
    return (slug or "").strip().lower()


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
