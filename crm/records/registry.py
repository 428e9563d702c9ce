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
from crm.records.fields import Choice, Entity, Field, Kind
from db.models import (
    Base,
    Campaign,
    CampaignArm,
    CampaignMember,
    Case,
    Category,
    Consent,
    Contact,
    Contract,
    Deal,
    DealLine,
    Equipment,
    EquipmentEvent,
    Failure,
    Interaction,
    Lead,
    LossReason,
    MaintenancePlan,
    MessageTemplate,
    MeterReading,
    Order,
    OrderLine,
    Organisation,
    PartChange,
    Pipeline,
    Product,
    Queue,
    Role,
    Segment,
    SocialAccount,
    SocialPost,
    Stage,
    Task,
    Team,
    User,
    WebForm,
    WorkOrder,
)

#: Entities with list, form and import, under the name used in addresses, profiles and the API.
MODELS: dict[str, type[Any]] = {
    "team": Team,
    "user": User,
    "organisation": Organisation,
    "contact": Contact,
    "category": Category,
    "product": Product,
    "segment": Segment,
    "campaign": Campaign,
    "campaign_arm": CampaignArm,
    "lead": Lead,
    "deal": Deal,
    "deal_line": DealLine,
    "order": Order,
    "order_line": OrderLine,
    "interaction": Interaction,
    "equipment": Equipment,
    "contract": Contract,
    "case": Case,
    "maintenance_plan": MaintenancePlan,
    "work_order": WorkOrder,
    "failure": Failure,
    "part_change": PartChange,
    "meter_reading": MeterReading,
    "equipment_event": EquipmentEvent,
    "task": Task,
    "campaign_member": CampaignMember,
    "consent": Consent,
    "message_template": MessageTemplate,
    "web_form": WebForm,
    "social_account": SocialAccount,
    "social_post": SocialPost,
}
#: Small tables that others link to by name and that have no list of their own.
LINKED: dict[str, type[Any]] = {
    "pipeline": Pipeline,
    "stage": Stage,
    "loss_reason": LossReason,
    "queue": Queue,
    "role": Role,
}


def model(entity: str) -> type[Any]:
    """The mapped class of an entity or linked table.

    Raises
    ------
    NotFound
        No entity has this name.
    """
    found = MODELS.get(entity) or LINKED.get(entity)
    if found is None:
        raise NotFound(
            _("There is no kind of record called “{name}”. Known: {known}.").format(
                name=entity, known=", ".join(MODELS)
            )
        )
    return found


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
    fields = tuple(
        _field(a.key, a.columns[0].info, a.columns[0])
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
        page=about.get("page", ""),
        aliases=tuple(about.get("aliases", ())),
    )


def entities() -> list[Entity]:
    """All entities, parents before children: an order in which related files can be imported."""
    return [entity(name) for name in MODELS]


def entity_of_table(table: str) -> str:
    """The entity whose rows stand in a table, for the change log; empty when it has none."""
    return next((name for name, cls in MODELS.items() if cls.__tablename__ == table), "")


def unique_together(name: str) -> list[tuple[str, ...]]:
    """Groups of columns that together may stand only once in an entity's table, the most particular link first."""
    found = (c for c in model(name).__table__.constraints if isinstance(c, UniqueConstraint))
    return [tuple(reversed([column.name for column in c.columns])) for c in found if len(c.columns) > 1]


def rights_name(name: str) -> str:
    """The name under which rights on an entity are granted; children share their parent's."""
    return str(model(name).__entity__)


def _field(name: str, info: dict[str, Any], column: Any) -> Field:
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
        in_list=info.get("list", False),
        in_form=info.get("form", False),
        searchable=info.get("search", False),
        filterable=info.get("filter", False),
        sortable=info.get("sort", False),
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
