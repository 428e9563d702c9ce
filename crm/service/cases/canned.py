"""Texts to answer with: own, the team's, everybody's; filled in for a case by the sandboxed templates."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import insert, select, update

from crm.errors import Conflict, NotAllowed, NotFound, Problem, Refused
from crm.firm.firm import firm
from crm.i18n import _
from crm.mail.address import one_line
from crm.mail.templates.places import REPLY, REPLY_FIELDS, Unusable, fill, problems_of
from crm.mail.templates.values import contact_values
from crm.records import records
from crm.records.listing.reach import OWN, TEAM, placed, reach_of, shared_by, within
from crm.work import Actor, Work
from db.audit import SYSTEM_OPTIONS
from db.models import CannedReply, Case, User
from db.scope import UPDATE, ScopedSession

_MOST, _MOST_NAME = 20_000, 200
#: What may stand in one, as ``case.number``.
PLACES = tuple(f"{group}.{name}" for group, names in REPLY_FIELDS.items() for name in names)


@dataclass(frozen=True, slots=True)
class Canned:
    """A canned reply as it is read and entered; ``id`` None makes a new one, ``reach`` is own, team or all."""

    id: int | None
    name: str
    body: str
    reach: str = OWN
    team_id: int | None = None
    is_active: bool = True
    version: int | None = None


def reaches(actor: Actor) -> list[str]:
    """Whose canned replies the actor may write."""
    if actor.user_id is None or not actor.may("case", UPDATE):
        return []
    return [OWN, *shared_by(actor, "case")]


def canned_replies(session: ScopedSession, *, also_unused: bool = False) -> list[Canned]:
    """Those that the actor may answer with, by name."""
    actor = session.actor
    asked = select(CannedReply).where(within(CannedReply, actor)).order_by(CannedReply.name, CannedReply.id)
    if not also_unused:
        asked = asked.where(CannedReply.is_active)
    return [_read(row) for row in session.scalars(asked, execution_options=SYSTEM_OPTIONS)]


def _read(row: CannedReply) -> Canned:
    return Canned(row.id, row.name, row.body, reach_of(row), row.team_id, row.is_active, row.version)


def may_write(actor: Actor, one: Canned) -> bool:
    """True when the actor may change this canned reply."""
    return one.reach in reaches(actor) and (one.reach != TEAM or one.team_id in actor.teams)


def save_canned(work: Work, form: Canned) -> int:
    """Make or change a canned reply; its id.

    Raises
    ------
    NotFound, NotAllowed
        It is not there for the actor, or not theirs to change.
    Refused
        No name, no text, or a place in it that there is not.
    Conflict
        Somebody else changed it meanwhile.
    """
    if form.id is not None:
        stored = next((c for c in canned_replies(work.session, also_unused=True) if c.id == form.id), None)
        if stored is None:
            raise NotFound(_("This canned reply is not there any more."))
        if not may_write(work.actor, stored):
            raise NotAllowed(_("This canned reply is not yours to change."))
    if form.reach == TEAM and form.team_id is None and work.actor.teams:
        form = replace(form, team_id=work.actor.teams[0])
    if not may_write(work.actor, form):
        raise NotAllowed(_("You may not write canned replies for these people."))
    name, body = one_line(form.name), form.body.strip()
    problems = [Problem("body", one.message) for one in problems_of(REPLY, body)]
    if not name or len(name) > _MOST_NAME:
        problems.append(Problem("name", _("Give it a name of at most {n} characters.").format(n=_MOST_NAME)))
    if not body or len(body) > _MOST or "\x00" in body:
        problems.append(Problem("body", _("Write a text of at most {n} characters.").format(n=_MOST)))
    if problems:
        raise Refused(problems[0].message, problems=problems)
    values = {
        "name": name,
        "body": body,
        "is_active": form.is_active,
        **placed(work.actor, form.reach, form.team_id),
    }
    connection = work.session.connection()
    if form.id is None:
        made = insert(CannedReply).values(version=1, **values).returning(CannedReply.id)
        return int(connection.execute(made, execution_options=SYSTEM_OPTIONS).scalar_one())
    changed = connection.execute(
        update(CannedReply)
        .where(CannedReply.id == form.id, CannedReply.version == form.version)
        .values(version=CannedReply.version + 1, **values),
        execution_options=SYSTEM_OPTIONS,
    )
    if changed.rowcount == 0:
        raise Conflict(_("Someone else changed “{name}” meanwhile. Look again.").format(name=name))
    return form.id


def filled(session: ScopedSession, canned_id: int, case_id: int) -> str:
    """The words of a canned reply for a case; what is not known there is empty.

    Raises
    ------
    NotFound
        The canned reply or the case is not there for the actor.
    """
    found = next((one for one in canned_replies(session) if one.id == canned_id), None)
    if found is None:
        raise NotFound(_("This canned reply is not there any more."))
    case = records.find(session, Case, case_id)
    me = session.get(User, session.actor.user_id) if session.actor.user_id is not None else None
    values = contact_values(session, case.contact_id) | {
        "case": {"number": case.number, "subject": case.subject},
        "sender": {name: getattr(me, name, None) for name in ("name", "email", "job_title")},
        "firm": {"name": firm(session).name},
    }
    try:
        return fill(REPLY, found.body, values)
    except Unusable as wrong:
        raise Refused(str(wrong)) from wrong
