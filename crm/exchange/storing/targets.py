"""What a stored row needs beside the values of the file: defaults, owner, keys for matching, a deal's status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Table, bindparam, func, insert, literal, select, text, update

from crm.campaigns.social import rules as social_rules
from crm.clock import zone
from crm.exchange import case_rows, unit_rows
from crm.exchange.storing.bulk import insert_rows
from crm.exchange.storing.search_index import in_bulk
from crm.firm.firm import firm
from crm.records import registry
from crm.records.matching import name_key
from crm.records.numbers import number_of
from crm.work import Work
from db.audit import SYSTEM_OPTIONS, open_batch
from db.models import CaseMove, Change, Channel, Pipeline, Stage, StageChange, User
from db.scope import CREATE, OutOfScope

_CHANNELS = {"contact": "contact_id", "organisation": "organisation_id"}


class Stages:
    """Stages, people and the currency of rows that name none, read once for an import."""

    def __init__(self, work: Work, *, currency: str = "") -> None:
        self.by_id = {
            stage.id: (stage.kind, stage.pipeline_id)
            for stage in work.session.execute(select(Stage.id, Stage.kind, Stage.pipeline_id))
        }
        self.currency = currency or firm(work.session).currency
        statement = select(Stage.id).join(Pipeline, Stage.pipeline_id == Pipeline.id).limit(1)
        order = (Pipeline.is_active.desc(), Pipeline.position, Pipeline.id, Stage.position, Stage.id)
        self.first = work.session.scalars(statement.order_by(*order)).first()
        self.team_of = {row.id: row.team_id for row in work.session.execute(select(User.id, User.team_id))}


def defaults(entity: str, now: datetime) -> dict[str, Any]:
    """A value for every column of an entity's table, as the models would fill it in."""
    table: Table = registry.model(entity).__table__
    row: dict[str, Any] = {}
    for column in table.c:
        if column.primary_key:
            continue
        # The type stubs know only the base of the two kinds of default that the models use.
        default: Any = column.default
        row[column.name] = (
            None if default is None else default.arg if default.is_scalar else default.arg(None)
        )
    for name in ("created_at", "changed_at", "stage_since"):
        if name in row:
            row[name] = now
    if entity == "case":
        row |= dict.fromkeys(case_rows.TOLD)
    row |= dict.fromkeys(unit_rows.TOLD.get(entity, ()))
    return row


def derive(entity: str, row: dict[str, Any], stages: Stages, now: datetime) -> None:
    """Fill in what follows from a row's own values; the row holds a value for every column."""
    if entity == "contact":
        parts = " ".join(part for part in (row.get("first_name"), row.get("last_name")) if part)
        row["name"] = row["name"] or parts or row.get("email") or None
    if entity in unit_rows.ENTITIES:
        unit_rows.complete(entity, row, stages.currency, now)
    if "name_key" in row and row["name"]:
        row["name_key"] = name_key(row["name"])
    if "currency" in row and row["currency"] is None and entity in ("deal", "deal_line", "order_line"):
        row["currency"] = stages.currency
    if entity == "deal":
        _deal(row, stages, now)
    if entity == "case":
        case_rows.complete(row, now)
    if entity == "social_post":
        social_rules.complete(row, zone())
    if entity == "deal_line" and row["amount_minor"] is None and row["unit_price_minor"] is not None:
        row["amount_minor"] = round(row["quantity"] * row["unit_price_minor"] * (1 - row["discount"]))


def _deal(row: dict[str, Any], stages: Stages, now: datetime) -> None:
    row["stage_id"] = row["stage_id"] or stages.first
    kind, pipeline = stages.by_id.get(row["stage_id"], ("open", None))
    if pipeline is not None:
        row["pipeline_id"], row["status"] = pipeline, kind
    day: date | None = row["opened_on"] if kind == "open" else row["closed_on"] or row["opened_on"]
    row["stage_since"] = now if day is None else datetime.combine(day, time(12), UTC)


def follow_changes(
    entity: str, old: Mapping[str, Any], new: dict[str, Any], stages: Stages, now: datetime
) -> None:
    """Add to the new values of an existing row what follows from them."""
    if entity == "contact" and new.keys() & {"first_name", "last_name"} and "name" not in new:
        parts = [new.get(name, old.get(name)) for name in ("first_name", "last_name")]
        new["name"] = " ".join(part for part in parts if part) or old["name"]
    if entity == "deal" and "stage_id" in new:
        after = {**old, **new, "stage_id": new["stage_id"]}
        after.setdefault("opened_on", None)
        after.setdefault("closed_on", None)
        _deal(after, stages, now)
        new.update({name: after[name] for name in ("pipeline_id", "status", "stage_since")})
    if entity == "case":
        case_rows.follow(old, new, now)
    if entity == "social_post" and new.get("published_at") is not None:
        weekday, hour = social_rules.clock_of(new["published_at"], zone())
        new |= {"weekday": new.get("weekday", weekday), "hour": new.get("hour", hour)}
    if new.get("owner_id") is not None and "team_id" not in new and stages.team_of.get(new["owner_id"]):
        new["team_id"] = stages.team_of[new["owner_id"]]
    for name in [name for name in new if name in old and new[name] == old[name]]:
        del new[name]


def own(work: Work, row: dict[str, Any], stages: Stages) -> None:
    """A new row belongs to whoever the file names, else to whoever imports it; its team is the owner's."""
    if "owner_id" not in row:
        return
    actor = work.actor
    if row["owner_id"] is None and row["team_id"] is None:
        row["owner_id"] = actor.user_id
    if row["team_id"] is None and row["owner_id"] is not None:
        mine = row["owner_id"] == actor.user_id and actor.teams
        row["team_id"] = actor.teams[0] if mine else stages.team_of.get(row["owner_id"])


def new_rows(work: Work, entity: str, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Complete rows from some values each, owned by the actor."""
    stages = Stages(work)
    base = defaults(entity, work.now)
    rows = []
    for values in given:
        row = {**base, **values}
        own(work, row, stages)
        derive(entity, row, stages, work.now)
        rows.append(row)
    return rows


class Inserter:
    """Stores complete rows of one entity under an import, with log entries and what belongs to the rows."""

    def __init__(self, work: Work, entity: str, import_id: int | None) -> None:
        self.work, self.entity, self.import_id = work, entity, import_id
        self.cls = registry.model(entity)
        self.table: Table = self.cls.__table__
        self.connection = work.session.connection()

    def insert(self, rows: list[dict[str, Any]]) -> list[int]:
        """Store the rows and give their ids, in order.

        Raises
        ------
        OutOfScope
            The actor may not create such rows, or not for their owners.
        """
        if not rows:
            return []
        self._demand(rows)
        ids = self._ids(len(rows))
        for record, row in zip(ids, rows, strict=True):
            row["id"] = record
            if registry.card(self.entity).number and row["number"] is None:
                row["number"] = number_of(self.entity, record)
            row["import_id"] = self.import_id
        with in_bulk(self.connection, self.table.name, made=ids):
            insert_rows(self.connection, self.table, rows)
        self._log(ids)
        self._follow(ids)
        return ids

    def _send(self, statement: Any, rows: Any = None) -> Any:
        return self.connection.execute(statement, rows, execution_options=SYSTEM_OPTIONS)

    def _demand(self, rows: list[dict[str, Any]]) -> None:
        name = registry.rights_name(self.entity)
        if not self.work.actor.may(name, CREATE):
            raise OutOfScope(f"No right to create {name}.", entity=name, action=CREATE)
        if "owner_id" not in self.table.c:
            return
        for owner, team in {(row["owner_id"], row["team_id"]) for row in rows}:
            if not self.work.actor.holds(name, CREATE, owner_id=owner, team_id=team):
                raise OutOfScope(f"The {name} lies outside your reach.", entity=name, action=CREATE)

    def _ids(self, count: int) -> list[int]:
        """Numbers for new rows, so that everything that points to them can be stored in bulk as well."""
        if self.connection.dialect.name == "postgresql":
            sequence = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :n)")
            return [int(row[0]) for row in self._send(sequence, {"name": self.table.name, "n": count})]
        # The transaction holds SQLite's only write lock: nobody else can take these numbers.
        last = self._send(select(func.max(self.table.c.id))).scalar() or 0
        return list(range(last + 1, last + count + 1))

    def _log(self, ids: list[int]) -> None:
        batch = open_batch(self.work.session, import_id=self.import_id)
        mine = self.table.c.id.between(ids[0], ids[-1]) & (self.table.c.import_id == self.import_id)
        columns = ["batch_id", "entity", "record_id", "op"]
        made = select(literal(batch), literal(self.table.name), self.table.c.id, literal("C")).where(mine)
        self._send(insert(Change).from_select(columns, made))

    def follow_updates(self, changed: Sequence[tuple[int, Mapping[str, Any], Mapping[str, Any]]]) -> None:
        """Keys, stage history and channels of updated rows; each row as id, old values, new values."""
        keys = [
            {"row_id": record, "key": name_key(new["name"])} for record, _old, new in changed if "name" in new
        ]
        if keys and "name_key" in self.table.c:
            statement = (
                update(self.table)
                .where(self.table.c.id == bindparam("row_id"))
                .values(name_key=bindparam("key"))
            )
            self._send(statement, keys)
        if self.entity == "deal":
            moves = [
                {
                    "deal_id": record, "from_stage_id": old["stage_id"], "to_stage_id": new["stage_id"],
                    "at": new.get("stage_since", self.work.now), "user_id": self.work.actor.user_id,
                    "import_id": self.import_id,
                }
                for record, old, new in changed
                if "stage_id" in new
            ]  # fmt: skip
            if moves:
                self._send(insert(StageChange), moves)
        if self.entity == "case" and (steps := case_rows.later_moves(self.work, changed, self.import_id)):
            self._send(insert(CaseMove), steps)
        for kind in ("email", "phone") if self.entity in _CHANNELS else ():
            self._channels([(record, new[kind]) for record, _old, new in changed if new.get(kind)], kind)

    def _channels(self, reached: list[tuple[int, str]], kind: str) -> None:
        """A new address becomes the primary one; the one before stays as a further one."""
        if not reached:
            return
        holder = getattr(Channel, _CHANNELS[self.entity])
        mine = (holder == bindparam("row_id")) & (Channel.kind == kind)
        self._send(
            update(Channel).where(mine).values(is_primary=False),
            [{"row_id": r} for r, _v in reached],
        )
        same = mine & (Channel.value == bindparam("reached_at"))
        named = [{"row_id": record, "reached_at": value} for record, value in reached]
        self._send(update(Channel).where(same).values(is_primary=True), named)
        ids = [record for record, _value in reached]
        known: set[tuple[int, str]] = set()
        for start in range(0, len(ids), 5_000):
            found = select(holder, Channel.value).where(
                holder.in_(ids[start : start + 5_000]), Channel.kind == kind
            )
            known.update((int(row[0]), str(row[1])) for row in self._send(found))
        made = [
            {_CHANNELS[self.entity]: record, "kind": kind, "value": value, "is_primary": True}
            for record, value in reached
            if (record, value) not in known
        ]
        if made:
            self._send(insert(Channel), made)

    def _follow(self, ids: list[int]) -> None:
        mine = self.table.c.id.between(ids[0], ids[-1]) & (self.table.c.import_id == self.import_id)
        if self.entity == "deal":
            entered = select(
                self.table.c.id, self.table.c.stage_id, self.table.c.stage_since,
                literal(self.work.actor.user_id, StageChange.user_id.type), literal(self.import_id),
            ).where(mine)  # fmt: skip
            self._send(
                insert(StageChange).from_select(
                    ["deal_id", "to_stage_id", "at", "user_id", "import_id"], entered
                )
            )
        if self.entity == "case":
            opened = case_rows.first_moves(self.work, self.table, mine, self.import_id)
            self._send(insert(CaseMove).from_select(case_rows.MOVE_COLUMNS, opened))
        for kind in ("email", "phone") if self.entity in _CHANNELS else ():
            value = self.table.c[kind]
            reached = select(self.table.c.id, literal(kind), value, literal(True)).where(
                mine, value.is_not(None)
            )
            self._send(
                insert(Channel).from_select([_CHANNELS[self.entity], "kind", "value", "is_primary"], reached)
            )
