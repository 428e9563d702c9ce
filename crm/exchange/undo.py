"""The way back from an import: made rows go, changed rows get their values back, later edits are kept and named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    union,
    update,
)

from crm import registry
from crm.errors import NotAllowed, NotFound, Refused
from crm.exchange.matching import name_key
from crm.fields import Kind
from crm.i18n import _
from crm.work import Actor, Work, unit_of_work
from db.audit import SYSTEM_OPTIONS, open_batch
from db.models import Base, Change, ChangeBatch, Channel, Import, StageChange
from db.scope import DELETE, UPDATE

_AT_ONCE = 10_000
_MOST_NAMED = 100
_CHANNELS = {"contacts": Channel.contact_id, "organisations": Channel.organisation_id}
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that the undo left as it is, and why."""

    entity: str
    id: int
    name: str
    reason: str


@dataclass
class UndoReport:
    """What an undo did, by entity."""

    id: int
    removed: dict[str, int] = field(default_factory=dict)
    restored: dict[str, int] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    kept_count: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain data for the command line and the API."""
        return asdict(self)


def undo_import(actor: Actor, import_id: int, *, progress: Progress | None = None) -> UndoReport:
    """Take an import back, all files of it together, in one transaction.

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
    with unit_of_work(actor, cause=f"undo of import {import_id}") as work:
        _demand(work, import_id)
        report = UndoReport(import_id)
        undo = _Undo(work, import_id, report)
        steps: list[tuple[str, Callable[[], None]]] = [("restore", undo.restore), ("remove", undo.remove)]
        for at, (name, step) in enumerate(steps):
            if progress:
                progress(at, len(steps), name)
            step()
        state = {"state": "undone", "undone_at": datetime.now(UTC)}
        undo.send(update(Import).where(Import.id == import_id).values(state))
    if progress:
        progress(len(steps), len(steps), "")
    return report


def _demand(work: Work, import_id: int) -> None:
    connection, actor = work.session.connection(), work.actor
    found = connection.execute(
        select(Import.state, Import.actor_id, Import.plan).where(Import.id == import_id),
        execution_options=SYSTEM_OPTIONS,
    ).one_or_none()
    if found is None or not (
        actor.is_system or actor.role == "administrator" or found.actor_id == actor.user_id
    ):
        raise NotFound(_("There is no import {id}, or it is not yours.").format(id=import_id))
    if found.state == "undone":
        raise Refused(_("Import {id} was undone already.").format(id=import_id))
    if found.state == "running":
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


class _Undo:
    def __init__(self, work: Work, import_id: int, report: UndoReport) -> None:
        self.work, self.import_id, self.report = work, import_id, report
        self.connection: Connection = work.session.connection()
        self.batches = select(ChangeBatch.id).where(ChangeBatch.import_id == import_id)
        self.batch = open_batch(work.session)
        self.classes = {cls.__tablename__: cls for cls in registry.MODELS.values()}
        self.entities = {cls.__tablename__: name for name, cls in registry.MODELS.items()}

    def send(self, statement: Any, rows: Any = None) -> Any:
        """A statement of the program's own: the right to it was demanded at the beginning."""
        return self.connection.execute(statement, rows, execution_options=SYSTEM_OPTIONS)

    def restore(self) -> None:
        """Give changed rows their old values, newest change first."""
        for table, cls in self.classes.items():
            last = None
            while True:
                statement = (
                    select(Change.id, Change.record_id, Change.old, Change.new)
                    .where(Change.batch_id.in_(self.batches), Change.entity == table, Change.op == "U")
                    .order_by(Change.id.desc())
                    .limit(_AT_ONCE)
                )
                changes = self.send(statement if last is None else statement.where(Change.id < last)).all()
                if not changes:
                    break
                last = changes[-1].id
                # Several changes of one record go back one after the other.
                for part in _once_each(changes):
                    self._restore_part(cls, part)

    def _restore_part(self, cls: type[Any], changes: Sequence[Any]) -> None:
        table: Table = cls.__table__
        names = sorted({name for change in changes for name in change.new if name in table.c})
        held = [name for name in ("version", "owner_id", "team_id") if name in table.c and name not in names]
        columns = [table.c[name] for name in ("id", *names, *held)]
        ids = [change.record_id for change in changes]
        current: dict[int, Any] = {}
        for start in range(0, len(ids), 5_000):
            rows = self.send(select(*columns).where(table.c.id.in_(ids[start : start + 5_000]))).mappings()
            current.update({row["id"]: row for row in rows})
        back = []
        for change in changes:
            row = current.get(change.record_id)
            if row is None:
                continue
            stays = [name for name in change.new if name in table.c and _plain(row[name]) != change.new[name]]
            reason = ""
            if stays:
                reason = _("{fields} changed since.").format(
                    fields=", ".join(self._label(cls, name) for name in stays)
                )
            elif not self._may(cls, UPDATE, row):
                reason = _("You may not change it.")
            if reason:
                self._keep(cls, change.record_id, reason)
            else:
                back.append((change, row))
        self._write_back(cls, table, names, back)

    def _write_back(
        self, cls: type[Any], table: Table, names: Sequence[str], back: Sequence[tuple[Any, Any]]
    ) -> None:
        if not back:
            return
        settings: dict[str, Any] = {
            name: bindparam(f"old_{name}", type_=table.c[name].type) for name in names
        }
        if "version" in table.c:
            settings["version"] = table.c.version + 1
        if "changed_at" in table.c:
            settings["changed_at"] = self.work.now
        if "name" in names and "name_key" in table.c:
            settings["name_key"] = bindparam("old_key")
        rows = []
        for change, row in back:
            values = {
                f"old_{n}": _typed(table, n, change.old[n]) if n in change.old else row[n] for n in names
            }
            if "name_key" in settings:
                values["old_key"] = name_key(str(values["old_name"]))
            rows.append({**values, "row_id": row["id"]})
        self.send(update(table).where(table.c.id == bindparam("row_id")).values(settings), rows)
        log = [
            {
                "batch_id": self.batch,
                "entity": table.name,
                "record_id": change.record_id,
                "op": "U",
                "old": change.new,
                "new": change.old,
            }
            for change, _row in back
        ]
        self.send(insert(Change), log)
        self._channels_back(table, back)
        name = self.entities[table.name]
        self.report.restored[name] = self.report.restored.get(name, 0) + len(back)

    def _channels_back(self, table: Table, back: Sequence[tuple[Any, Any]]) -> None:
        """An address that the import brought goes; the one before is the primary one again."""
        holder = _CHANNELS.get(table.name)
        if holder is None:
            return
        for kind in ("email", "phone"):
            pairs = [(c.record_id, c.old.get(kind), c.new[kind]) for c, _row in back if c.new.get(kind)]
            if not pairs:
                continue
            mine = (holder == bindparam("row_id")) & (Channel.kind == kind)
            came = [{"row_id": record, "address": new} for record, _old, new in pairs]
            self.send(
                delete(Channel).where(mine, Channel.value == bindparam("address"), Channel.is_primary), came
            )
            before = [{"row_id": record, "address": old} for record, old, _new in pairs if old]
            if before:
                self.send(
                    update(Channel)
                    .where(mine, Channel.value == bindparam("address"))
                    .values(is_primary=True),
                    before,
                )

    def remove(self) -> None:
        """Take the made rows away, children before parents, so that what stays keeps its parents."""
        tables = [table for table in reversed(Base.metadata.sorted_tables) if "import_id" in table.c]
        edited = self._edited_since()
        self.send(
            delete(StageChange).where(
                StageChange.import_id == self.import_id, *self._not_of(edited.get("deals", set()))
            )
        )
        for table in tables:
            if table.name not in self.classes:
                continue
            kept = dict.fromkeys(edited.get(table.name, ()), _("It was changed since."))
            kept.update(dict.fromkeys(self._pointed_to(table), _("Something made since belongs to it.")))
            kept.update(self._beyond_reach(table))
            kept = self._with_parents(table, kept)
            self._delete(table, kept)

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

    def _mine(self, table: Table) -> Select[Any]:
        return select(table.c.id).where(table.c.import_id == self.import_id)

    def _pointed_to(self, table: Table) -> set[int]:
        """Made rows that rows still there point to; children of this import are gone already unless they stay."""
        parts = []
        for child in Base.metadata.sorted_tables:
            for column in child.c:
                if not any(key.column.table is table for key in column.foreign_keys):
                    continue
                if child is table or child.name in ("change_batches", "changes"):
                    continue
                rows = select(column.label("id")).where(column.in_(self._mine(table)))
                parts.append(rows.where(*self._not_automatic(child, table)))
        if not parts:
            return set()
        return {int(row[0]) for row in self.send(union(*parts)) if row[0] is not None}

    def _not_automatic(self, child: Table, table: Table) -> list[Any]:
        """Channels that hold nothing but the row's own address came with the row and go with it."""
        if child.name != "channels" or table.name not in _CHANNELS:
            return []
        column = _CHANNELS[table.name]
        own = select(table.c.id).where(
            table.c.id == column, (table.c.email == Channel.value) | (table.c.phone == Channel.value)
        )
        return [~own.exists()]

    def _beyond_reach(self, table: Table) -> dict[int, str]:
        cls, actor = self.classes[table.name], self.work.actor
        if "owner_id" not in table.c or actor.reach(cls.__entity__, DELETE) == "all":
            return {}
        columns = (table.c.id, table.c.owner_id, table.c.team_id)
        rows = self.send(select(*columns).where(table.c.import_id == self.import_id)).mappings()
        return {row["id"]: _("You may not remove it.") for row in rows if not self._may(cls, DELETE, row)}

    def _with_parents(self, table: Table, kept: dict[int, str]) -> dict[int, str]:
        """A row that stays keeps the rows of its own kind that it points to; links among those that go are cut."""
        for column in table.c:
            if not any(key.column.table is table for key in column.foreign_keys):
                continue
            inside = {
                int(row[0]): int(row[1])
                for row in self.send(select(table.c.id, column).where(column.in_(self._mine(table))))
            }
            mine = {int(row[0]) for row in self.send(self._mine(table))}
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

    def _delete(self, table: Table, kept: dict[int, str]) -> None:
        cls = self.classes[table.name]
        for record, reason in kept.items():
            self._keep(cls, record, reason)
        going = table.c.import_id == self.import_id
        for part in _parts(sorted(kept)):
            going = going & table.c.id.not_in(part)
        log = select(literal(self.batch), literal(table.name), table.c.id, literal("D")).where(going)
        self.send(insert(Change).from_select(["batch_id", "entity", "record_id", "op"], log))
        count = self.send(select(func.count()).select_from(table).where(going)).scalar_one()
        if count:
            holder = _CHANNELS.get(table.name)
            if holder is not None:
                self.send(delete(Channel).where(holder.in_(select(table.c.id).where(going))))
            self.send(delete(table).where(going))
            name = self.entities[table.name]
            self.report.removed[name] = self.report.removed.get(name, 0) + int(count)

    def _may(self, cls: type[Any], action: str, row: Any) -> bool:
        return self.work.actor.holds(
            cls.__entity__, action, owner_id=row.get("owner_id"), team_id=row.get("team_id")
        )

    def _keep(self, cls: type[Any], record: int, reason: str) -> None:
        self.report.kept_count += 1
        if len(self.report.kept) < _MOST_NAMED:
            title = cls.__table__.c[cls.__about__["title"]]
            name = self.send(select(title).where(cls.__table__.c.id == record)).scalar_one_or_none()
            self.report.kept.append(Kept(self.entities[cls.__tablename__], record, str(name or ""), reason))

    def _label(self, cls: type[Any], name: str) -> str:
        about = registry.entity(self.entities[cls.__tablename__])
        return _(about[name].label) if name in about.by_name else name


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + 20_000] for start in range(0, len(ids), 20_000)]


def _once_each(changes: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """The changes in groups that hold each record once, in order."""
    group: list[Any] = []
    seen: set[int] = set()
    for change in changes:
        if change.record_id in seen:
            yield group
            group, seen = [], set()
        group.append(change)
        seen.add(change.record_id)
    if group:
        yield group


def _plain(value: Any) -> Any:
    from db.audit import plain

    return plain(value)


def _typed(table: Table, name: str, value: Any) -> Any:
    """A value of the log as the column takes it."""
    if value is None:
        return None
    kind = table.c[name].info.get("kind")
    if kind == Kind.DATE:
        return datetime.fromisoformat(value).date()
    if kind == Kind.DATETIME or str(table.c[name].type).upper().startswith(("DATETIME", "TIMESTAMP")):
        return datetime.fromisoformat(value)
    return value
