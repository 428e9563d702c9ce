"""The rules of a segment as one sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from crm.campaigns.segments.conditions import HAS, SPANS, UNITS, Tree, operators
from crm.campaigns.segments.segments import segment_fields
from crm.i18n import N_, _
from crm.records.fields import Field, Kind
from crm.ui.kit.formats import day, value_text

#: What each kind of record is called in a sentence.
ENTITY_WORDS = {
    "contact": N_("contact"),
    "organisation": N_("organisation"),
    "deal": N_("deal"),
    "case": N_("case"),
    "interaction": N_("talk or note"),
    "order": N_("order"),
    "lead": N_("lead"),
    "campaign_member": N_("campaign membership"),
}
#: Gives the title of a record: entity and id.
Titles = Callable[[str, int], str]


def sentence(rules: Tree, *, currency: str, titles: Titles) -> str:
    """What rules mean, as people would say it; amounts in the firm's currency."""
    words = _Words(currency, titles)
    said = words.group(rules or {"all": []}, outer=True)
    return (
        _("Every contact that is not archived.") if not said else _("Contacts: {rules}.").format(rules=said)
    )


class _Words:
    """Puts a checked tree into words."""

    def __init__(self, currency: str, titles: Titles) -> None:
        self.currency, self.titles = currency, titles

    def group(self, node: Tree, *, outer: bool = False, inside: bool = False) -> str:
        """A node in words; a group within another stands in brackets."""
        if "not" in node:
            inner = self.group(node["not"], outer=True, inside=inside)
            return _("not ({rules})").format(rules=inner)
        for key, word in (("all", _(" and ")), ("any", _(" or "))):
            if key in node:
                parts = [self.group(part, inside=inside) for part in node[key]]
                joined = word.join(part for part in parts if part)
                return f"({joined})" if len(parts) > 1 and not outer else joined
        return self._has(node) if "has" in node else self._leaf(node, inside)

    def _has(self, node: Tree) -> str:
        field = segment_fields()[node["of"]].get(node.get("field", ""))
        what = _(ENTITY_WORDS[node["of"]])
        if node["has"] == "at_least":
            said = _("has at least {n} × {what}").format(n=node["n"], what=what)
        elif node["has"] == "sum" and field is not None:
            text = _("{label} of each {what} adds up to {value} or more")
            said = text.format(label=_(field.label), what=what, value=self._value(field, node["value"]))
        else:
            said = f"{_(HAS[node['has']])} {what}"
        if node["through"] == "organisation":
            said = _("its organisation: {rule}").format(rule=said)
        inner = self.group(node["where"], outer=True, inside=True)
        return _("{rule} where {inner}").format(rule=said, inner=inner) if inner else said

    def _leaf(self, node: Tree, inside: bool) -> str:
        field, wanted = segment_fields()[node["of"]][node["field"]], node["is"]
        label = _(field.label)
        if node["of"] == "organisation" and not inside:
            label = _("organisation’s {label}").format(label=label)
        word = _(operators(field.kind)[wanted])
        value: Any = node.get("value")
        if wanted in ("last", "next"):
            return f"{label} {word} {value['n']} {_(UNITS[value['unit']])}"
        if wanted == "older":
            return _("{label} more than {n} {units} ago").format(
                label=label, n=value["n"], units=_(UNITS[value["unit"]])
            )
        if wanted in ("this", "previous"):
            return f"{label} {word} {_(SPANS[value])}"
        if wanted in ("blank", "filled"):
            return f"{label} {word}"
        if wanted == "between":
            low, high = (self._value(field, v) for v in value)
            return _("{label} {word} {low} and {high}").format(label=label, word=word, low=low, high=high)
        values = value if isinstance(value, list) else [value]
        return f"{label} {word} {', '.join(self._value(field, v) for v in values)}"

    def _value(self, field: Field, value: Any) -> str:
        match field.kind:
            case Kind.MONEY | Kind.PERCENT | Kind.INTEGER | Kind.NUMBER | Kind.CHOICE:
                return value_text(field, value, self.currency)
            case Kind.LINK:
                return self.titles(field.link, int(value))
            case Kind.BOOLEAN:
                return _("yes") if value else _("no")
            case Kind.DATE | Kind.DATETIME:
                return day(date.fromisoformat(value))
            case _:
                return f"“{value}”"
