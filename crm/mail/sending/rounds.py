"""The steps of a row through the outbox, each one transaction: taken, put back, handed over, confirmed, refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, func, or_, select, update

from crm.i18n import _
from crm.mail.receiving.reachable import mark_address, mark_bounced
from crm.mail.sending.compose import Row
from crm.mail.sending.outbox import CAMPAIGN, CANCELLED, FAILED, HANDED, QUEUED, SENDING, SENT
from crm.work import SYSTEM, unit_of_work
from db.models import Campaign, CampaignMember, Outbox
from db.session import engine, write_turn

#: A row whose postman has not handed it over in this time is taken by another. ``due_at`` of such a row is the end of
#: its lease, and that of a handed one the moment it was handed: one index serves waiting, leases and pace.
LEASE = timedelta(seconds=60)
#: Clocks of several servers differ by less.
_SKEW = timedelta(minutes=1)
RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=2))
MOST_TRIES = len(RETRY_AFTER) + 1

_COLUMNS = (
    *(Outbox.id, Outbox.kind, Outbox.payload, Outbox.unique_key, Outbox.tries),
    *(Outbox.campaign_id, Outbox.member_id, Outbox.case_id, Outbox.owner),
)


def _writing() -> Engine:
    return engine().execution_options(system=True)


def _reading() -> Engine:
    return engine().execution_options(system=True, reading=True)


def _due(now: datetime) -> ColumnElement[bool]:
    return Outbox.state.in_((QUEUED, SENDING)) & (Outbox.due_at <= now)


def heed_clock() -> int:
    """After a clock went back: what was due when it was made is due now, and no lease or pause is longer than any can be.

    Returns how many rows waited for a time that would come again.
    """
    now = datetime.now(UTC)
    ahead = or_(
        (Outbox.state == QUEUED) & (Outbox.made_at > now + _SKEW) & (Outbox.due_at <= Outbox.made_at),
        (Outbox.state == QUEUED) & (Outbox.tries > 0) & (Outbox.due_at > now + RETRY_AFTER[-1] + _SKEW),
        (Outbox.state == SENDING) & (Outbox.due_at > now + LEASE + _SKEW),
    )
    with _reading().connect() as connection:
        if connection.scalar(select(Outbox.id).where(ahead).limit(1)) is None:
            return 0
    with write_turn(), _writing().begin() as connection:
        return int(connection.execute(update(Outbox).where(ahead).values(due_at=now)).rowcount)


def handed_lately() -> int:
    """How many messages went out in the last minute, by whichever postman."""
    now = datetime.now(UTC)
    lately = Outbox.due_at.between(now - timedelta(minutes=1), now + _SKEW)
    with _reading().connect() as connection:
        asked = select(func.count()).select_from(Outbox)
        return int(connection.scalar(asked.where(Outbox.state.in_((HANDED, SENT)), lately)) or 0)


def take(owner: str, most: int) -> list[Row]:
    """Claim rows that are due, letters before campaigns; what lay with a dead postman is due again.

    Rows of a campaign wait while it is not running.
    """
    now = datetime.now(UTC)
    if most < 1:
        return []
    found: list[Row] = []
    for belongs in _waiting(now):
        with write_turn(), _writing().begin() as connection:
            found += _claim(connection, owner, belongs, now, most - len(found))
        if len(found) >= most:
            break
    return found


def _waiting(now: datetime) -> list[ColumnElement[bool]]:
    """Which rows wait: those of no campaign, and those of each running campaign; looking takes no write lock."""
    alone = Outbox.campaign_id.is_(None)
    with _reading().connect() as connection:
        letters = connection.scalar(select(Outbox.id).where(alone, _due(now)).limit(1))
        theirs = select(Outbox.id).where(Outbox.campaign_id == Campaign.id, _due(now)).exists()
        running = connection.scalars(
            select(Campaign.id)
            .where(Campaign.status == "running", Campaign.archived_at.is_(None), theirs)
            .order_by(Campaign.id)
        ).all()
    found = [] if letters is None else [alone]
    return [*found, *(Outbox.campaign_id == campaign_id for campaign_id in running)]


def _claim(
    connection: Connection, owner: str, belongs: ColumnElement[bool], now: datetime, most: int
) -> list[Row]:
    chosen = (
        select(Outbox.id)
        .where(belongs, _due(now))
        .order_by(Outbox.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    # Asked first: the database may plan a limited subquery anew for each row that it updates.
    ids = connection.scalars(chosen).all()
    claimed = connection.execute(
        update(Outbox)
        .where(Outbox.id.in_(ids), _due(now))
        .values(state=SENDING, owner=owner, due_at=now + LEASE)
        .returning(*_COLUMNS)
    )
    return sorted((Row(*row) for row in claimed), key=lambda row: row.id)


def put_back(rows: Sequence[Row], *, problem: str | None = None) -> None:
    """Rows that were not begun, or broke off before the dot, wait again; it counts as no try."""
    now = datetime.now(UTC)
    values = {"state": QUEUED, "owner": None, "due_at": now, "handed_at": None, "problem": _short(problem)}
    with write_turn(), _writing().begin() as connection:
        for row in rows:
            if _change(connection, row, **values):
                _member(connection, row, "sent", state="queued", sent_at=None)


def hand(row: Row) -> bool:
    """The last word before the dot; False when the row is not ours any more or its campaign stopped.

    On SQLite the commit waits for the disk: after a power cut the row must not be found unsent.
    """
    now = datetime.now(UTC)
    mine = update(Outbox).where(Outbox.id == row.id, Outbox.owner == row.owner, Outbox.state == SENDING)
    if row.campaign_id is not None:
        running = select(Campaign.id).where(Campaign.id == row.campaign_id, Campaign.status == "running")
        mine = mine.where(running.exists())
    with write_turn(), _writing().connect() as connection:
        if connection.dialect.name == "sqlite":
            raw: Any = connection.connection.dbapi_connection
            raw.execute("PRAGMA synchronous=FULL")
        with connection.begin():
            handed = connection.execute(mine.values(state=HANDED, handed_at=now, due_at=now, problem=None))
            if handed.rowcount:
                _member(connection, row, "queued", state="sent", sent_at=now)
        return bool(handed.rowcount)


def confirm(row: Row, left_out: Sequence[str] = ()) -> None:
    """The server said yes; ``left_out`` tells of copies that it did not take."""
    said = _("Without a copy to {whom}").format(whom="; ".join(left_out)) if left_out else None
    _settle(row, state=SENT, sent_at=datetime.now(UTC), **({"problem": _short(said)} if said else {}))


def leave_unclear(row: Row, reason: str) -> None:
    """The server broke off after the dot: it may have the message, so it is not sent again."""
    _settle(row, problem=_short(_("Sent, not confirmed: {reason}").format(reason=reason)))


def try_again(row: Row, problem: str) -> None:
    """The server said 4xx: once more after a while, and given up after ``MOST_TRIES``."""
    if row.tries + 1 >= MOST_TRIES:
        fail(row, problem)
        return
    values = {
        "state": QUEUED,
        "owner": None,
        "tries": row.tries + 1,
        "problem": _short(problem),
        "handed_at": None,
        "due_at": datetime.now(UTC) + RETRY_AFTER[row.tries],
    }
    with write_turn(), _writing().begin() as connection:
        if _change(connection, row, **values):
            _member(connection, row, "sent", state="queued", sent_at=None)


def fail(row: Row, problem: str) -> bool:
    """It will not go out; False when the row is not ours any more."""
    return _end(row, FAILED, problem, member="failed")


def skip(row: Row, reason: str) -> bool:
    """It must not go out: the member is left out, with the reason; False when the row is not ours any more."""
    return _end(row, CANCELLED, reason, member="skipped")


def refuse(row: Row, to: str, problem: str, *, is_address: bool) -> None:
    """The server said 5xx; an address that is not there is never written to again."""
    if fail(row, problem) and is_address:
        with unit_of_work(SYSTEM, cause="bounce") as work:
            mark_address(work, to, reason=problem, source="SMTP")
            mark_bounced(work, row.id)


def _end(row: Row, state: str, problem: str, *, member: str) -> bool:
    values = {"state": state, "owner": None, "tries": row.tries + 1, "problem": _short(problem)}
    with write_turn(), _writing().begin() as connection:
        ended = _change(connection, row, **values)
        if ended:
            _member(connection, row, "sent", "queued", state=member, sent_at=None)
        return ended


def _settle(row: Row, **values: Any) -> None:
    with write_turn(), _writing().begin() as connection:
        connection.execute(update(Outbox).where(Outbox.id == row.id, Outbox.state == HANDED).values(values))


def _change(connection: Connection, row: Row, **values: Any) -> bool:
    """Change a row that is still ours; a lease may have run out, and somebody else sent it meanwhile."""
    ours = (Outbox.id == row.id, Outbox.owner == row.owner, Outbox.state.in_((SENDING, HANDED)))
    return bool(connection.execute(update(Outbox).where(*ours).values(values)).rowcount)


def _member(connection: Connection, row: Row, *before: str, **values: Any) -> None:
    """The member of a campaign row follows, if nothing else happened to them meanwhile."""
    if row.kind == CAMPAIGN and row.member_id is not None:
        mine = (CampaignMember.id == row.member_id, CampaignMember.state.in_(before))
        connection.execute(update(CampaignMember).where(*mine).values(values))


def _short(problem: str | None) -> str | None:
    return None if problem is None else problem[:1000]
