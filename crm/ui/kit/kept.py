"""Reads that are remembered for a while, kept apart by what the person may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import streamlit as st

from crm.i18n import spoken
from crm.work import Actor, cache_key, reading
from db.scope import ScopedSession

P = ParamSpec("P")
T = TypeVar("T")


class Kept(Generic[P, T]):
    """A read (a function of a session and what is asked) that takes an actor and is done again only after ``ttl``.

    Everybody shares what is kept, so what the person may see and reads (:func:`crm.work.cache_key`, the language) belongs
    to what it is kept under. Own writes show at once. ``most`` is how many answers are kept.
    """

    def __init__(
        self, read: Callable[Concatenate[ScopedSession, P], T], *, ttl: str = "2m", most: int = 100
    ) -> None:
        def remembered(scope: str, spoken: str, args: Any, named: Any, _actor: Actor) -> T:
            with reading(_actor) as session:
                return read(session, *args, **named)

        # Streamlit tells what is kept of one function from that of another by their names.
        remembered.__module__, remembered.__qualname__ = read.__module__, read.__qualname__
        self._kept = st.cache_data(ttl=ttl, max_entries=most, show_spinner=False)(remembered)

    def __call__(self, actor: Actor, *args: P.args, **named: P.kwargs) -> T:
        """What was read, at most ``ttl`` ago."""
        return self._kept(cache_key(actor), spoken(), args, named, actor)

    def clear(self) -> None:
        """Forget all of it, after a write; other servers follow when its time is over."""
        self._kept.clear()
