"""The rules of a segment: a tree of conditions, checked value by value, with relative dates. No database.

``{"all": […]}``, ``{"any": […]}`` and ``{"not": …}`` join conditions. A condition is

- of the contact or its organisation: ``{"of": "contact", "field": "city", "is": "equals", "value": "Berlin"}``
- of records the contact has many of: ``{"of": "deal", "has": "any", "where": {"all": […]}}``; ``has`` is ``any``, ``none``,
  ``at_least`` with ``n``, or ``sum`` with ``field`` and ``value``; ``through`` is ``contact`` or ``organisation``, whose records
  count; the conditions inside are all about the same record.

A tree without conditions means every contact.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from crm.errors import Bad, Problem, Refused
from crm.i18n import N_, _
from crm.periods import USUAL, Calendar, add_months, month_start
from crm.records.checks import check_day, check_value
from crm.records.fields import Field, Kind

Fields = Mapping[str, Mapping[str, Field]]
Tree = dict[str, Any]

MOST_DEPTH, MOST_CONDITIONS, MOST_VALUES = 6, 60, 500
LONGEST_TEXT = 500
SINGLE = ("contact", "organisation")
MANY = ("deal", "case", "interaction", "order", "lead", "campaign_member")
#: Records that know the organisation they are about.
THROUGH_ORGANISATION = ("deal", "case", "interaction", "order")
HAS = {
    "any": N_("has a"),
    "none": N_("has no"),
    "at_least": N_("has at least"),
    "sum": N_("has in sum at least"),
}
UNITS = {"day": N_("days"), "week": N_("weeks"), "month": N_("months"), "year": N_("years")}
SPANS = {"week": N_("week"), "month": N_("month"), "quarter": N_("quarter"), "year": N_("year")}
MOST_UNITS = {"day": 3660, "week": 520, "month": 120, "year": 100}

_BLANK = {"blank": N_("is blank"), "filled": N_("is filled in")}
_NUMBERS = {
    "equals": N_("is"), "differs": N_("is not"), "more": N_("is more than"), "less": N_("is less than"),
    "at_least": N_("is at least"), "at_most": N_("is at most"), "between": N_("is between"), **_BLANK,
}  # fmt: skip
_TEXTS = {
    "equals": N_("is"), "differs": N_("is not"), "one_of": N_("is one of"), "contains": N_("contains"),
    "lacks": N_("does not contain"), "starts": N_("starts with"), **_BLANK,
}  # fmt: skip
_CHOICES = {
    "equals": N_("is"), "differs": N_("is not"), "one_of": N_("is one of"), "none_of": N_("is none of"), **_BLANK,
}  # fmt: skip
_DATES = {
    "last": N_("in the last"), "next": N_("in the next"), "older": N_("more than … ago"), "this": N_("this"),
    "previous": N_("last"), "equals": N_("on"), "before": N_("before"), "after": N_("after"),
    "between": N_("between"), **_BLANK,
}  # fmt: skip
_BY_KIND: dict[Kind, dict[str, str]] = {
    **dict.fromkeys((Kind.TEXT, Kind.LONGTEXT, Kind.EMAIL, Kind.PHONE, Kind.URL), _TEXTS),
    **dict.fromkeys((Kind.INTEGER, Kind.NUMBER, Kind.PERCENT, Kind.MONEY), _NUMBERS),
    **dict.fromkeys((Kind.CHOICE, Kind.LINK, Kind.CURRENCY), _CHOICES),
    **dict.fromkeys((Kind.DATE, Kind.DATETIME), _DATES),
    Kind.TAGS: {"contains": N_("holds"), "lacks": N_("does not hold"), **_BLANK},
    Kind.BOOLEAN: {"equals": N_("is")},
}


def operators(kind: Kind) -> dict[str, str]:
    """What can be asked of a field of a kind: the word in the tree and how people read it."""
    return _BY_KIND[kind]


def conditions(tree: Tree) -> Iterator[Tree]:
    """Every condition of a tree, those inside of "has" included."""
    for key in ("all", "any"):
        for part in tree.get(key, ()):
            yield from conditions(part)
    if "not" in tree:
        yield from conditions(tree["not"])
    if "of" in tree:
        yield tree
        if "where" in tree:
            yield from conditions(tree["where"])


def check_rules(tree: Any, fields: Fields) -> Tree:
    """The tree as it is stored: values as their kind, empty groups left out.

    Parameters
    ----------
    fields : mapping
        The fields by entity, of ``SINGLE`` and ``MANY``.

    Raises
    ------
    Refused
        With one ``Problem`` per wrong condition; its ``field`` is the path in the tree, as ``all.0.where.any.2``.
    """
    problems: list[Problem] = []
    checked = _Check(fields, problems).group(tree if tree else {"all": []}, "", 1, "") or {"all": []}
    if sum(1 for _found in conditions(checked)) > MOST_CONDITIONS:
        problems.append(
            Problem("", _("At most {n} conditions fit into one segment.").format(n=MOST_CONDITIONS))
        )
    if problems:
        first = (
            problems[0].message
            if len(problems) == 1
            else _("{n} conditions need attention.").format(n=len(problems))
        )
        raise Refused(_("The rules cannot be used. {first}").format(first=first), problems=problems)
    return checked if "of" not in checked else {"all": [checked]}


class _Check:
    """Walks a tree once and notes every complaint with its path."""

    def __init__(self, fields: Fields, problems: list[Problem]) -> None:
        self.fields, self.problems = fields, problems

    def group(self, node: Any, path: str, depth: int, inside: str) -> Tree | None:
        """A group, a negation or a condition; None when nothing right stands in it. ``inside``: the entity of a "has"."""
        try:
            return self._read(node, path, depth, inside)
        except Bad as bad:
            self.problems.append(Problem(path, str(bad)))
            return None

    def _read(self, node: Any, path: str, depth: int, inside: str) -> Tree | None:
        if not isinstance(node, dict):
            raise Bad(_("This is no condition."))
        if depth > MOST_DEPTH:
            raise Bad(_("Groups may stand {n} deep at most.").format(n=MOST_DEPTH))
        if "of" in node:
            return self._condition(node, path, depth, inside)
        keys = set(node)
        if len(keys) != 1 or not keys <= {"all", "any", "not"}:
            raise Bad(_("A group is “all”, “any” or “not” and nothing else."))
        (key,) = keys
        at = f"{path}.{key}".lstrip(".")
        if key == "not":
            inner = self.group(node["not"], at, depth + 1, inside)
            return {"not": inner} if inner else None
        if not isinstance(node[key], list) or len(node[key]) > MOST_CONDITIONS:
            raise Bad(_("A group holds a list of at most {n} conditions.").format(n=MOST_CONDITIONS))
        parts = [self.group(part, f"{at}.{n}", depth + 1, inside) for n, part in enumerate(node[key])]
        kept = [part for part in parts if part]
        return {key: kept} if kept else None

    def _condition(self, node: Tree, path: str, depth: int, inside: str) -> Tree:
        of = node["of"]
        if inside and of != inside:
            raise Bad(_("Conditions inside of “has” are about the same record."))
        if inside or (isinstance(of, str) and of in SINGLE):
            return self._leaf(node, of)
        if not isinstance(of, str) or of not in MANY:
            known = ", ".join((*SINGLE, *MANY))
            raise Bad(_("There are no rules about “{of}”. Known: {known}.").format(of=of, known=known))
        if "has" not in node:
            node = {"of": of, "has": "any", "where": {"all": [node]}}
        return self._has(node, path, depth, of)

    def _has(self, node: Tree, path: str, depth: int, of: str) -> Tree:
        extra = set(node) - {"of", "has", "n", "field", "value", "where", "through"}
        has, through = node["has"], node.get("through", "contact")
        if extra or not isinstance(has, str) or has not in HAS:
            raise Bad(_("“has” is one of: {known}.").format(known=", ".join(HAS)))
        if through not in ("contact", *(("organisation",) if of in THROUGH_ORGANISATION else ())):
            raise Bad(_("These records are counted by contact."))
        made: Tree = {"of": of, "has": has, "through": through}
        if has == "at_least":
            n = node.get("n")
            if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= 10_000:
                raise Bad(_("Say how many at least: a whole number from 1."))
            made["n"] = n
        if has == "sum":
            name = node.get("field")
            field = self.fields[of].get(name) if isinstance(name, str) else None
            if field is None or field.kind not in (Kind.INTEGER, Kind.NUMBER, Kind.MONEY):
                raise Bad(_("Choose an amount or number that is added up."))
            made |= {"field": field.name, "value": self._value(field, node.get("value"))}
        inner = self.group(node.get("where") or {"all": []}, f"{path}.where".lstrip("."), depth + 1, of)
        return made | {"where": inner or {"all": []}}

    def _leaf(self, node: Tree, of: str) -> Tree:
        name, wanted = node.get("field"), node.get("is")
        field = self.fields[of].get(name) if isinstance(name, str) else None
        if field is None or set(node) - {"of", "field", "is", "value"}:
            raise Bad(_("There is no field “{name}” of {of}.").format(name=name, of=of))
        if not isinstance(wanted, str) or wanted not in operators(field.kind):
            known = ", ".join(operators(field.kind))
            text = _("{label} cannot be compared by “{word}”. There are: {known}.")
            raise Bad(text.format(label=_(field.label), word=wanted, known=known))
        made = {"of": of, "field": name, "is": wanted}
        if wanted in _BLANK:
            return made
        return made | {"value": self._operand(field, wanted, node.get("value"))}

    def _operand(self, field: Field, wanted: str, value: Any) -> Any:
        if wanted in ("last", "next", "older"):
            return self._relative(value)
        if wanted in ("this", "previous"):
            known = ", ".join(SPANS)
            if not isinstance(value, str) or value not in SPANS:
                raise Bad(_("Choose one of: {known}.").format(known=known))
            return value
        if wanted in ("one_of", "none_of"):
            if not isinstance(value, list) or not 0 < len(value) <= MOST_VALUES:
                raise Bad(_("Choose one to {n} values.").format(n=MOST_VALUES))
            values = [self._value(field, v) for v in value]
            return list(dict.fromkeys(values))
        if wanted == "between":
            if not isinstance(value, list) or len(value) != 2:
                raise Bad(_("Give both ends."))
            low, high = (self._value(field, v) for v in value)
            if low > high:
                raise Bad(_("The first end lies after the second."))
            return [low, high]
        if field.kind is Kind.TAGS or wanted in ("contains", "lacks", "starts"):
            return self._text(field, value)
        return self._value(field, value)

    def _relative(self, value: Any) -> Tree:
        n, unit = (value.get("n"), value.get("unit")) if isinstance(value, dict) else (None, None)
        if (
            not isinstance(unit, str)
            or unit not in UNITS
            or isinstance(n, bool)
            or not isinstance(n, int)
            or not 1 <= n <= MOST_UNITS[unit]
        ):
            raise Bad(_("Give a number and days, weeks, months or years."))
        return {"n": n, "unit": unit}

    def _value(self, field: Field, value: Any) -> Any:
        """One value as its kind, as JSON holds it: days as ISO text."""
        if value is None or value == "":
            raise Bad(_("{label}: enter a value.").format(label=_(field.label)))
        if field.kind in (Kind.DATE, Kind.DATETIME):
            return check_day(value).isoformat()
        if field.kind in (Kind.EMAIL, Kind.PHONE, Kind.URL):
            # Part of an address is compared, too; it need not be a whole one.
            return self._text(field, value)
        return check_value(field, value)

    def _text(self, field: Field, value: Any) -> str:
        text = check_value(replace(field, kind=Kind.TEXT, required=True, max_length=LONGEST_TEXT), value)
        return str(text)


def back(day: date, n: int, unit: str) -> date:
    """The day so many units before; the last of a month where the month is too short. ``n`` may be negative."""
    if unit in ("day", "week"):
        return day - timedelta(days=n * (7 if unit == "week" else 1))
    first = add_months(month_start(day), -n * (12 if unit == "year" else 1))
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


def span(wanted: str, value: Any, today: date, calendar: Calendar = USUAL) -> tuple[date | None, date | None]:
    """First and last day, both included, that a question about a date means on a day; None leaves an end open.

    "In the last 7 days" are today and the six days before; "in the last month" begins the day after the same day of the month
    before; "more than a month ago" ends the day before that stretch begins.
    """
    one = timedelta(days=1)
    if wanted in ("last", "older"):
        first = back(today, value["n"], value["unit"]) + one
        return (first, today) if wanted == "last" else (None, first - one)
    if wanted == "next":
        return today, back(today, -value["n"], value["unit"]) - one
    if wanted in ("this", "previous"):
        first, last = calendar.stretch(value, today) if value != "week" else _week(today, calendar)
        if wanted == "this":
            return first, last
        return span("this", value, first - one, calendar)
    if wanted == "between":
        low, high = value
        return date.fromisoformat(low), date.fromisoformat(high)
    day = date.fromisoformat(value)
    return {"equals": (day, day), "before": (None, day - one), "after": (day + one, None)}[wanted]


def _week(day: date, calendar: Calendar) -> tuple[date, date]:
    first = calendar.week(day)
    return first, first + timedelta(days=6)
