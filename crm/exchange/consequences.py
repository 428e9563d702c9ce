"""What follows from a step as a whole, once all its rows are stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from crm.work import Work

#: Called with the import and, for each link field of the step, the records that its rows belong to.
Consequence = Callable[[Work, int, Mapping[str, set[int]]], None]
#: By entity as ``module:function``, loaded only when such rows came in.
_AFTER = {"campaign_member": "crm.campaigns.runs.member_files:settle"}


def consequence(entity: str) -> Consequence | None:
    """What is to be done after a step of an entity, None for nothing."""
    if entity not in _AFTER:
        return None
    module, name = _AFTER[entity].split(":")
    found: Consequence = getattr(import_module(module), name)
    return found
