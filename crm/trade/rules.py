"""The rules of orders and their lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from crm.i18n import _, ngettext
from crm.records.rules import Draft, Facts, Road, Rules, take_owner
from crm.records.writing.bulk import known
from crm.records.writing.writer import Writer
from crm.trade.totals import uneven
from db.models import Order, OrderLine

#: What a line carries of its order, so that slices need no join: column of the line to column of the order.
_OF_ORDER = {
    "sold_on": "ordered_on", "organisation_id": "organisation_id", "contact_id": "contact_id", "channel": "channel",
    "region": "region",
}  # fmt: skip


#: What goes on following it, where the line says nothing else.
_FOLLOWS = _OF_ORDER | {name: name for name in ("owner_id", "team_id", "archived_at")}


class OrderRules(Rules):
    """What lines carry of their order follows the order when that is corrected, given to others or put away."""

    def after(self, writer: Writer, drafts: Sequence[Draft], facts: Facts) -> None:
        moved = {d.row["id"]: d for d in drafts if not d.is_new and any(map(d.moved, _FOLLOWS.values()))}
        if not moved:
            return
        columns = [getattr(OrderLine, name) for name in ("id", "order_id", *_FOLLOWS)]
        asked = select(*columns).where(writer.among(OrderLine.order_id, sorted(moved)))
        changes = []
        for line in writer.send(asked).mappings():
            order = moved[line["order_id"]]
            new = {
                name: order.row[at]
                for name, at in _FOLLOWS.items()
                if order.moved(at) and line[name] == order.old(at)
            }
            changes.append((line["id"], line, new))
        writer.change(OrderLine, changes)


@dataclass(slots=True)
class _Orders(Facts):
    by_id: dict[int, dict[str, Any]]


_NAMED = 5


class OrderLineRules(Rules):
    """A line takes over from its order what it does not say itself."""

    def facts(self, road: Road, drafts: Sequence[Draft]) -> _Orders:
        ids = [d.row["order_id"] for d in drafts if d.has("order_id")]
        return _Orders(road, known(road.work.session, Order, ids, *_OF_ORDER.values(), "owner_id", "team_id"))

    def complete(self, draft: Draft, facts: _Orders) -> None:
        order = facts.by_id.get(draft.row["order_id"] or 0) if draft.has("order_id") else None
        if order is None:
            return
        for name, at in _OF_ORDER.items():
            if draft.row[name] is None:
                draft.row[name] = order[at]
        if draft.is_new:
            take_owner(draft, order, "order", facts.road)

    def problems(self, draft: Draft, facts: _Orders) -> None:
        if draft.has("order_id") and draft.row["order_id"] not in facts.by_id:
            draft.refuse("order_id", _("There is no such order, or it is not yours to see. Choose an order."))

    def finish(self, writer: Writer, parents: Mapping[str, set[int]]) -> Iterable[str]:
        """Tell of orders whose lines are not the total that the order says."""
        found = uneven(writer.work.session, parents.get("order_id", ()))
        if not found:
            return ()
        told = ngettext(
            "{n:,} order has lines that do not add up to its total: {all}.",
            "{n:,} orders have lines that do not add up to their totals: {all}.",
            len(found),
        )
        named = ", ".join(row.number for row in found[:_NAMED]) + (" …" if len(found) > _NAMED else "")
        return (told.format(n=len(found), all=named),)
