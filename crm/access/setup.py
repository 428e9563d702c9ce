"""The first visit to an empty database: the first administrator, or the sample company. Possible once."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, or_, select

from crm import clock
from crm.access.locks import lock_tables
from crm.access.passwords import hash_password, password_problems
from crm.access.people import ensure_roles
from crm.access.roles import ADMINISTRATOR
from crm.access.sessions import start_session
from crm.access.sign_in import forget_try, note_try
from crm.access.users import give_password
from crm.clock import zones
from crm.config import settings
from crm.errors import Bad, CrmError, NotAllowed, Problem, Refused
from crm.firm.countries import country_names, usual, zones_of
from crm.firm.defaults import ensure_defaults
from crm.firm.firm import get_setting, put_setting, set_firm
from crm.i18n import _
from crm.money import check_currency
from crm.records.checks import check_email
from crm.register import Register
from crm.work import SYSTEM, Work, reading, unit_of_work
from db.models import Credential, Setting, User
from db.scope import ScopedSession
from db.session import engine

#: What fills an empty database with a firm to try.
COMPANIES: Register[Callable[..., object]] = Register("company")
#: Says in the database that one process is loading the sample company.
LOADING = "setup"
#: A load that has not ended by then died with its process.
LOADING_AT_MOST = timedelta(minutes=10)


def is_needed() -> bool:
    """True while nobody can sign in: a new database, also one that only holds imported records and their owners' names."""
    with reading(SYSTEM) as session:
        return not _somebody(session)


def _somebody(session: ScopedSession) -> bool:
    can_sign_in = or_(
        User.email.is_not(None), User.role_id.is_not(None), User.id.in_(select(Credential.user_id))
    )
    return session.scalar(select(User.id).where(can_sign_in).limit(1)) is not None


def needs_token() -> bool:
    """True when the installation asks for its setup token."""
    return bool(settings().setup_token)


def check_token(token: str, *, address: str = "") -> None:
    """Refuse a wrong setup token, in the same time whatever is wrong with it.

    Raises
    ------
    NotAllowed
        The installation has a token and this is not it.
    TooManyTries
        Ten wrong ones within a minute from this network address.
    """
    wanted = settings().setup_token
    if not wanted:
        return
    try_id = note_try(f"setup from {address}", f"setup from {address}")
    if hmac.compare_digest(token.encode(), wanted.encode()):
        with unit_of_work(SYSTEM, cause="setup") as work:
            forget_try(work, try_id)
    else:
        raise NotAllowed(_("This is not the setup token of this installation. It stands in CRM_SETUP_TOKEN."))


@dataclass(frozen=True, slots=True)
class FirstPerson:
    """What the first administrator enters; currency and time zone follow from the country where none is given."""

    name: str
    email: str
    password: str
    firm: str = ""
    currency: str = ""
    country: str = ""
    time_zone: str = ""

    def completed(self) -> FirstPerson:
        """With what is usual in the country; without a country as the installation says."""
        found = usual(self.country) if self.country in country_names() else None
        return replace(
            self,
            currency=self.currency or (found.currency if found else settings().default_currency),
            time_zone=self.time_zone or (found.zone or _our_zone(self.country) if found else ""),
        )

    def problems(self) -> list[Problem]:
        """Every reason to refuse, in the order of the form."""
        found = [] if self.name.strip() else [Problem("name", _("Your name is needed."))]
        if self.country and self.country not in country_names():
            found.append(Problem("country", _("Choose the country from the list.")))
        elif self.country and not self.time_zone:
            found.append(Problem("time_zone", _("Clocks differ within this country. Choose your time zone.")))
        elif self.time_zone and self.time_zone not in zones():
            found.append(Problem("time_zone", _("Choose a time zone such as Europe/Berlin.")))
        for field, check, value in (
            ("currency", check_currency, self.currency),
            ("email", check_email, self.email),
        ):
            try:
                check(value)
            except Bad as bad:
                found.append(Problem(field, str(bad)))
        return found + password_problems(self.password, name=self.name, email=self.email)


def _our_zone(country: str) -> str:
    """The installation's zone where it is one of the country's."""
    return zone if (zone := clock.time_zone()) in zones_of(country) else ""


def start_empty(person: FirstPerson, *, token: str = "", address: str = "") -> str:
    """Make the first administrator and sign them in; returns the session's token.

    Raises
    ------
    Refused
        With one ``Problem`` per field that needs attention.
    NotAllowed
        Wrong setup token, or somebody was first.
    """
    check_token(token, address=address)
    with reading(SYSTEM) as session:
        _refuse_if_done(session)
    person = person.completed()
    if problems := person.problems():
        raise Refused(problems[0].message, problems=problems)
    password_hash = hash_password(person.password)
    with unit_of_work(SYSTEM, cause="setup") as work:
        lock_tables(work, User, Setting)
        _refuse_if_done(work.session)
        if _loading_since(work.session) is not None:
            raise NotAllowed(_("The sample company is being loaded. Wait until that has ended."))
        user_id = begin_firm(work, person, password_hash)
        return start_session(work, user_id=user_id, how="setup")


def begin_firm(work: Work, person: FirstPerson, password_hash: str) -> int:
    """What a firm begins with, in an empty database: roles, settings, and its first administrator's id."""
    roles = ensure_roles(work)
    set_firm(
        work,
        name=person.firm,
        currency=person.currency,
        country=person.country,
        time_zone=person.time_zone,
    )
    ensure_defaults(work)
    user = User(name=person.name.strip(), email=check_email(person.email), role_id=roles[ADMINISTRATOR])
    work.session.add(user)
    work.session.flush()
    give_password(work, user_id=user.id, password_hash=password_hash)
    return user.id


def begin_sample(*, token: str = "", in_background: bool = True, address: str = "") -> None:
    """Load the sample company, once; ``sample_state`` tells how it goes.

    Raises
    ------
    NotAllowed
        Wrong setup token, or somebody was first.
    """
    check_token(token, address=address)
    with unit_of_work(SYSTEM, cause="setup") as work:
        lock_tables(work, User, Setting)
        _refuse_if_done(work.session)
        if _loading_since(work.session) is not None:
            return
        work.session.execute(delete(Setting).where(Setting.name == LOADING))
        work.session.add(Setting(name=LOADING, value={"since": work.now.isoformat()}))
    if in_background:
        threading.Thread(target=_load, name="sample company", daemon=True).start()
    else:
        _load()


def _load() -> None:
    problem = ""
    try:
        COMPANIES["sample"](engine(), scale="small", seed=1)
    except CrmError as error:
        problem = error.message
    except Exception:
        problem = _(
            "The sample company could not be loaded. The server's log says why; you can try again or start empty."
        )
        raise
    finally:
        with unit_of_work(SYSTEM, cause="setup") as work:
            if not problem:
                ensure_roles(work)
                put_setting(work, "sample", get_setting(work.session, "sample") or {"seed": 1})
            work.session.execute(delete(Setting).where(Setting.name == LOADING))
            if problem:
                work.session.add(Setting(name=LOADING, value={"problem": problem}))


def sample_state() -> tuple[bool, str]:
    """Whether the sample company is being loaded just now, and what went wrong the last time."""
    with reading(SYSTEM) as session:
        value = session.scalar(select(Setting.value).where(Setting.name == LOADING)) or {}
        return _loading_since(session) is not None, str(value.get("problem", ""))


def _loading_since(session: ScopedSession) -> datetime | None:
    value = session.scalar(select(Setting.value).where(Setting.name == LOADING)) or {}
    since = datetime.fromisoformat(value["since"]) if "since" in value else None
    return since if since is not None and datetime.now(UTC) - since < LOADING_AT_MOST else None


def _refuse_if_done(session: ScopedSession) -> None:
    if _somebody(session):
        raise NotAllowed(_("Rapport is set up already. Sign in instead."))
