"""The one field registry: every entity and field, read from the mapped columns' ``info`` and the firm's own fields.

Generic list, form, filter, import, export, API and change log are built from it; nothing else describes a field.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import UniqueConstraint, inspect
from sqlalchemy.orm import aliased

from crm.errors import NotFound
from crm.i18n import _
from crm.records.card import Card
from crm.records.fields import Choice, Entity, Field, Kind
from db.models.base import Base

_CARDS: dict[str, Card] = {}


def register(card: Card) -> None:
    """Make an entity known to every generic screen, file and road.

    Raises
    ------
    ValueError
        The card names a field that its model does not have, or its name is taken.
    """
    card.check()
    if card.name in _CARDS:
        raise ValueError(f"There are two cards called {card.name}.")
    _CARDS[card.name] = card
    _ordered.cache_clear()


def card(name: str) -> Card:
    """The card of an entity or small table.

    Raises
    ------
    NotFound
        No entity has this name.
    """
    if (found := _CARDS.get(name)) is None:
        raise NotFound(
            _("There is no kind of record called “{name}”. Known: {known}.").format(
                name=name, known=", ".join(names())
            )
        )
    return found


def is_known(name: str) -> bool:
    """True when an entity or small table has this name."""
    return name in _CARDS


def cards() -> tuple[Card, ...]:
    """The cards of all entities as the areas hand them in, the order in which screens name them; small tables are left out."""
    return tuple(one for one in _CARDS.values() if not one.is_small)


def names() -> tuple[str, ...]:
    """The names of all entities, parents before children: an order in which related files can be imported."""
    return tuple(_ordered())


@cache
def _ordered() -> dict[str, Card]:
    if not _CARDS:
        raise RuntimeError("No entity is registered. Import crm.areas first.")
    left = {one.name: one for one in cards()}
    found: dict[str, Card] = {}
    while left:
        free = (name for name, one in left.items() if not (_parents(one) & left.keys()) - {name})
        name = next(free, next(iter(left)))
        found[name] = left.pop(name)
    return found


def _parents(one: Card) -> set[str]:
    return {c.info["link"] for c in one.model.__table__.columns if c.info.get("link")}


def model(entity: str) -> type[Any]:
    """The mapped class of an entity or linked table.

    Raises
    ------
    NotFound
        No entity has this name.
    """
    return card(entity).model


def title_field(entity: str) -> str:
    """The column that names a row of an entity or linked table to people."""
    return str(model(entity).__about__.get("title", "name"))


@cache
def alias(entity: str, role: str) -> Any:
    """An entity under a second name, for joins by what it is there (``alias("user", "owner")``).

    Made once: a new one for each statement costs more than the database takes to answer.
    """
    return aliased(model(entity))


@cache
def entity(name: str) -> Entity:
    """The description of one entity with all its fields, in the order of the columns."""
    cls = model(name)
    about = cls.__about__
    sorts = hasattr(cls, "archived_at") and not about.get("long")
    fields = tuple(
        _field(a.key, a.columns[0].info, a.columns[0], sorts=sorts)
        for a in inspect(cls).column_attrs
        if "kind" in a.columns[0].info
    )
    return Entity(
        name=name,
        label=about["label"],
        plural=about["plural"],
        icon=about["icon"],
        title_field=about["title"],
        fields=fields,
        keys=tuple(about["keys"]),
        page=card(name).page,
        aliases=tuple(about.get("aliases", ())),
    )


def entities() -> list[Entity]:
    """All entities, parents before children: an order in which related files can be imported."""
    return [entity(name) for name in names()]


def word(entity_name: str, field: str, value: Any) -> str:
    """A value of an entity's CHOICE field as people read it."""
    return entity(entity_name)[field].names().get(value, str(value))


def entity_of_table(table: str) -> str:
    """The entity whose rows stand in a table, for the change log; empty when it has none."""
    return next((one.name for one in cards() if one.model.__tablename__ == table), "")


def unique_together(name: str) -> list[tuple[str, ...]]:
    """Groups of columns that together tell a record from others, the most particular link first.

    They may stand only once in the entity's table, or its model names them so.
    """
    cls = model(name)
    found = (c for c in cls.__table__.constraints if isinstance(c, UniqueConstraint))
    groups = [tuple(reversed([column.name for column in c.columns])) for c in found if len(c.columns) > 1]
    return [*groups, *cls.__about__.get("together", ())]


def number_within(name: str) -> str:
    """The link to the parent beneath which an entity's numbers stand once; empty where no such parent is."""
    return str(model(name).__about__.get("number_within") or "")


def rights_name(name: str) -> str:
    """The name under which rights on an entity are granted; children share their parent's."""
    return card(name).rights


#: What has no order of its own, or reads as another record's name.
_UNORDERED = {Kind.LONGTEXT, Kind.TAGS, Kind.LINK}


def _field(name: str, info: dict[str, Any], column: Any, *, sorts: bool) -> Field:
    """``sorts`` says that the rows are few enough to be ordered by any plain column, with an index or without."""
    length = getattr(column.type, "length", None)
    return Field(
        name=name,
        label=info["label"],
        kind=Kind(info["kind"]),
        required=info.get("required", False),
        unit=info.get("unit", ""),
        choices=tuple(Choice(value, label) for value, label in info.get("choices", ())),
        link=info.get("link", ""),
        currency_field=info.get("currency", ""),
        personal=info.get("personal", False),
        searchable=info.get("search", False),
        filterable=info.get("filter", False),
        sortable=info.get("sort", sorts and Kind(info["kind"]) not in _UNORDERED),
        importable=info.get("import", True),
        exportable=info.get("export", True),
        max_length=length,
        minimum=info.get("minimum"),
        maximum=info.get("maximum"),
        aliases=tuple(info.get("aliases", ())),
        help=info.get("help", ""),
        group=info.get("group", ""),
    )


def tables() -> list[type[Base]]:
    """Every mapped class, for the tests that list what is guarded and what is open."""
    return [m.class_ for m in Base.registry.mappers]
