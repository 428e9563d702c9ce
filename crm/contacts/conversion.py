"""A lead becomes a contact, with organisation and deal when wanted: one transaction, duplicates asked about inside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, or_, select

from crm.contacts.service import to_change
from crm.errors import Problem, Refused
from crm.i18n import _
from crm.interactions.service import log_talk
from crm.records import records
from crm.records.matching import name_key
from crm.records.records import demand_version
from crm.records.settling import still_here
from crm.work import Work
from db.models import Contact, Lead, Organisation
from db.scope import CREATE, ScopedSession

MOST = 5


@dataclass(frozen=True, slots=True)
class Likely:
    """A record that may be the same as the lead, and why."""

    id: int
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Who the lead may already be."""

    contacts: tuple[Likely, ...] = field(default=())
    organisations: tuple[Likely, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a lead."""

    contact_id: int
    organisation_id: int | None
    deal_id: int | None


def likely_duplicates(session: ScopedSession, lead_id: int) -> Duplicates:
    """Contacts with the lead's e-mail, phone or name, and organisations with its company's name. Three statements.

    Raises
    ------
    NotFound
        No such lead within the actor's scope.
    """
    lead = records.find(session, Lead, lead_id)
    return Duplicates(_same_people(session, lead), _same_companies(session, lead))


def _same_people(session: ScopedSession, lead: Lead) -> tuple[Likely, ...]:
    same = [Contact.name_key == name_key(lead.name)]
    if lead.email:
        same.append(func.lower(Contact.email) == lead.email.lower())
    if lead.phone:
        same.append(Contact.phone == lead.phone)
    rows = session.execute(
        select(Contact.id, Contact.name, Contact.email, Contact.phone, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Contact.organisation_id)
        .where(or_(*same), Contact.archived_at.is_(None))
        .order_by(Contact.id)
        .limit(MOST)
    )
    found = []
    for row_id, name, email, phone, company in rows:
        if lead.email and (email or "").lower() == lead.email.lower():
            why = _("same e-mail")
        elif lead.phone and phone == lead.phone:
            why = _("same phone")
        else:
            why = _("same name")
        found.append(Likely(row_id, f"{name}, {company}" if company else name, why))
    return tuple(found)


def _same_companies(session: ScopedSession, lead: Lead) -> tuple[Likely, ...]:
    if not lead.company:
        return ()
    keys = {name_key(lead.company), name_key(lead.company, drop_legal_form=True)}
    rows = session.execute(
        select(Organisation.id, Organisation.name)
        .where(Organisation.name_key.in_(keys), Organisation.archived_at.is_(None))
        .order_by(Organisation.id)
        .limit(MOST)
    )
    return tuple(Likely(row_id, name, _("same name")) for row_id, name in rows)


def convert_lead(
    work: Work,
    *,
    lead_id: int,
    seen_version: int,
    contact_id: int | None = None,
    organisation_id: int | None = None,
    new_organisation: bool = False,
    deal_title: str = "",
    deal_amount_minor: int | None = None,
    deal_currency: str | None = None,
    anyway: bool = False,
) -> Converted:
    """Turn a lead into a contact; all of it is stored, or nothing.

    Parameters
    ----------
    contact_id, organisation_id : int, optional
        Records that the lead already is; blanks of the contact are filled from the lead.
    new_organisation : bool
        Make an organisation of the lead's company when none was chosen.
    deal_title : str
        Opens a deal when given.
    anyway : bool
        The person saw the likely duplicates and wants new records all the same.

    Raises
    ------
    Refused
        The lead was converted before, or likely duplicates exist and were not asked about.
    Conflict
        Somebody changed the lead since ``seen_version``.
    NotAllowed, NotFound
        As for any record.
    """
    lead: Lead = to_change(work, "lead", lead_id)
    if lead.contact_id is not None:
        raise Refused(_("This lead was converted before. Open its contact instead."))
    demand_version(lead, seen_version, {}, label=_("Lead").lower())
    make_company = new_organisation and organisation_id is None and bool(lead.company)
    if not anyway:
        _ask(work.session, lead, ask_person=contact_id is None, ask_company=make_company)
    common = {
        "source": lead.source,
        "owner_id": still_here(work.session, lead.owner_id),
        "team_id": lead.team_id,
    }
    if make_company:
        made = records.create_record(
            work, "organisation", {"name": lead.company, "lifecycle": "prospect", **common}
        )
        organisation_id = int(made["id"])
    contact_id = _contact(work, lead, contact_id, organisation_id, common)
    deal_id = None
    if deal_title.strip():
        deal: dict[str, Any] = {
            "title": deal_title,
            "amount_minor": deal_amount_minor,
            "currency": deal_currency,
            "contact_id": contact_id,
            "organisation_id": organisation_id,
            **common,
        }
        deal_id = int(records.create_record(work, "deal", deal)["id"])
    if lead.interest and work.actor.may("interaction", CREATE):
        log_talk(
            work,
            kind="note",
            subject=_("From the lead"),
            body=lead.interest,
            contact_id=contact_id,
            deal_id=deal_id,
        )
    became = {"contact_id": contact_id, "organisation_id": organisation_id, "deal_id": deal_id}
    records.store_change(work, "lead", lead, {"status": "converted", **became})
    return Converted(contact_id, organisation_id, deal_id)


def _ask(session: ScopedSession, lead: Lead, *, ask_person: bool, ask_company: bool) -> None:
    problems = []
    people = _same_people(session, lead) if ask_person else ()
    companies = _same_companies(session, lead) if ask_company else ()
    for name, found in (("contact_id", people), ("organisation_id", companies)):
        if found:
            known = "; ".join(f"{likely.title} ({likely.why})" for likely in found)
            text = _("Perhaps already there: {known}. Choose that record, or say that it is somebody else.")
            problems.append(Problem(name, text.format(known=known)))
    if problems:
        raise Refused(_("The lead was not converted. Is it somebody known?"), problems=problems)


def _contact(
    work: Work, lead: Lead, contact_id: int | None, organisation_id: int | None, common: dict[str, Any]
) -> int:
    given = {
        "email": lead.email,
        "phone": lead.phone,
        "organisation_id": organisation_id,
        "source": lead.source,
    }
    if contact_id is None:
        values = {**common, **given, "name": lead.name, "lifecycle": "prospect"}
        return int(records.create_record(work, "contact", values)["id"])
    known = records.get_record(work.session, "contact", contact_id)
    blanks = {k: v for k, v in given.items() if v is not None and known[k] is None}
    if blanks:
        records.update_record(work, "contact", contact_id, blanks, seen_version=known["version"])
    return contact_id
