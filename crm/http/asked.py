"""What the API's lists are asked: conditions as JSON, each value checked as one of its field."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from crm.errors import Bad, Problem, Refused
from crm.i18n import _
from crm.records import registry
from crm.records.checks import check_value
from crm.records.fields import Field, Kind
from crm.records.lists import BLANK, further_filters

#: A link's kind checks ids: whole numbers that a database can count to.
_ID = Field("id", "id", Kind.LINK)
#: One condition cannot name more values.
MOST_VALUES = 1_000


def filters(entity: str, text: str) -> dict[str, Any]:
    """The conditions of a list as ``list_rows`` takes them.

    Raises
    ------
    Refused
        No JSON, no object, or a value that is none of its field; names that are no fields are refused by the list itself.
    """
    try:
        wanted = json.loads(text, parse_constant=_no_number) if text else {}
    except (ValueError, RecursionError) as error:
        raise Refused(_("“filters” is not valid JSON.")) from error
    if not isinstance(wanted, dict):
        raise Refused(_("“filters” is an object of field names and values."))
    fields = {**dict.fromkeys(further_filters(entity), _ID), **registry.entity(entity).by_name, "id": _ID}
    found = {}
    for name, value in wanted.items():
        if name not in fields:
            text = _("{entity} cannot be filtered by “{name}”.")
            raise Refused(text.format(entity=_(registry.entity(entity).plural), name=name[:80]))
        try:
            found[name] = _condition(fields[name], value)
        except Bad as bad:
            why = _("“filters” cannot be used. {why}").format(why=bad)
            raise Refused(why, problems=[Problem(name, str(bad))]) from bad
    return found


def _no_number(name: str) -> None:
    raise ValueError(name)


def _condition(field: Field, wanted: Any) -> Any:
    one = replace(field, required=False)
    if field.kind is Kind.TAGS:
        raise Bad(_("{label} cannot be filtered.").format(label=_(field.label)))
    if isinstance(wanted, dict):
        if not wanted or wanted.keys() - {"from", "to"} or field is _ID:
            raise Bad(_("An interval has “from”, “to” or both."))
        return tuple(check_value(one, wanted.get(end)) for end in ("from", "to"))
    if isinstance(wanted, list):
        if len(wanted) > MOST_VALUES:
            raise Bad(_("At most {n} values can be named at once.").format(n=MOST_VALUES))
        # A blank among the values is "nothing entered".
        checked = (value if value == BLANK else check_value(one, value) for value in wanted)
        return [BLANK if value is None else value for value in checked]
    return wanted if wanted == BLANK else check_value(one, wanted)
