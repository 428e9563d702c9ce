"""What a field and an entity are. The registry (``crm.records.registry``) fills these from the mapped columns' ``info``;
generic list, form, filter, import, export, API and change log read nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from crm.i18n import _


class Kind(StrEnum):
    """How a value is entered, checked, shown, compared and parsed."""

    TEXT = "text"
    LONGTEXT = "longtext"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    INTEGER = "integer"
    NUMBER = "number"
    PERCENT = "percent"  # stored 0 to 1
    MONEY = "money"  # integer minor units; the currency stands in the field named by ``currency_field``
    CURRENCY = "currency"  # ISO 4217 code
    DATE = "date"
    DATETIME = "datetime"  # aware, UTC in the database
    BOOLEAN = "boolean"
    CHOICE = "choice"
    LINK = "link"  # id of a record of the entity named by ``link``
    TAGS = "tags"  # list of short texts


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value of a CHOICE field and the label people see."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity.

    ``name`` is the attribute and column name (``amount_minor``, ``organisation_id``); ``aliases`` are other names
    that exports of other programs use for it, for guessing a mapping.
    """

    name: str
    label: str
    kind: Kind
    required: bool = False
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    link: str = ""
    currency_field: str = ""
    personal: bool = False
    searchable: bool = False
    filterable: bool = False
    sortable: bool = False
    importable: bool = True
    exportable: bool = True
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    aliases: tuple[str, ...] = ()
    help: str = ""
    group: str = ""
    own: bool = False  # the program keeps it: only our own export brings it, with a new record
    custom: bool = False  # an own field of the firm: the value stands in the row's ``custom`` JSON

    def names(self) -> dict[str, str]:
        """The allowed values as people read them, by what is stored."""
        return {choice.value: _(choice.label) for choice in self.choices}


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of record. ``keys`` are the fields that can identify a row from outside, best first."""

    name: str
    label: str
    plural: str
    icon: str
    title_field: str
    fields: tuple[Field, ...]
    keys: tuple[str, ...] = ()
    page: str = ""
    aliases: tuple[str, ...] = ()
    by_name: dict[str, Field] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        self.by_name.update({f.name: f for f in self.fields})

    def __getitem__(self, name: str) -> Field:
        return self.by_name[name]
