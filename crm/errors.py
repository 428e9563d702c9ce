"""Problems that people are told about. Anything else is a bug and stays one.

CrmError
├── Refused       422  a rule or a value says no
├── NotAllowed    403  this person may not
├── NotFound      404  it is not there, or not for this person
├── Conflict      409  somebody else was first
└── Unavailable   503  something needed is away
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint about one field: ``field`` is the registry name, ``message`` says the remedy."""

    field: str
    message: str


class CrmError(Exception):
    """Base of all problems shown to people; ``message`` says what happened and what to do next."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Refused(CrmError):
    """The values or the situation do not allow it; ``problems`` lists every complaint at once."""

    status = 422

    def __init__(self, message: str, *, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class NotAllowed(CrmError):
    """The actor's role does not allow this action."""

    status = 403


class NotFound(CrmError):
    """No such record within the actor's scope."""

    status = 404


class Conflict(CrmError):
    """The record changed since it was read, or a unique value is taken."""

    status = 409

    def __init__(
        self,
        message: str,
        *,
        mine: dict[str, object] | None = None,
        theirs: dict[str, object] | None = None,
        version: int | None = None,
    ) -> None:
        super().__init__(message)
        # The version that ``theirs`` was read from: whoever decides after seeing both has seen this one.
        self.version = version
        self.mine = mine or {}
        self.theirs = theirs or {}


class Unavailable(CrmError):
    """A part Rapport depends on does not answer."""

    status = 503


class Bad(Exception):
    """The value cannot be stored; the text says what would be right."""
