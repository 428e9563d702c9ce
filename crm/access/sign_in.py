"""Sign-in with e-mail and password or by a provider's word; the same service behind the form, the tab and the tests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select

from crm.access.actors import user_id_by_email
from crm.access.locks import lock_tables
from crm.access.passwords import verify_password
from crm.access.roles import VIEWER
from crm.access.sessions import end_session, hash_of, start_session
from crm.config import settings
from crm.errors import CrmError, NotAllowed, Refused
from crm.firm.firm import firm, get_setting
from crm.i18n import _
from crm.work import SYSTEM, Work, reading, unit_of_work
from db.models import Credential, LoginSession, Role, SignInFailure, User

MAX_FAILURES = 10
WINDOW = timedelta(minutes=1)


class MustChange(CrmError):
    """The password is right but somebody else chose it; ``user_id`` takes one of their own first."""

    def __init__(self, user_id: int) -> None:
        super().__init__(_("Choose a password of your own first."))
        self.user_id = user_id


class TooManyTries(CrmError):
    """Too many failed sign-ins; ``retry_after`` is how many seconds to wait."""

    status = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """Somebody of the sample company whom a visitor may become with one click; ``line`` says what they look after."""

    user_id: int
    name: str
    role: str
    line: str = ""


def sign_in(*, email: str, password: str, address: str, old_token: str | None = None) -> str:
    """Check the password and begin a session; the token of an older session of this browser ends.

    An unknown address, a person without a password and a wrong password cost the same and get the same answer.

    Raises
    ------
    TooManyTries
        Ten failures within a minute for this account or from this network address; a browser in which the person was
        signed in before is counted by itself, so that strangers keep nobody out.
    Refused
        The e-mail address and the password do not belong together.
    MustChange
        They do, but somebody else chose the password.
    """
    try_id = note_try(*_counted(email, address, old_token))
    with reading(SYSTEM) as session:
        found = session.execute(
            select(User.id, Credential.password_hash, Credential.must_change)
            .join(Credential, Credential.user_id == User.id)
            .where(func.lower(User.email) == email.strip().lower(), User.is_active)
        ).first()
    if not verify_password(password, found.password_hash if found else None) or found is None:
        raise Refused(_("E-mail address and password do not belong together. Check both and try again."))
    with unit_of_work(SYSTEM, cause="sign-in") as work:
        forget_try(work, try_id)
        if not found.must_change:
            return _begin(work, user_id=found.id, how="password", old_token=old_token)
    raise MustChange(found.id)


def _counted(email: str, address: str, old_token: str | None) -> tuple[str, str]:
    """Under which account and which source a try is counted."""
    name = email.strip().lower()
    if old_token:
        known = (
            select(LoginSession.id)
            .join(User, User.id == LoginSession.user_id)
            .where(LoginSession.token_hash == hash_of(old_token), func.lower(User.email) == name)
        )
        with reading(SYSTEM) as session:
            if session.scalar(known) is not None:
                return f"{name} {old_token}", f"browser {old_token}"
    return name, address


def note_try(account: str, source: str) -> int:
    """Count a try as failed before it is checked, so that many at once cannot slip past the limit; ``forget_try`` it after.

    Raises
    ------
    TooManyTries
        Ten failures within a minute for one of the two.
    """
    account, source = _short(account), _short(source)
    refused: datetime | None = None
    with unit_of_work(SYSTEM, cause="sign-in") as work:
        lock_tables(work, SignInFailure)
        work.session.execute(delete(SignInFailure).where(SignInFailure.at < work.now - 60 * WINDOW))
        for column, value in ((SignInFailure.account, account), (SignInFailure.address, source)):
            tries = work.session.scalars(
                select(SignInFailure.at)
                .where(column == value, SignInFailure.at.between(work.now - WINDOW, work.now + WINDOW))
                .order_by(SignInFailure.at.desc())
                .limit(MAX_FAILURES)
            ).all()
            if len(tries) == MAX_FAILURES:
                refused = max(refused or tries[-1], tries[-1])
        if refused is None:
            row = SignInFailure(account=account, address=source, at=work.now)
            work.session.add(row)
            work.session.flush()
            return row.id
    # A try from before a clock went back keeps nobody longer than any other.
    left = min(refused + WINDOW - datetime.now(UTC), WINDOW)
    wait = max(1, int(left.total_seconds()) + 1)
    raise TooManyTries(
        _("Too many failed sign-ins. Wait {n} seconds, then try again.").format(n=wait), retry_after=wait
    )


def forget_try(work: Work, try_id: int) -> None:
    """The try was right."""
    work.session.execute(delete(SignInFailure).where(SignInFailure.id == try_id))


def _short(value: str) -> str:
    """A hash: what somebody typed by mistake, a password even, is not kept."""
    return hashlib.sha256(value.encode()).hexdigest()


def _begin(work: Work, *, user_id: int, how: str, old_token: str | None) -> str:
    if old_token:
        end_session(work, token_hash=hash_of(old_token))
    return start_session(work, user_id=user_id, how=how)


def sample_people() -> list[SamplePerson]:
    """Whom a visitor of the sample company may sign in as; empty in every other database."""
    with reading(SYSTEM) as session:
        mark = get_setting(session, "sample")
        if not mark and not firm(session).is_sample:
            return []
        rows = session.execute(
            select(User.id, User.name, User.job_title, Role.name.label("role"))
            .join(Role, Role.id == User.role_id)
            .where(User.is_active, User.email.is_not(None))
            .order_by(User.id)
        ).all()
    chosen = mark.get("people") or [row.id for row in rows[:6]]
    by_id = {row.id: row for row in rows}
    return [
        SamplePerson(row.id, row.name, _(row.role), row.job_title or "")
        for key in chosen
        if (row := by_id.get(int(key)))
    ]


def sign_in_as(*, user_id: int, old_token: str | None = None) -> str:
    """Become one of the sample company's people.

    Raises
    ------
    NotAllowed
        This is not the sample company, or not one of the people it offers.
    """
    if user_id not in {person.user_id for person in sample_people()}:
        raise NotAllowed(_("Only the people of the sample company can be signed in without a password."))
    with unit_of_work(SYSTEM, cause="sign-in") as work:
        return _begin(work, user_id=user_id, how="sample", old_token=old_token)


def sign_in_by_claims(claims: Mapping[str, object], *, old_token: str | None = None) -> str:
    """Begin a session on an OpenID Connect provider's word.

    A known e-mail address signs in. An unknown one whose domain is allowed becomes a viewer without a team.

    Raises
    ------
    NotAllowed
        The provider gives no e-mail address, did not verify it, or nobody here has it.
    """
    email = str(claims.get("email") or "").strip().lower()
    # Google and most others send a boolean; some send the word.
    if not email or str(claims.get("email_verified", "")).lower() != "true":
        raise NotAllowed(
            _("The sign-in service did not confirm an e-mail address. Sign in with your password instead.")
        )
    with unit_of_work(SYSTEM, cause="sign-in") as work:
        user_id = user_id_by_email(work.session, email)
        if user_id is None:
            user_id = _newcomer(work, email=email, name=str(claims.get("name") or email))
        elif not work.session.scalar(select(User.is_active).where(User.id == user_id)):
            raise NotAllowed(_("This account is switched off. Ask an administrator."))
        return _begin(work, user_id=user_id, how="oidc", old_token=old_token)


def _newcomer(work: Work, *, email: str, name: str) -> int:
    if email.rpartition("@")[2] not in settings().oidc_domains():
        raise NotAllowed(
            _("Nobody here has the address {email}. Ask an administrator to add you.").format(email=email)
        )
    role_id = work.session.scalar(select(Role.id).where(Role.key == VIEWER))
    user = User(name=name[:200], email=email, role_id=role_id)
    work.session.add(user)
    work.session.flush()
    return user.id
