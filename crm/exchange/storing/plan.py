"""What an import is to do: which file feeds which entity, column by column. Profiles and the wizard make plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter

from crm import clock

CREATE, UPDATE, UPSERT = "create", "update", "upsert"
MODES = (CREATE, UPDATE, UPSERT)
FAIL, EMPTY = "fail", "empty"
MISSING = (CREATE, EMPTY, FAIL)


@dataclass(frozen=True, slots=True)
class Lookup:
    """How the text of a link column finds its record.

    Attributes
    ----------
    by : str
        Field of the linked entity that holds the text; found by the entity's keys and its name when empty.
    missing : "create", "empty" or "fail"
        What happens when there is none: make it, leave the link empty, or fail the row.
    near : bool
        Take the nearest name when it is near enough and no other is.
    create : mapping of field to value
        Further values of records that are made.
    beside : str
        Column of our own export that holds the number, code or address of the record that the text names.
    """

    by: str = ""
    missing: str = FAIL
    near: bool = False
    create: Mapping[str, Any] = field(default_factory=dict)
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One file (or sheet) into one entity.

    Attributes
    ----------
    columns : mapping of field to column
    constants : mapping of field to text
        The same value for every row, written as a cell would be.
    templates : mapping of field to text
        Columns in braces are filled in: ``"{product} for {account}"``; signs around an empty one go with it.
    formulas : mapping of field to text
        Numbers counted from columns in braces: ``"{Quantity} * {Unit price} * (1 - {Discount})"``.
    values : mapping of field to (text of the file to value of the field)
    lookups : mapping of link field to Lookup
    scale : mapping of field to factor ("in millions": 1e6)
    key : fields that together identify a row; the first of the entity's keys that has a column when empty
    distinct : bool
        The first row of each key counts, the others are no rows of this entity.
    where : mapping of column to allowed texts
        Rows with another text are no rows of this step.
    overwrite : bool
        False: an update only fills fields that are empty in the database.
    orders : mapping of field to order of day, month and year
        For columns that are written otherwise than the rest of the file (``date_order``).
    ids : str
        Column of our own export that holds its records' ids; a row with no key is the record of that id and title.
    keep_sums : bool
        Amounts finer than the currency's unit are rounded so that running totals stay right, instead of each for
        itself: no line is off by a whole unit, and ten thousand lines add up to what the file adds up to.
    """

    file: str
    entity: str
    columns: Mapping[str, str]
    mode: str = UPSERT
    key: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    formulas: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    scale: Mapping[str, float] = field(default_factory=dict)
    distinct: bool = False
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    overwrite: bool = True
    keep_sums: bool = False
    ids: str = ""
    sheet: str = ""
    encoding: str | None = None
    separator: str | None = None
    header_line: int | None = None
    short_lines: str = FAIL
    date_order: str = ""
    decimal: str = ""
    orders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole import: its steps in order, and what holds for all of them.

    ``on_problem``: "fail" leaves a row out when one of its cells cannot be read, "empty" stores it without that
    cell. ``on_missing_parent`` is what lookups do that say nothing themselves. ``zone`` is that of times without one; the
    firm's when empty, as for ``currency`` and ``region``.
    """

    name: str
    steps: tuple[Step, ...]
    currency: str = ""
    region: str = ""
    zone: str = field(default_factory=clock.time_zone)
    date_order: str = ""
    decimal: str = ""
    on_problem: str = FAIL
    on_missing_parent: str = FAIL

    def as_json(self) -> dict[str, Any]:
        """The plan as it stands in the journal."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Plan:
        """The plan that ``as_json`` wrote."""
        return _READ.validate_python(stored)


_READ = TypeAdapter(Plan)
