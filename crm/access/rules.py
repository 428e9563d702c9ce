"""The rules of users: a file may bring colleagues; who may sign in, and see what, is decided on the screen People."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from crm.access.giving import TOO_FAR, grants_of, is_within, person_is_within
from crm.errors import NotAllowed
from crm.i18n import N_, _
from crm.records.rules import Draft, Facts, Road, Rules
from crm.records.writing.bulk import among
from crm.work import Work
from db.models import Membership, User

ON_PEOPLE = N_("Users and rights are kept on the screen People.")
#: By these somebody signs in, or sees what a team sees.
_RIGHTS = ("email", "team_id", "is_active")


@dataclass(slots=True)
class _Addresses(Facts):
    """Whose each address is, in small letters."""

    taken: dict[str, int]


class UserRules(Rules):
    """Whoever comes by a file has neither role nor password and cannot sign in before somebody gives them these."""

    def facts(self, road: Road, drafts: Sequence[Draft]) -> _Addresses:
        asked = {d.row["email"].lower() for d in drafts if d.has("email") and d.row["email"]}
        low = func.lower(User.email)
        found = select(low, User.id).where(among(road.work.session, low, asked)).order_by(User.id.desc())
        return _Addresses(road, dict(map(tuple, road.work.session.execute(found))) if asked else {})

    def problems(self, draft: Draft, facts: _Addresses) -> None:
        email, mine = (draft.row["email"] or "").lower(), draft.row.get("id", 0)
        # Two people cannot share an address, not even with other capitals: it is what they sign in with.
        if draft.has("email") and email in facts.taken and facts.taken[email] != mine:
            draft.refuse("email", _("Somebody else has this e-mail address."))
        elif email:
            facts.taken[email] = mine or -1 - len(facts.taken)
        if not facts.road.is_file:
            self._reach(draft, facts.road.work)
            return
        if draft.is_new:
            draft.tell(_("without role and password, which People gives"))
        elif draft.old("role_id") is not None:
            for name in filter(draft.has, _RIGHTS):
                draft.refuse(name, _(ON_PEOPLE))

    def _reach(self, draft: Draft, work: Work) -> None:
        """Nobody raises somebody, or lowers or takes over who reaches further, beyond their own reach."""
        changed = [name for name in (*_RIGHTS, "role_id") if draft.has(name) and draft.moved(name)]
        if not changed:
            return
        session, mine = work.session, draft.row.get("id")
        further = select(Membership.team_id).where(Membership.user_id == (mine or 0))
        teams = {*session.scalars(further), *({draft.row["team_id"]} - {None})}
        held = is_within(work.actor, grants_of(session, draft.row["role_id"]), teams)
        if mine is not None and held:
            held = person_is_within(session, mine, in_their_place="email" in changed)
        if not held:
            raise NotAllowed(_(TOO_FAR))
