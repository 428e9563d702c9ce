"""What must be true of a database wherever the server stopped, beside what was confirmed; each breach in a sentence."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from sqlalchemy import Connection, text

from db.session import engine
from tests.service.keeping.killed_house import House, Told
from tests.service.keeping.killed_neighbours import ROWS

#: Rows that must not be: nothing is there by half.
HALVES = {
    "a deal's amount is not that of its lines":
        "SELECT d.id FROM deals d JOIN (SELECT deal_id, sum(amount_minor) AS total FROM deal_lines GROUP BY deal_id) l "
        "ON l.deal_id = d.id WHERE d.amount_minor IS DISTINCT FROM l.total",
    "a deal does not stand where its way ends":
        "SELECT d.id FROM deals d LEFT JOIN stage_changes s ON s.id = (SELECT max(id) FROM stage_changes WHERE deal_id = d.id) "
        "WHERE s.to_stage_id IS DISTINCT FROM d.stage_id",
    "a case does not have the status its way ends in":
        "SELECT c.id FROM cases c LEFT JOIN case_moves m ON m.id = (SELECT max(id) FROM case_moves WHERE case_id = c.id) "
        "WHERE m.to_status IS DISTINCT FROM c.status",
    "a record was not logged once when it was made":
        " UNION ALL ".join(
            f"SELECT r.id FROM {table} r WHERE (SELECT count(*) FROM changes WHERE entity = '{table}' AND record_id = r.id "
            "AND op = 'C') <> 1"
            for table in ("contacts", "deals", "deal_lines", "cases", "leads")
        ),
    "a record was logged that is not there":
        "SELECT c.record_id FROM changes c LEFT JOIN contacts r ON r.id = c.record_id "
        "WHERE c.entity = 'contacts' AND r.id IS NULL",
    "a version is not the number of changes":
        "SELECT r.id FROM contacts r WHERE r.import_id IS NULL AND r.version <> "
        "(SELECT count(*) FROM changes WHERE entity = 'contacts' AND record_id = r.id)",
    "an answer to a form without its lead, or a lead without its answer":
        "SELECT id FROM form_answers WHERE lead_id IS NULL UNION ALL "
        "SELECT l.id FROM leads l LEFT JOIN form_answers f ON f.lead_id = l.id WHERE f.id IS NULL",
    "a stored message does not stand once in its case":
        "SELECT i.id FROM incoming_messages i WHERE i.state = 'filed' AND "
        "(SELECT count(*) FROM case_messages WHERE incoming_id = i.id) <> 1",
    "a message of a case came as one that is not filed":
        "SELECT m.id FROM case_messages m JOIN incoming_messages i ON i.id = m.incoming_id WHERE i.state <> 'filed'",
    "a reply without its letter":
        "SELECT m.id FROM case_messages m WHERE m.kind = 'reply' "
        "AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.case_id = m.case_id)",
    "a stored message without its bytes":
        "SELECT i.id FROM incoming_messages i LEFT JOIN file_contents f ON f.hash = i.original_hash WHERE f.id IS NULL",
    "an import runs that no job does":
        "SELECT i.id FROM imports i WHERE i.state = 'running' AND NOT EXISTS "
        "(SELECT 1 FROM jobs j WHERE j.kind = 'import' AND j.state IN ('queued', 'running'))",
    "a job is in no known state":
        "SELECT id FROM jobs WHERE state NOT IN ('queued', 'running', 'done', 'failed', 'cancelled') "
        "OR (state = 'running' AND beat_at IS NULL)",
}  # fmt: skip
#: Of an import's files, where the rows of each step went.
TABLES = {"o.csv": ("organisations", "name"), "c.csv": ("contacts", "name"), "d.csv": ("deals", "title"),
          "l.csv": ("deal_lines", "description")}  # fmt: skip


def wrong(house: House, *, at_rest: bool = False) -> list[str]:
    """What is not as it must be; ``at_rest`` when everything that was begun has ended."""
    told = house.told.copied()  # first: what is told later may be stored later than what is read here
    with engine().connect().execution_options(system=True, reading=True) as connection:
        found = [
            *_broken(house.url),
            *_halves(connection),
            *_lost(told, connection),
            *_sent(house, told, connection),
        ]
        found += _files(told, connection, at_rest)
        if at_rest:
            found += _undone(house, told, connection)
    return found


def _broken(url: str) -> Iterator[str]:
    if not url.startswith("sqlite:///"):
        return
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as raw:
        for asked in ("integrity_check", "foreign_key_check"):
            said = raw.execute(f"PRAGMA {asked}").fetchall()
            if said not in ([("ok",)], []):
                yield f"{asked}: {said[:5]}"


def _halves(connection: Connection) -> Iterator[str]:
    for what, asked in HALVES.items():
        if rows := connection.execute(text(asked)).fetchall():
            yield f"{what}: {[row[0] for row in rows[:5]]}"


def _column(connection: Connection, asked: str) -> list[Any]:
    return list(connection.execute(text(asked)).scalars())


def _pairs(connection: Connection, asked: str) -> dict[Any, Any]:
    return {row[0]: row[1] for row in connection.execute(text(asked))}


def _lost(told: Told, connection: Connection) -> Iterator[str]:
    """What was confirmed is there once; what was not is there once or not at all."""
    names = Counter(_column(connection, "SELECT name FROM contacts WHERE import_id IS NULL"))
    leads = Counter(_column(connection, "SELECT name FROM leads"))
    groups = Counter(name.rpartition(" ")[0] for name in names if name.startswith("Group"))
    for what, wanted, stored in (("contact", told.contacts, names), ("lead of a form", told.leads, leads),
                                 ("group", told.groups, groups)):  # fmt: skip
        yield from (f"the {what} {name} was confirmed and is not there" for name in wanted - stored.keys())
    yield from (f"{name} is there {n} times" for name, n in (names + leads).items() if n > 1)
    yield from (f"{name} is there by half" for name, n in groups.items() if n != 3)
    phones = _pairs(connection, "SELECT id, phone FROM contacts")
    yield from (
        f"the telephone of contact {i} is {phones.get(i)}"
        for i, one in told.phones.items()
        if phones.get(i) != one
    )
    lines = dict(connection.execute(text("SELECT deal_id, count(*) FROM deal_lines GROUP BY deal_id")).all())
    deals = set(_column(connection, "SELECT id FROM deals"))
    for deal, n in told.deals.items():
        if deal not in deals or not n <= lines.get(deal, 0) <= n + 1:
            yield f"deal {deal} has {lines.get(deal, 0)} lines of {n}"
    replies = _pairs(
        connection,
        "SELECT c.id, (SELECT count(*) FROM case_messages m WHERE m.case_id = c.id AND m.kind = 'reply') FROM cases c",
    )
    yield from (
        f"case {i} has {replies.get(i)} replies"
        for i, n in told.cases.items()
        if replies.get(i) not in (n, 1)
    )


def _sent(house: House, told: Told, connection: Connection) -> Iterator[str]:
    """Letters went out once; a message that is marked as read in the mailbox is stored, and stored once."""
    ids = Counter(str(message["Message-ID"]) for _to, message in house.inbox.taken)
    yield from (f"letter {one} came {n} times" for one, n in ids.items() if n > 1)
    got = Counter(house.inbox.addresses())
    states = _pairs(connection, "SELECT unique_key, state FROM outbox")
    for name in told.letters:
        state, came = states.get(name), got[f"{name}@example.com"]
        if state is None or (state == "sent") > came or (state in ("queued", "failed", "cancelled") and came):
            yield f"{name} is {state} and came {came} times"
    if (doubtful := sum(state == "handed" for state in states.values())) > house.kills + 1:
        yield f"{doubtful} letters are in doubt after {house.kills} kills"
    stored = Counter(_column(connection, "SELECT message_id FROM incoming_messages"))
    marked = [name for name, flags in house.mailbox.messages().items() if "S" in flags]
    yield from (f"message {name} was marked and is not stored" for name in marked if not stored[f"<{name}>"])
    yield from (f"message {name} is stored {n} times" for name, n in stored.items() if n > 1)


def _files(told: Told, connection: Connection, at_rest: bool) -> Iterator[str]:
    """The rows of each import are those that its journal says, each once, and each logged as made by it."""
    for job_id, mark in told.imports.items():
        job = connection.execute(text("SELECT state, note FROM jobs WHERE id = :id"), {"id": job_id}).one()
        asked = text("SELECT id, state, report FROM imports WHERE name = :name")
        journals = connection.execute(asked, {"name": f"Files {mark}"}).all()
        if len(journals) > 1 or (job.state == "done" and [one.state for one in journals] != ["done"]):
            yield f"import {mark}: its job is {job.state}, its journals are {[one.state for one in journals]}"
        if at_rest and job.state != "done":
            yield f"import {mark}: its job is {job.state}: {job.note}"
        cursor = _cursor(journals[0].report) if journals else (0, 0)
        is_done = bool(journals) and journals[0].state == "done"
        for number, (file, (table, column)) in enumerate(TABLES.items()):
            wanted = ROWS[file] if is_done or number < cursor[0] else cursor[1] if number == cursor[0] else 0
            names = _column(
                connection, f"SELECT {column} FROM {table} WHERE {column} LIKE '{mark} {file[0]}%'"
            )
            if len(names) != wanted or len(set(names)) != wanted:
                yield f"import {mark}: {len(names)} rows of {file}, {wanted} by its journal"
            logged = connection.execute(text(
                f"SELECT count(*) FROM changes c JOIN change_batches b ON b.id = c.batch_id JOIN {table} r ON r.id = c.record_id "
                f"WHERE c.entity = '{table}' AND c.op = 'C' AND b.cause LIKE 'import %' AND r.{column} LIKE '{mark} {file[0]}%'"
            )).scalar()  # fmt: skip
            if logged != wanted:
                yield f"import {mark}: {logged} rows of {file} are logged, {wanted} by its journal"


def _cursor(report: Any) -> tuple[int, int]:
    found = (json.loads(report) if isinstance(report, str) else report).get("cursor") or {}
    return int(found.get("step", 0)), int(found.get("row", 0))


def _undone(house: House, told: Told, connection: Connection) -> Iterator[str]:
    """Everything that was begun has come to its end."""
    left = _column(connection, "SELECT kind FROM jobs WHERE state <> 'done'")
    if left:
        yield f"jobs that did not end well: {left}"
    waiting = _column(connection, "SELECT state FROM incoming_messages WHERE state <> 'filed'")
    missing = told.mails - {
        name[1:-1] for name in _column(connection, "SELECT message_id FROM incoming_messages")
    }
    if waiting or missing:
        yield f"messages left: {waiting}, in the mailbox: {sorted(missing)}"
    if unread := [name for name, flags in house.mailbox.messages().items() if "S" not in flags]:
        yield f"messages not marked as read: {unread}"


def still_running() -> list[str]:
    """What a server that ended in order should have put back for the next one."""
    with engine().connect().execution_options(system=True, reading=True) as connection:
        jobs = _column(connection, "SELECT kind FROM jobs WHERE state = 'running'")
        return jobs + _column(connection, "SELECT unique_key FROM outbox WHERE state = 'sending'")
