"""What a report is asked, in words: days as texts, people, teams and products by their names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select

from crm.errors import NotFound, Problem, Refused
from crm.i18n import _
from crm.reporting.catalogue import ALL, run_report
from crm.reporting.report import Report, SalesFilter
from db.models import Campaign, Pipeline, Product, Team, User
from db.scope import ScopedSession


def asked_report(session: ScopedSession, name: str, filters: str) -> Report:
    """A report with its filters as JSON: texts and lists of texts by the names in ``ALL``.

    Raises
    ------
    Refused, NotFound
        No JSON, a filter that is not there, a name that nobody has.
    """
    try:
        wanted = json.loads(filters) if filters else {}
    except (ValueError, RecursionError) as error:
        raise Refused(_("“filters” is not valid JSON.")) from error
    if not isinstance(wanted, dict):
        raise Refused(_("“filters” is an object of field names and values."))
    words: dict[str, list[str]] = {}
    for key, value in wanted.items():
        listed = value if isinstance(value, list) else [value]
        if key not in ALL or not all(isinstance(one, str) for one in listed) or len(listed) > 1_000:
            said = _("“{name}” is no filter of reports, or not in words. Possible: {names}.")
            said = said.format(name=key[:80], names=", ".join(ALL))
            raise Refused(said, problems=[Problem(key[:80], said)])
        words[key] = listed
    return run_report(session, name, chosen_in_words(session, words))


def chosen_in_words(session: ScopedSession, words: Mapping[str, Sequence[str]]) -> SalesFilter:
    """The filters of a report by the names in ``ALL``; names are those of records, whatever their capitals.

    Raises
    ------
    Refused, NotFound
        No day, or a name that nobody has: it is never ignored.
    """

    def ids(name: str, cls: type[Any], *columns: Any) -> tuple[int, ...]:
        return _ids(session, cls, list(columns), words.get(name, ()), name)

    return SalesFilter(
        start=_day(words.get("from", ()), "from"),
        end=_day(words.get("to", ()), "to"),
        teams=ids("team", Team, Team.name),
        owners=ids("owner", User, User.name, User.email),
        products=ids("product", Product, Product.name, Product.code),
        pipelines=ids("pipeline", Pipeline, Pipeline.name),
        sources=tuple(words.get("source", ())),
        campaigns=ids("campaign", Campaign, Campaign.name, Campaign.number),
    )


def _day(texts: Sequence[str], name: str) -> date | None:
    text = texts[-1] if texts else ""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        problem = Problem(name, _("Write the day as 2026-01-31."))
        message = _("{option} {text} is no day. Write it as 2026-01-31.").format(option=name, text=text[:80])
        raise Refused(message, problems=[problem]) from error


def _ids(
    session: ScopedSession, cls: type[Any], columns: list[Any], texts: Sequence[str], name: str
) -> tuple[int, ...]:
    found: list[int] = []
    for text in texts:
        same = or_(*(func.lower(column) == text.strip().lower() for column in columns))
        ids = session.scalars(select(cls.id).where(same)).all()
        if not ids:
            said = _("{option} {text}: there is none by this name.").format(option=name, text=text[:200])
            raise NotFound(said)
        found += ids
    return tuple(found)
