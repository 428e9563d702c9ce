"""Threads that belong to one purpose: what waits for the database elsewhere cannot use them up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

T = TypeVar("T")


class Threads:
    """At most so many threads at once; the others of the same purpose wait."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._limiter: RunVar[CapacityLimiter] = RunVar(f"threads {id(self)}")

    async def run(self, call: Callable[..., T], *args: object) -> T:
        """The result of ``call(*args)``; whoever stops waiting leaves the thread to end by itself."""
        try:
            limiter = self._limiter.get()
        except LookupError:
            limiter = CapacityLimiter(self._most)
            self._limiter.set(limiter)
        return await to_thread.run_sync(call, *args, limiter=limiter, abandon_on_cancel=True)
