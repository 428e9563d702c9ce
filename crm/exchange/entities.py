"""What a file can hold of an entity: its fields, and what other tables keep of it, as its area hands it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

from crm.records import registry
from crm.records.fields import Entity, Field
from crm.records.writing.writer import Writer
from crm.register import Register


class Beside(Protocol):
    """Fields that a file may feed and other tables hold: further addresses of a contact, for example.

    ``chains`` names, for a field, those that take what stands beside a first value in the same cell, in order.
    """

    fields: tuple[Field, ...]
    chains: Mapping[str, tuple[str, ...]]

    def store(self, writer: Writer, entity: str, rows: Mapping[int, Mapping[str, Any]]) -> set[int]:
        """Store what is not there yet; gives the records that something came to."""
        ...


def entity(name: str) -> Entity:
    """The entity as a file sees it."""
    about, further = registry.entity(name), beside(name)
    return about if further is None else _whole(about, further.fields)


def beside(name: str) -> Beside | None:
    """What other tables hold of an entity and a file may feed."""
    known = Register[Beside]("beside")
    return known.get(name)


@lru_cache(maxsize=200)
def _whole(about: Entity, further: tuple[Field, ...]) -> Entity:
    return replace(about, fields=(*about.fields, *further), by_name={})
