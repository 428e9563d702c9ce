"""What was changed on a unit or a visit, by whom."""

from __future__ import annotations

from crm.interactions.timeline import timeline
from crm.records import registry
from crm.records.view import RecordView
from crm.ui.records.timeline import show_timeline, shown_steps
from crm.work import Actor, reading


def show_changes(actor: Actor, entity: str, view: RecordView) -> None:
    """The change log of the record, newest first, with a way to older entries."""
    key = f"{entity}_{view.id}"
    with reading(actor) as session:
        entries = timeline(session, entity, view.id, limit=shown_steps(key) + 1)
    show_timeline(
        actor,
        entries,
        registry.entity(entity),
        key=key,
        currency=view.values.get("currency") or "EUR",
        begun=view.values["created_at"],
    )
