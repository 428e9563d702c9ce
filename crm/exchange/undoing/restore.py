"""The half of an undo that gives changed rows their old values back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table, bindparam, delete, select, update

from crm.exchange.undoing.undo_base import HOLDERS, Undo
from crm.i18n import _
from crm.records.rules import Draft
from crm.records.settling import demand_place
from crm.records.writing.bulk import among
from db.audit import plain, typed
from db.models import Change, Channel
from db.scope import UPDATE

_AT_ONCE = 10_000
#: A change of the log, and the row as it is now.
_Back = tuple[Any, Any]


class Restorer(Undo):
    """Old values back, newest change first."""

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
        rows = self.send(select(*columns).where(among(self.work.session, table.c.id, ids))).mappings()
        current = {row["id"]: row for row in rows}
        gone = self._gone(table, names, changes)
        back = []
        for change in changes:
            row = current.get(change.record_id)
            if row is None:
                continue
            stays = [name for name in change.new if name in table.c and plain(row[name]) != change.new[name]]
            reason = ""
            if stays:
                reason = _("{fields} changed since.").format(
                    fields=", ".join(self.label(cls, name) for name in stays)
                )
            elif lost := [
                name for name, old in change.old.items() if table.c[name].foreign_keys and (name, old) in gone
            ]:
                reason = _("What {fields} pointed to is gone.").format(
                    fields=", ".join(self.label(cls, name) for name in lost)
                )
            elif not self.may(cls, UPDATE, row):
                reason = _("You may not change it.")
            if reason:
                self.keep(cls, change.record_id, reason)
            else:
                back.append((change, row))
        self._write_back(cls, table, self._placed(cls, table, back))

    def _placed(self, cls: type[Any], table: Table, back: Sequence[_Back]) -> list[_Back]:
        """Those whose old values still have their place: no other record took them, none came to stand below."""
        drafts = [Draft({**row, **_old(table, change)}, row, set(change.old)) for change, row in back]
        demand_place(self.writer.road, self.entities[table.name], drafts)
        for draft in drafts:
            if draft.problems:
                self.keep(cls, draft.row["id"], draft.problems[0].message)
        return [pair for pair, draft in zip(back, drafts, strict=True) if not draft.problems]

    def _gone(self, table: Table, names: Sequence[str], changes: Sequence[Any]) -> set[tuple[str, int]]:
        """Links of old whose record is there no more, for example because another import was undone."""
        gone: set[tuple[str, int]] = set()
        for name in names:
            keys = list(table.c[name].foreign_keys)
            if not keys:
                continue
            ids = sorted({change.old[name] for change in changes if change.old.get(name) is not None})
            if not ids:
                continue
            target = keys[0].column
            there: set[int] = set()
            for start in range(0, len(ids), 5_000):
                rows = self.send(select(target).where(target.in_(ids[start : start + 5_000])))
                there.update(int(row[0]) for row in rows)
            gone |= {(name, record) for record in ids if record not in there}
        return gone

    def _write_back(self, cls: type[Any], table: Table, back: Sequence[_Back]) -> None:
        if not back:
            return
        self.writer.change(cls, [(change.record_id, row, _old(table, change)) for change, row in back])
        self._channels_back(table, back)
        name = self.entities[table.name]
        self.report.restored[name] = self.report.restored.get(name, 0) + len(back)

    def _channels_back(self, table: Table, back: Sequence[_Back]) -> None:
        """An address that the import brought goes; the one before is the primary one again."""
        holder = HOLDERS.get(table.name)
        if holder is None:
            return
        for kind in ("email", "phone"):
            pairs = [(c.record_id, c.old.get(kind), c.new[kind]) for c, _row in back if c.new.get(kind)]
            if not pairs:
                continue
            mine = (holder == bindparam("row_id")) & (Channel.kind == kind)
            came = [{"row_id": record, "address": new} for record, _old, new in pairs]
            this = mine & (Channel.value == bindparam("address"))
            made = select(Change.record_id).where(
                Change.batch_id.in_(self.batches), Change.entity == Channel.__tablename__, Change.op == "C"
            )
            self.send(delete(Channel).where(this, Channel.is_primary, Channel.id.in_(made)), came)
            # One that was a further address before is one again.
            self.send(update(Channel).where(this).values(is_primary=False), came)
            before = [{"row_id": record, "address": old} for record, old, _new in pairs if old]
            if before:
                self.send(
                    update(Channel)
                    .where(mine, Channel.value == bindparam("address"))
                    .values(is_primary=True),
                    before,
                )


def _old(table: Table, change: Any) -> dict[str, Any]:
    """The values that a change replaced, as their columns take them."""
    return {name: typed(table, name, value) for name, value in change.old.items() if name in table.c}


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
