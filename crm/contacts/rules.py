"""The rules of contacts and organisations: names, and the addresses at which they are reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, select, update

from crm.i18n import _
from crm.records.rules import Draft, Facts, Rules
from crm.records.writing.writer import Writer
from db.models import Channel

_AT_ONCE = 5_000


class OrganisationRules(Rules):
    """E-mail and phone on the record are its primary channels; an older primary stays as a further one."""

    holder = "organisation_id"

    def after(self, writer: Writer, drafts: Sequence[Draft], facts: Facts) -> None:
        for kind in ("email", "phone"):
            fresh = [(d.row["id"], d.row[kind]) for d in drafts if d.is_new and d.row[kind]]
            writer.add(Channel, [self._channel(record, kind, value) for record, value in fresh])
            self._replace(writer, kind, [d for d in drafts if not d.is_new and d.moved(kind)])

    def _channel(self, record: int, kind: str, value: str) -> dict[str, Any]:
        return {self.holder: record, "kind": kind, "value": value, "is_primary": True}

    def _replace(self, writer: Writer, kind: str, drafts: Sequence[Draft]) -> None:
        if not drafts:
            return
        holder = getattr(Channel, self.holder)
        mine = (holder == bindparam("row_id")) & (Channel.kind == kind)
        writer.send(
            update(Channel).where(mine).values(is_primary=False), [{"row_id": d.row["id"]} for d in drafts]
        )
        named = [{"row_id": d.row["id"], "reached_at": d.row[kind]} for d in drafts if d.row[kind]]
        if not named:
            return
        same = mine & (Channel.value == bindparam("reached_at"))
        writer.send(update(Channel).where(same).values(is_primary=True), named)
        # What is used again is valid again.
        over = same & (Channel.valid_until < writer.road.today)
        writer.send(update(Channel).where(over).values(valid_until=None), named)
        there = self._there(writer, kind, [row["row_id"] for row in named])
        missing = [row for row in named if (row["row_id"], row["reached_at"]) not in there]
        # With a log of their own: an undo takes away those that came, and no other.
        writer.insert(Channel, [self._channel(row["row_id"], kind, row["reached_at"]) for row in missing])

    def _there(self, writer: Writer, kind: str, ids: Sequence[int]) -> set[tuple[int, str]]:
        holder, found = getattr(Channel, self.holder), set()
        for start in range(0, len(ids), _AT_ONCE):
            asked = select(holder, Channel.value).where(
                holder.in_(ids[start : start + _AT_ONCE]), Channel.kind == kind
            )
            found |= {(int(record), str(value)) for record, value in writer.send(asked)}
        return found


class ContactRules(OrganisationRules):
    """A contact is called by its first and last name unless somebody gave it a fuller one, or by its e-mail."""

    holder = "contact_id"

    def complete(self, draft: Draft, facts: Facts) -> None:
        row = draft.row
        parts = _joined((row["first_name"], row["last_name"]))
        # A full name may hold more than its two parts ("Dr. Ana M. Olivares"); it follows them only when they change.
        if not row["name"] or (parts and draft.has("first_name", "last_name") and not draft.has("name")):
            row["name"] = parts or row["email"]

    def problems(self, draft: Draft, facts: Facts) -> None:
        if draft.has("birth_date") and draft.row["birth_date"] and draft.row["birth_date"] > facts.road.today:
            draft.refuse("birth_date", _("The birth date lies ahead. Correct it, or leave it blank."))


def _joined(parts: Iterable[str | None]) -> str:
    return " ".join(part for part in parts if part)
