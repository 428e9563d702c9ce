"""Create, change, archive and restore any record of the registry: checked, versioned, logged, within scope."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import inspect

from crm.errors import Conflict, NotFound, Problem, Refused
from crm.i18n import _
from crm.records import registry
from crm.records.checks import check_values
from crm.records.fields import Entity, Kind
from crm.records.prepare import follow
from crm.work import Work
from db.scope import ScopedSession

#: Chosen from people's rows when a form leaves them blank.
OWNER_FIELDS = ("owner_id", "team_id")
#: Needed fields that follow from others when left blank: a name from its parts, a stage from the first pipeline.
FOLLOWS = {
    "contact": {"name"},
    "deal": {"pipeline_id", "stage_id"},
    "equipment": {"name"},
    "interaction": {"subject"},
    "social_post": {"title"},
}

#: May clash with what was stored while they were away, so that bringing them back is checked like a change.
WATCHED = frozenset({"contract"})


def get_record(session: ScopedSession, entity: str, record_id: int) -> dict[str, Any]:
    """All values of one record, as plain data.

    Raises
    ------
    NotFound
        No such record, or not one this actor may see.
    """
    return _plain(_find(session, entity, record_id))


def _find(session: ScopedSession, entity: str, record_id: int) -> Any:
    row = session.get(registry.model(entity), record_id)
    if row is None:
        raise NotFound(
            _("There is no {label} {id}, or it is not yours to see.").format(
                label=_label(entity), id=record_id
            )
        )
    return row


def _label(entity: str) -> str:
    return _(registry.model(entity).__about__.get("label", entity)).lower()


def _plain(row: Any) -> dict[str, Any]:
    return {a.key: getattr(row, a.key) for a in inspect(row).mapper.column_attrs}


def create_record(work: Work, entity: str, values: dict[str, Any]) -> dict[str, Any]:
    """Store a new record. Amounts are in minor units, times aware; blanks take the defaults.

    Returns
    -------
    dict
        Every stored value, ``id`` and ``version`` included.

    Raises
    ------
    Refused
        With one ``Problem`` per wrong field.
    NotAllowed
        The actor may not create such a record, or not for that owner.
    """
    about = registry.entity(entity)
    # A blank that follows from other values is no wrong value; whether they suffice is seen below.
    values = {k: v for k, v in values.items() if v not in (None, "") or k not in FOLLOWS.get(entity, ())}
    stored, problems = check_values(about.by_name, values)
    problems += _missing(about, stored, {p.field for p in problems})
    _refuse(about, problems)
    row = registry.model(entity)(**{k: v for k, v in stored.items() if v is not None})
    _own(work, row, entity)
    _prepare(work, entity, row, set(stored))
    work.session.add(row)
    work.session.flush()
    return _plain(row)


def _missing(about: Entity, stored: dict[str, Any], already: set[str]) -> list[Problem]:
    """Needed fields that nothing fills: no value, no default of the column, nothing that follows from other values."""
    follows = FOLLOWS.get(about.name, set())
    if about.name == "contact" and not (stored.get("first_name") or stored.get("last_name")):
        follows = set()
    columns = registry.model(about.name).__table__.c
    return [
        Problem(f.name, _("{label} is needed.").format(label=_(f.label)))
        for f in about.fields
        if f.required
        and stored.get(f.name) is None
        and f.name not in already | follows
        and columns[f.name].default is None
    ]


def _own(work: Work, row: Any, entity: str) -> None:
    """A new record belongs to whoever makes it, unless they gave it to somebody."""
    if not hasattr(row, "owner_id"):
        return
    if row.owner_id is None and row.team_id is None:
        row.owner_id = work.actor.user_id
    if row.team_id is None:
        row.team_id = (
            work.actor.teams[0]
            if work.actor.teams and row.owner_id == work.actor.user_id
            else _team_of(work, row.owner_id)
        )


def _team_of(work: Work, user_id: int | None) -> int | None:
    user = work.session.get(registry.model("user"), user_id) if user_id else None
    return user.team_id if user else None


def _prepare(work: Work, entity: str, row: Any, changed: set[str]) -> None:
    # Half a change must not be sent: it would take a version of its own.
    with work.session.no_autoflush:
        follow(work, entity, row, changed)


def _refuse(about: Entity, problems: list[Problem]) -> None:
    if problems:
        first = (
            problems[0].message
            if len(problems) == 1
            else _("{n} fields need attention.").format(n=len(problems))
        )
        raise Refused(
            _("The {label} was not stored. {first}").format(label=_(about.label).lower(), first=first),
            problems=problems,
        )


def update_record(
    work: Work, entity: str, record_id: int, values: dict[str, Any], *, seen_version: int
) -> dict[str, Any]:
    """Change some fields of a record.

    Raises
    ------
    Conflict
        Somebody changed the record since ``seen_version``; ``mine`` and ``theirs`` hold both values of the fields that differ.
    Refused, NotFound, NotAllowed
        As ``create_record``.
    """
    about = registry.entity(entity)
    row = _find(work.session, entity, record_id)
    stored, problems = check_values(about.by_name, values)
    problems += _emptied(about, stored)
    _refuse(about, problems)
    demand_version(row, seen_version, stored, label=_(about.label).lower())
    changed = {k for k, v in stored.items() if getattr(row, k) != v}
    for key in changed:
        setattr(row, key, stored[key])
    if changed:
        _follow_owner(work, row, changed)
        _prepare(work, entity, row, changed)
        work.session.flush()
    return _plain(row)


def _emptied(about: Entity, stored: dict[str, Any]) -> list[Problem]:
    """Fields that were emptied although their column must hold something."""
    columns = registry.model(about.name).__table__.c
    return [
        Problem(name, _("{label} is needed.").format(label=_(about[name].label)))
        for name, value in stored.items()
        if value is None and not columns[name].nullable
    ]


def _follow_owner(work: Work, row: Any, changed: set[str]) -> None:
    """A record given to somebody else goes to that person's team unless another team was chosen."""
    if "owner_id" in changed and "team_id" not in changed and row.owner_id is not None:
        row.team_id = _team_of(work, row.owner_id) or row.team_id


def demand_version(row: Any, seen_version: int, wanted: dict[str, Any], *, label: str) -> None:
    """Raise Conflict with both values when the row is no longer the one that was seen."""
    # Rows that only hang on another record, such as failures, have no version of their own.
    if getattr(row, "version", seen_version) == seen_version:
        return
    theirs = {k: getattr(row, k) for k, v in wanted.items() if getattr(row, k) != v}
    raise Conflict(
        _(
            "Someone else changed this {label} meanwhile. Nothing was stored; choose which values to keep."
        ).format(label=label),
        mine={k: wanted[k] for k in theirs},
        theirs=theirs,
        version=row.version,
    )


def archive_record(work: Work, entity: str, record_id: int, *, seen_version: int) -> dict[str, Any]:
    """Put a record away; nothing is lost, ``restore_record`` brings it back."""
    return _archived(work, entity, record_id, work.now, seen_version)


def restore_record(work: Work, entity: str, record_id: int, *, seen_version: int) -> dict[str, Any]:
    """Bring an archived record back."""
    return _archived(work, entity, record_id, None, seen_version)


def _archived(
    work: Work, entity: str, record_id: int, at: datetime | None, seen_version: int
) -> dict[str, Any]:
    row = _find(work.session, entity, record_id)
    demand_version(row, seen_version, {}, label=_label(entity))
    row.archived_at = at
    if at is None and entity in WATCHED:
        _prepare(work, entity, row, {"archived_at"})
    work.session.flush()
    return _plain(row)


def delete_line(work: Work, line_id: int, *, seen_version: int) -> None:
    """Take a line off its deal; the deal's amount follows."""
    from crm.records.prepare import retotal

    line = _find(work.session, "deal_line", line_id)
    demand_version(line, seen_version, {}, label=_label("deal_line"))
    deal = work.session.get(registry.model("deal"), line.deal_id)
    work.session.delete(line)
    work.session.flush()
    if deal is not None:
        retotal(work, deal)
        work.session.flush()


def shown(about: Entity, name: str, value: Any) -> Any:
    """A stored value as JSON and CSV carry it: ISO dates and times."""
    kind = about[name].kind if name in about.by_name else None
    if kind in (Kind.DATE, Kind.DATETIME) or isinstance(value, (date, datetime, time)):
        return value.isoformat() if value is not None else None
    return value
