"""One user: made, changed, given a password, switched off; and what everybody may change about themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, insert, select, update

from crm.access.actors import user_id_by_email
from crm.access.giving import TOO_FAR, demand_person, grants_of, is_within
from crm.access.passwords import hash_password, password_problems, verify_password
from crm.access.people import demand, ensure_roles
from crm.access.roles import ADMINISTRATOR
from crm.access.sessions import end_sessions_of
from crm.access.tokens.tokens import end_tokens_of
from crm.errors import NotAllowed, NotFound, Problem, Refused
from crm.firm.countries import country_names, formats_of
from crm.i18n import _, translated
from crm.records.records import create_record, update_record
from crm.work import SYSTEM, Work, unit_of_work
from db.models import Credential, Membership, Role, Team, User
from db.scope import CREATE, UPDATE


def create_user(
    work: Work, *, values: dict[str, Any], role_id: int | None, teams: Iterable[int] = (), password: str = ""
) -> int:
    """A new user; without a password they sign in by OpenID Connect only, without an e-mail address not at all.

    Raises
    ------
    Refused
        With one ``Problem`` per field that needs attention.
    """
    demand(work.session, CREATE)
    if password:
        _refuse_weak(password, name=str(values.get("name") or ""), email=str(values.get("email") or ""))
    user_id = int(create_record(work, "user", {**values, "role_id": role_id})["id"])
    _share(work, user_id=user_id, teams=teams)
    if password:
        set_password(work, user_id=user_id, password=password)
    return user_id


def change_user(
    work: Work,
    *,
    user_id: int,
    values: dict[str, Any],
    role_id: int | None,
    teams: Iterable[int],
    seen_version: int,
) -> None:
    """Change a user's facts, role and further teams. Whoever is switched off is out at once.

    Raises
    ------
    Refused
        Wrong values, or nobody would be left to administer.
    NotAllowed
        The person reaches further than the actor, before or after.
    Conflict
        Somebody changed the user since ``seen_version``.
    """
    demand(work.session, UPDATE)
    update_record(work, "user", user_id, {**values, "role_id": role_id}, seen_version=seen_version)
    _share(work, user_id=user_id, teams=teams)
    keep_an_administrator(work)
    if values.get("is_active") is False:
        end_sessions_of(work, user_id=user_id)
        end_tokens_of(work, user_id=user_id)


def _share(work: Work, *, user_id: int, teams: Iterable[int]) -> None:
    """Let somebody share the rows of further teams, as far as the actor reaches these."""
    user = _find(work, user_id)
    wanted = {int(team) for team in teams} - {user.team_id}
    known = set(work.session.scalars(select(Team.id).where(Team.id.in_(wanted))))
    if wanted - known:
        raise Refused(_("One of the teams no longer exists. Reload and try again."))
    stored = work.session.scalars(select(Membership).where(Membership.user_id == user_id)).all()
    gone, new = [row for row in stored if row.team_id not in wanted], wanted - {row.team_id for row in stored}
    if not gone and not new:
        return
    demand_person(work.session, user_id)
    all_teams = wanted if user.team_id is None else wanted | {user.team_id}
    if not is_within(work.actor, grants_of(work.session, user.role_id), all_teams):
        raise NotAllowed(_(TOO_FAR))
    for row in gone:
        work.session.delete(row)
    work.session.add_all(Membership(user_id=user_id, team_id=team) for team in sorted(new))
    work.session.flush()


def keep_an_administrator(work: Work) -> None:
    """Refuse a change that leaves nobody who could give rights.

    Raises
    ------
    Refused
        No active administrator who can sign in would be left.
    """
    left = work.session.scalar(
        select(func.count(User.id))
        .join(Role, Role.id == User.role_id)
        .where(Role.key == ADMINISTRATOR, User.is_active, User.email.is_not(None))
    )
    if not left:
        raise Refused(_("Somebody must stay administrator. Make another person administrator first."))


def _find(work: Work, user_id: int) -> User:
    user = work.session.get(User, user_id)
    if user is None:
        raise NotFound(_("This user no longer exists. Reload the page."))
    return user


def _refuse_weak(password: str, *, name: str, email: str) -> None:
    if problems := password_problems(password, name=name, email=email):
        raise Refused(problems[0].message, problems=problems)


def give_password(work: Work, *, user_id: int, password_hash: str, must_change: bool = False) -> None:
    """Store a hash in place of the old one; ``must_change``: somebody else chose it.

    Nobody's scope reaches credentials, so the program itself writes.
    """
    system = {"system": True}
    values = {"password_hash": password_hash, "changed_at": work.now, "must_change": must_change}
    if not _has_password(work, user_id):
        work.session.execute(insert(Credential).values(user_id=user_id, **values), execution_options=system)
    else:
        work.session.execute(
            update(Credential).where(Credential.user_id == user_id).values(**values), execution_options=system
        )


def _has_password(work: Work, user_id: int) -> bool:
    stored = select(Credential.id).where(Credential.user_id == user_id)
    return work.session.execute(stored, execution_options={"system": True}).first() is not None


def set_password(work: Work, *, user_id: int, password: str) -> None:
    """Give somebody a new password, which they change at their next sign-in; all their sessions and tokens end.

    Raises
    ------
    Refused
        The password is too short, too common or about the person.
    NotAllowed
        The person reaches further than the actor, who could sign in as them; or is the actor, who must enter the present
        password.
    """
    demand(work.session, UPDATE)
    user = _find(work, user_id)
    demand_person(work.session, user_id, in_their_place=True)
    if user_id == work.actor.user_id and _has_password(work, user_id):
        raise NotAllowed(
            _("Change your own password under your name in the sidebar: it asks for the present one.")
        )
    _refuse_weak(password, name=user.name, email=user.email or "")
    others = not work.actor.is_system and user_id != work.actor.user_id
    give_password(work, user_id=user_id, password_hash=hash_password(password), must_change=others)
    end_sessions_of(work, user_id=user_id)
    if user_id != work.actor.user_id:
        end_tokens_of(work, user_id=user_id)


def change_own_password(user_id: int, *, current: str, new: str, session_hash: str = "") -> None:
    """Change one's own password; other sessions end, the one with ``session_hash`` goes on.

    Raises
    ------
    Refused
        The present password is wrong, or the new one is not good enough.
    """
    with unit_of_work(SYSTEM, cause="password") as work:
        user = _find(work, user_id)
        stored = work.session.scalar(select(Credential.password_hash).where(Credential.user_id == user_id))
        name, email = user.name, user.email or ""
    # Hashing takes its time; no transaction waits for it.
    if not verify_password(current, stored):
        raise Refused(
            _("The present password is not right."),
            problems=[Problem("current", _("Enter your present password."))],
        )
    _refuse_weak(new, name=name, email=email)
    password_hash = hash_password(new)
    with unit_of_work(SYSTEM, cause="password") as work:
        give_password(work, user_id=user_id, password_hash=password_hash)
        end_sessions_of(work, user_id=user_id, except_hash=session_hash)


def change_own_language(user_id: int, *, language: str, formats: str = "") -> None:
    """Choose the language of one's own screens, and whose numbers and dates stand there; without, those of the language."""
    if language not in translated():
        raise Refused(_("Rapport does not speak this language."))
    if formats and formats not in {formats_of(country) for country in country_names()}:
        raise Refused(_("Choose the formats from the list."))
    with unit_of_work(SYSTEM, cause="language") as work:
        user = _find(work, user_id)
        user.language, user.formats = language, formats or None


def add_user(work: Work, *, email: str, name: str, role: str, password: str = "") -> int:
    """Add somebody, or give a known person another role and password; for the command line.

    Raises
    ------
    Refused
        No such role, or a password that is not good enough.
    """
    ensure_roles(work)
    role_id = work.session.scalar(select(Role.id).where(func.lower(Role.name) == role.lower()))
    role_id = work.session.scalar(select(Role.id).where(Role.key == role.lower())) or role_id
    if role_id is None:
        names = ", ".join(work.session.scalars(select(Role.key).order_by(Role.id)))
        raise Refused(_("There is no role “{role}”. Known: {names}.").format(role=role, names=names))
    user_id = user_id_by_email(work.session, email)
    if user_id is None:
        return create_user(work, values={"name": name, "email": email}, role_id=role_id, password=password)
    _find(work, user_id).role_id = role_id
    if password:
        set_password(work, user_id=user_id, password=password)
    work.session.flush()
    return user_id
