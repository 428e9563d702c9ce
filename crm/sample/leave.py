"""From the sample company to the firm's own start: a backup, then a new database with its first administrator."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, insert, select

from crm import clock
from crm.access.passwords import hash_password
from crm.access.setup import FirstPerson, begin_firm
from crm.config import settings
from crm.errors import NotAllowed, Refused
from crm.firm.firm import firm, get_setting
from crm.i18n import _
from crm.keeping.keeping import back_up, chosen_place, start_over
from crm.work import SYSTEM, Actor, Work, reading
from db.audit import SYSTEM_OPTIONS
from db.models import Credential, Role, User
from db.scope import UPDATE, ScopedSession


def start_for_real(actor: Actor, person: FirstPerson, *, keep_people: bool = False) -> str:
    """Put a new database in the place of the sample company's; returns where the backup of that stands.

    Parameters
    ----------
    keep_people : bool
        People who have a password of their own, colleagues that is, come along with role and password; the invented ones
        have none.

    Raises
    ------
    NotAllowed
        This is not the sample company, or the actor does not administer it.
    Refused
        With one ``Problem`` per field that needs attention, or the backup could not be made; nothing is changed then.
    """
    with reading(SYSTEM) as session:
        is_sample = firm(session).is_sample or bool(get_setting(session, "sample"))
        if not is_sample or not actor.may("setting", UPDATE):
            raise NotAllowed(_("Only an administrator of the sample company starts for real."))
        asked = (
            select(User.name, User.email, User.job_title, Role.key, Credential.password_hash)
            .join(Credential, Credential.user_id == User.id)
            .join(Role, Role.id == User.role_id)
            .where(User.is_active, User.email.is_not(None))
        )
        known = session.execute(asked).all() if keep_people else []
    person = person.completed()
    if problems := person.problems():
        raise Refused(problems[0].message, problems=problems)
    password_hash = hash_password(person.password)
    where = _place()
    back_up(where)

    def fill(made: Engine) -> None:
        with ScopedSession(made, SYSTEM, cause="setup") as session, session.begin():
            work = Work(session, SYSTEM, datetime.now(UTC))
            begin_firm(work, person, password_hash)
            roles = {role.key: role.id for role in session.scalars(select(Role))}
            for row in known:
                if row.key in roles and row.email.lower() != person.email.strip().lower():
                    user = User(
                        name=row.name, email=row.email, job_title=row.job_title, role_id=roles[row.key]
                    )
                    session.add(user)
                    session.flush()
                    own = insert(Credential).values(
                        user_id=user.id, password_hash=row.password_hash, changed_at=work.now
                    )
                    session.execute(own, execution_options=SYSTEM_OPTIONS)

    start_over(fill)
    clock.take(None)
    return where


def _place() -> str:
    name = f"sample-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"
    return str(chosen_place().address(name) if settings().backup_folder else Path.cwd() / "backups" / name)
