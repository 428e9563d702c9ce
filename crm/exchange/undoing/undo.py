"""The way back from an import: made rows go, changed rows get their values back, later edits are kept and named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    delete,
    func,
    insert,
    literal,
    select,
    union,
    update,
)

from crm.errors import NotAllowed, NotFound, Refused
from crm.exchange.storing.journal import is_broken_off, sees
from crm.exchange.undoing.restore import Restorer
from crm.exchange.undoing.undo_base import HOLDERS, Undo, UndoReport
from crm.i18n import _
from crm.records import registry
from crm.records.writing.bulk import among
from crm.records.writing.search_index import in_bulk
from crm.work import Actor, Work, unit_of_work
from db.audit import SYSTEM_OPTIONS, open_batch
from db.models import Address, Base, Case, CaseMove, Change, ChangeBatch, Channel, Import, StageChange
from db.scope import DELETE, UPDATE

Progress = Callable[[int, int, str], None]


def undo_import(
    actor: Actor,
    import_id: int,
    *,
    progress: Progress | None = None,
    ending: Callable[[Work, UndoReport], None] | None = None,
) -> UndoReport:
    """Take an import back, all files of it together, in one transaction; ``ending`` is called at the end of it.

    Rows that it made are removed unless somebody changed them since or something made since points to them. Rows
    that it changed get their old values back unless one of those values was changed since. What stays is named.

    Raises
    ------
    NotFound
        No such import, or not one this actor may see.
    Refused
        It is still running, or was undone already.
    NotAllowed
        The actor may not remove or change such rows.
    """
    # Not from inside: on SQLite whoever notes the progress would wait for this very transaction. And not after it: what is
    # undone by then cannot be cancelled any more.
    if progress:
        progress(0, 1, "")
    with unit_of_work(actor, cause=f"undo of import {import_id}") as work:
        _demand(work, import_id)
        report = UndoReport(import_id)
        Restorer(work, import_id, report).restore()
        remover = Remover(work, import_id, report)
        remover.remove()
        state = {"state": "undone", "undone_at": datetime.now(UTC)}
        remover.send(update(Import).where(Import.id == import_id).values(state))
        _clear_up(work, remover, report)
        if ending:
            ending(work, report)
    return report


def remove_unused(work: Work, import_id: int, entity: str, made: Iterable[int]) -> int:
    """Take records away again that an import made for rows which were not stored after all; gives how many went."""
    # The import does so itself: to its undo this is no later change.
    open_batch(work.session, import_id=import_id)
    remover, table = Remover(work, import_id, UndoReport(import_id)), registry.model(entity).__table__
    unused = set(made) - remover._pointed_to(table, sorted(made))
    upward = [c for c in table.c if any(key.column.table is table for key in c.foreign_keys)]
    # What stands beneath one that stays, keeps it there.
    while unused and (held := remover._held(table, upward, unused)):
        unused -= held
    gone = sorted(unused)
    remover._take(table, among(work.session, table.c.id, gone), gone)
    return len(gone)


def _clear_up(work: Work, remover: Remover, report: UndoReport) -> None:
    """What an earlier undo had to leave because this import had changed it goes now, and then what only that held."""
    waiting = [i for i in remover.left_behind() if i != report.id]
    for earlier in waiting:
        Remover(work, earlier, report).remove()
    if waiting:
        held = {(kept.entity, kept.id) for kept in report.kept}
        report.kept, report.kept_count = [], 0
        Remover(work, report.id, report).remove()
        # A record of an earlier import that is still there has a reason that was told when that one was undone.
        report.kept = [kept for kept in report.kept if (kept.entity, kept.id) in held]
        report.kept_count = len(report.kept)


def _demand(work: Work, import_id: int) -> None:
    connection, actor = work.session.connection(), work.actor
    found = connection.execute(
        select(Import.state, Import.actor_id, Import.plan, Import.started_at, Import.report).where(
            Import.id == import_id
        ),
        execution_options=SYSTEM_OPTIONS,
    ).one_or_none()
    if found is None or not sees(actor, found.actor_id):
        raise NotFound(_("There is no import {id}, or it is not yours.").format(id=import_id))
    if found.state == "undone":
        raise Refused(_("Import {id} was undone already.").format(id=import_id))
    if found.state == "running" and not is_broken_off(connection, "running", found.started_at, found.report):
        raise Refused(_("Import {id} is still running. Cancel it first.").format(id=import_id))
    for step in found.plan.get("steps", ()):
        name = registry.rights_name(step["entity"])
        for action in (DELETE, UPDATE):
            if not actor.may(name, action):
                raise NotAllowed(
                    _("Your role may not {action} {name}, which this undo needs.").format(
                        action=action, name=name
                    )
                )


class Remover(Undo):
    """Made rows away, children before parents."""

    def remove(self) -> None:
        """Take the made rows away, children before parents, so that what stays keeps its parents."""
        tables = [table for table in reversed(Base.metadata.sorted_tables) if "import_id" in table.c]
        edited = self._edited_since()
        self.send(
            delete(StageChange).where(
                StageChange.import_id == self.import_id, *self._not_of(edited.get("deals", set()))
            )
        )
        self._forget_moves()
        for table in tables:
            if table.name not in self.classes:
                continue
            made = list(
                self.send(
                    select(table.c.id).where(table.c.import_id == self.import_id).order_by(table.c.id)
                ).scalars()
            )
            changed = edited.get(table.name, set())
            if not made and not changed:
                continue
            kept = dict.fromkeys(self._pointed_to(table, made), _("Something made since belongs to it."))
            kept.update(dict.fromkeys(changed, _("It was changed since.")))
            kept.update(self._beyond_reach(table))
            kept = self._with_parents(table, made, kept)
            self._delete(table, made, kept)
        self.send(delete(Address).where(Address.id.in_(self._came(Address))))
        self.send(delete(Channel).where(Channel.id.in_(self._came(Channel)), Channel.is_primary.is_(False)))

    def _came(self, cls: Any) -> Select[Any]:
        """The rows of a table that this import stored beside its records, with a log of their own."""
        return select(Change.record_id).where(
            Change.batch_id.in_(self.batches), Change.entity == cls.__tablename__, Change.op == "C"
        )

    def left_behind(self) -> list[int]:
        """Undone imports whose rows are still there and were changed by this one."""
        found: set[int] = set()
        touched = select(Change.record_id).where(Change.batch_id.in_(self.batches))
        for name, cls in self.classes.items():
            if "import_id" not in cls.__table__.c:
                continue
            table = cls.__table__
            mine = touched.where(Change.entity == name)
            undone = select(Import.id).where(Import.state == "undone")
            asked = (
                select(table.c.import_id)
                .where(table.c.id.in_(mine), table.c.import_id.in_(undone))
                .distinct()
            )
            found |= {int(row[0]) for row in self.send(asked)}
        return sorted(found)

    def _forget_moves(self) -> None:
        """Steps that the import added to cases which have their old status back; those of made cases go with them."""
        made = select(Case.id).where(Case.import_id == self.import_id)
        back = select(Case.id).where(Case.id == CaseMove.case_id, Case.status == CaseMove.from_status)
        self.send(
            delete(CaseMove).where(
                CaseMove.import_id == self.import_id, CaseMove.case_id.not_in(made), back.exists()
            )
        )

    def _not_of(self, kept: Iterable[int]) -> list[Any]:
        ids = sorted(kept)
        return [StageChange.deal_id.not_in(ids)] if ids else []

    def _edited_since(self) -> dict[str, set[int]]:
        """Made rows that a later batch, of a person or another import, has touched."""
        made = (
            select(Change.entity, Change.record_id)
            .where(Change.batch_id.in_(self.batches), Change.op == "C")
            .subquery()
        )
        later = (
            select(Change.entity, Change.record_id)
            .join(ChangeBatch, ChangeBatch.id == Change.batch_id)
            .outerjoin(Import, Import.id == ChangeBatch.import_id)
            .where(func.coalesce(ChangeBatch.import_id, 0) != self.import_id, Change.batch_id != self.batch)
            # An import that was undone left nothing behind, and neither did its undoing.
            .where(func.coalesce(Import.state, "") != "undone", ChangeBatch.cause.not_like("undo of import%"))
            .where(
                Change.id
                > select(func.coalesce(func.min(Change.id), 0))
                .where(Change.batch_id.in_(self.batches))
                .scalar_subquery()
            )
            .subquery()
        )
        same = (made.c.entity == later.c.entity) & (made.c.record_id == later.c.record_id)
        found: dict[str, set[int]] = {}
        for entity, record in self.send(
            select(later.c.entity, later.c.record_id).join(made, same).distinct()
        ):
            found.setdefault(entity, set()).add(int(record))
        return found

    def _of_made(self, table: Table, column: Any, made: Sequence[int]) -> Any:
        """That a column holds the id of a made row."""
        return _among(column, made, select(table.c.id).where(table.c.import_id == self.import_id))

    def _pointed_to(self, table: Table, made: Sequence[int]) -> set[int]:
        """Made rows that rows still there point to; children of this import are gone already unless they stay."""
        parts = []
        for child in Base.metadata.sorted_tables:
            for column in child.c:
                if not any(key.column.table is table for key in column.foreign_keys):
                    continue
                if child is table or child.name in ("change_batches", "changes"):
                    continue
                rows = select(column.label("id")).where(self._of_made(table, column, made))
                parts.append(rows.where(*self._not_automatic(child, table)))
        if not parts:
            return set()
        return {int(row[0]) for row in self.send(union(*parts)) if row[0] is not None}

    def _held(self, table: Table, upward: Sequence[Any], rows: Collection[int]) -> set[int]:
        """Those of some rows that other rows of the table stand beneath."""
        beyond = ~among(self.work.session, table.c.id, rows)
        asked = (select(link).where(among(self.work.session, link, rows), beyond) for link in upward)
        return {int(row[0]) for statement in asked for row in self.send(statement)}

    def _not_automatic(self, child: Table, table: Table) -> list[Any]:
        """Channels that hold nothing but the row's own address came with the row and go with it, as a case's first step."""
        if child.name == "case_moves":
            return [func.coalesce(CaseMove.import_id, 0) != self.import_id]
        if child.name == "addresses":
            return [Address.id.not_in(self._came(Address))]
        if child.name != "channels" or table.name not in HOLDERS:
            return []
        column = HOLDERS[table.name]
        own = select(table.c.id).where(
            table.c.id == column, (table.c.email == Channel.value) | (table.c.phone == Channel.value)
        )
        return [~own.exists(), Channel.id.not_in(self._came(Channel))]

    def _beyond_reach(self, table: Table) -> dict[int, str]:
        cls, actor = self.classes[table.name], self.work.actor
        if "owner_id" not in table.c or actor.reach(cls.__entity__, DELETE) == "all":
            return {}
        columns = (table.c.id, table.c.owner_id, table.c.team_id)
        rows = self.send(select(*columns).where(table.c.import_id == self.import_id)).mappings()
        return {row["id"]: _("You may not remove it.") for row in rows if not self.may(cls, DELETE, row)}

    def _with_parents(self, table: Table, made: Sequence[int], kept: dict[int, str]) -> dict[int, str]:
        """A row that stays keeps the rows of its own kind that it points to; links among those that go are cut."""
        for column in table.c:
            if not any(key.column.table is table for key in column.foreign_keys):
                continue
            inside = {
                int(row[0]): int(row[1])
                for row in self.send(select(table.c.id, column).where(self._of_made(table, column, made)))
            }
            mine = set(made)
            waiting = [record for record in inside if record in kept or record not in mine]
            while waiting:
                parent = inside.get(waiting.pop())
                if parent is not None and parent not in kept:
                    kept[parent] = _("A record that stays points to it.")
                    waiting.append(parent)
            going = update(table).where(table.c.import_id == self.import_id, column.is_not(None))
            for part in _parts(sorted(kept)) or [[]]:
                going = going.where(table.c.id.not_in(part)) if part else going
            self.send(going.values({column.name: None}))
        return kept

    def _delete(self, table: Table, made: Sequence[int], kept: dict[int, str]) -> None:
        cls = self.classes[table.name]
        for record, reason in kept.items():
            self.keep(cls, record, reason)
        going = table.c.import_id == self.import_id
        for part in _parts(sorted(kept)):
            going = going & table.c.id.not_in(part)
        self._take(table, going, [record for record in made if record not in kept])

    def _take(self, table: Table, going: ColumnElement[bool], gone: Sequence[int]) -> None:
        """Rows away, which a condition and their ids name, and what hangs on them."""
        log = select(literal(self.batch), literal(table.name), table.c.id, literal("D")).where(going)
        self.send(insert(Change).from_select(["batch_id", "entity", "record_id", "op"], log))
        if gone:
            # One statement for what hangs on the rows is quicker than the database's own way, row by row.
            for column in _hanging_on(table):
                self.send(delete(column.table).where(_among(column, gone, select(table.c.id).where(going))))
            with in_bulk(self.writer.connection, table.name, gone=gone):
                self.send(delete(table).where(going))
            name = self.entities[table.name]
            self.report.removed[name] = self.report.removed.get(name, 0) + len(gone)


def _among(column: Any, ids: Sequence[int], same: Select[Any]) -> Any:
    """That a column holds one of the ids, in order, which ``same`` selects; a run of ids is looked up as such."""
    is_run = bool(ids) and ids[-1] - ids[0] + 1 == len(ids)
    return column.between(ids[0], ids[-1]) if is_run else column.in_(same)


@cache
def _hanging_on(table: Table) -> list[Any]:
    """The columns of other tables whose rows go with the row they point to."""
    columns = (column for child in Base.metadata.sorted_tables if child is not table for column in child.c)
    return [
        column
        for column in columns
        if any(key.column.table is table and key.ondelete == "CASCADE" for key in column.foreign_keys)
    ]


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + 20_000] for start in range(0, len(ids), 20_000)]
