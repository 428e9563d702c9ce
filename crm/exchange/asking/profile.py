"""Import profiles: a plan written down in TOML, checked against the registry, all complaints at once.

The format is described in ``docs/import-profiles.md``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from phonenumbers import SUPPORTED_REGIONS

from crm import clock
from crm.clock import zones
from crm.errors import Bad, Problem, Refused
from crm.exchange.storing import plan as plans
from crm.exchange.storing.plan import Lookup, Plan, Step
from crm.exchange.values.formulas import parse
from crm.i18n import _
from crm.money import check_currency
from crm.records.fields import Entity, Kind
from crm.records.matching import near_matches

_ORDERS = ("dmy", "mdy", "ymd")
_COUNTED = (Kind.MONEY, Kind.NUMBER, Kind.INTEGER, Kind.PERCENT)
_STEP_KEYS = frozenset(
    {"file", "entity", "mode", "key", "columns", "constants", "templates", "formulas", "values", "lookup"}
    | {"scale", "distinct", "where", "overwrite", "keep_sums", "sheet", "encoding", "separator"}
    | {"header_line", "short_lines", "date_order", "decimal", "orders"}
)
_IMPORT_KEYS = frozenset(
    {"name", "default_currency", "phone_region", "time_zone", "date_order", "decimal", "on_problem"}
    | {"on_missing_parent"}
)


def read_profile(
    text: str, *, find_entity: Callable[[str], Entity | None], linked: Callable[[str], bool]
) -> Plan:
    """The plan that a profile describes.

    Parameters
    ----------
    text : str
        TOML.
    find_entity : name to its description, None for a name that is no entity
    linked : whether a name is an entity or a small table that links may point to

    Raises
    ------
    Refused
        One problem per complaint; each names the key and its line.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(_("The profile is not valid TOML: {error}.").format(error=error)) from error
    reader = _Reader(text, find_entity, linked)
    made = reader.plan(data)
    if reader.problems:
        raise Refused(
            _("The profile has {n} mistakes: {all}").format(
                n=len(reader.problems), all=" ".join(f"{p.field}: {p.message}" for p in reader.problems)
            ),
            problems=reader.problems,
        )
    return made


class _Reader:
    """Collects complaints while the tree is read; what is wrong takes its default."""

    def __init__(
        self, text: str, find: Callable[[str], Entity | None], linked: Callable[[str], bool]
    ) -> None:
        self.lines = text.splitlines()
        self.starts = [at for at, line in enumerate(self.lines) if re.match(r"\s*\[\[\s*step\s*\]\]", line)]
        self.find, self.linked = find, linked
        self.problems: list[Problem] = []

    def complain(self, path: str, message: str, *, step: int | None = None) -> None:
        line = self._line(path.rsplit(".", 1)[-1], step)
        where = _("line {line}, {key}").format(line=line, key=path) if line else path
        self.problems.append(Problem(where, message))

    def _line(self, key: str, step: int | None) -> int:
        start = self.starts[step] if step is not None and step < len(self.starts) else 0
        end = self.starts[step + 1] if step is not None and step + 1 < len(self.starts) else len(self.lines)
        wanted = re.compile(rf"""(^|[\s{{,.\[])["']?{re.escape(key)}["']?\s*(=|\]|\.)""")
        at = next((at for at in range(start, end) if wanted.search(self.lines[at])), None)
        return (start if at is None else at) + 1 if self.lines else 0

    def plan(self, data: Mapping[str, Any]) -> Plan:
        for name in data.keys() - {"import", "step"}:
            self.complain(name, _("is not known; a profile has [import] and [[step]]."))
        head = self._table(data.get("import", {}), "import")
        for name, value in head.items():
            if name not in _IMPORT_KEYS:
                self.complain(f"import.{name}", self._unknown(name, _IMPORT_KEYS))
            elif not isinstance(value, str):
                self.complain(f"import.{name}", _("must be text in quotes."))
        given = {name: value for name, value in head.items() if isinstance(value, str)}
        self._one_of("import.date_order", given.get("date_order", ""), ("", *_ORDERS))
        self._one_of("import.decimal", given.get("decimal", ""), ("", ".", ","))
        self._one_of("import.on_problem", given.get("on_problem", plans.FAIL), (plans.FAIL, plans.EMPTY))
        self._one_of("import.on_missing_parent", given.get("on_missing_parent", plans.FAIL), plans.MISSING)
        if currency := given.get("default_currency", ""):
            try:
                check_currency(currency)
            except Bad as bad:
                self.complain("import.default_currency", str(bad))
        self._place(given)
        steps = data.get("step", [])
        if not isinstance(steps, list) or not steps:
            self.complain("step", _("is missing; write at least one [[step]]."))
            steps = []
        missing = given.get("on_missing_parent", plans.FAIL)
        read = tuple(self.step(self._table(step, "step"), at, missing) for at, step in enumerate(steps))
        return Plan(
            name=given.get("name", "") or _("Import"),
            steps=read,
            currency=currency,
            region=given.get("phone_region", "").upper(),
            zone=given.get("time_zone", clock.time_zone()),
            date_order=given.get("date_order", ""),
            decimal=given.get("decimal", ""),
            on_problem=given.get("on_problem", plans.FAIL),
            on_missing_parent=missing,
        )

    def _place(self, given: Mapping[str, str]) -> None:
        """Zone and region must exist."""
        if given.get("time_zone", clock.time_zone()) not in zones():
            self.complain("import.time_zone", _("is not known. Write it as “Europe/Prague”."))
        if given.get("phone_region", clock.country()).upper() not in SUPPORTED_REGIONS:
            self.complain("import.phone_region", _("is not known. Write two letters as “DE”."))

    def step(self, data: Mapping[str, Any], at: int, missing: str) -> Step:
        def complain(key: str, message: str) -> None:
            self.complain(f"step {at + 1}.{key}", message, step=at)

        for name in data.keys() - _STEP_KEYS:
            complain(name, self._unknown(name, _STEP_KEYS))
        for name in ("file", "entity"):
            if not isinstance(data.get(name), str) or not data[name]:
                complain(name, _("is missing."))
        entity = self.find(str(data.get("entity", "")))
        if entity is None and data.get("entity"):
            complain("entity", _("“{name}” is not an entity.").format(name=data["entity"]))
        columns = self._columns(data.get("columns", {}), complain)
        constants = {
            name: _written(value) for name, value in self._strings(data, "constants", complain).items()
        }
        templates = self._strings(data, "templates", complain)
        formulas = self._formulas(data, entity, complain)
        values = {
            name: {
                str(k): _written(v)
                for k, v in self._strings(data["values"], name, complain, "values.").items()
            }
            for name in self._table(data.get("values", {}), "values")
        }
        lookups = self._lookups(data, entity, missing, complain)
        scale = self._strings(data, "scale", complain)
        if any(isinstance(factor, bool) or not isinstance(factor, int | float) for factor in scale.values()):
            complain("scale", _("holds numbers only."))
            scale = {}
        orders = self._strings(data, "orders", complain)
        for name, order in orders.items():
            self._one_of(f"step {at + 1}.orders.{name}", order, _ORDERS, step=at)
        key = data.get("key", [])
        key = (key,) if isinstance(key, str) else tuple(map(str, key)) if isinstance(key, list) else ()
        if entity is not None:
            fed = {**columns, **constants, **templates, **formulas}
            self._known(entity, fed, "columns", complain)
            self._known(entity, [*values, *scale, *orders, *key], "", complain)
            for name in key:
                if name in entity.by_name and name not in fed:
                    complain("key", _("“{name}” is a key but no column feeds it.").format(name=name))
        self._choices(data, at)
        where = {
            column: tuple(map(str, texts)) if isinstance(texts, list) else (str(texts),)
            for column, texts in self._strings(data, "where", complain).items()
        }
        return Step(
            file=str(data.get("file", "")),
            entity=str(data.get("entity", "")),
            columns=columns,
            mode=str(data.get("mode", plans.UPSERT)),
            key=key,
            constants=constants,
            templates={name: str(text) for name, text in templates.items()},
            formulas=formulas,
            values=values,
            lookups=lookups,
            scale={name: float(factor) for name, factor in scale.items()},
            distinct=bool(data.get("distinct", False)),
            where=where,
            overwrite=bool(data.get("overwrite", True)),
            keep_sums=bool(data.get("keep_sums", False)),
            sheet=str(data.get("sheet", "")),
            encoding=data.get("encoding"),
            separator=data.get("separator"),
            header_line=data.get("header_line"),
            short_lines=str(data.get("short_lines", plans.FAIL)),
            date_order=str(data.get("date_order", "")),
            decimal=str(data.get("decimal", "")),
            orders={name: str(order) for name, order in orders.items()},
        )

    def _choices(self, data: Mapping[str, Any], at: int) -> None:
        allowed: dict[str, tuple[Any, ...]] = {
            "mode": plans.MODES,
            "date_order": ("", *_ORDERS),
            "decimal": ("", ".", ","),
            "short_lines": (plans.FAIL, "pad"),
            "distinct": (True, False),
            "overwrite": (True, False),
            "keep_sums": (True, False),
        }
        for name, choices in allowed.items():
            if name in data:
                self._one_of(f"step {at + 1}.{name}", data[name], choices, step=at)
        for name in ("sheet", "encoding", "separator"):
            if not isinstance(data.get(name, ""), str):
                self.complain(f"step {at + 1}.{name}", _("must be text in quotes."), step=at)
        if not isinstance(data.get("header_line", 0), int):
            self.complain(f"step {at + 1}.header_line", _("must be a whole number."), step=at)

    def _columns(self, given: Any, complain: Callable[[str, str], None]) -> dict[str, str]:
        if not isinstance(given, dict):
            complain("columns", _("must be a table of column = field."))
            return {}
        fields: dict[str, str] = {}
        for column, names in given.items():
            for name in names if isinstance(names, list) else [names]:
                if not isinstance(name, str):
                    complain(f"columns.{column}", _("must name a field, or several in a list."))
                elif name in fields:
                    complain(f"columns.{column}", _("“{name}” is fed by two columns.").format(name=name))
                else:
                    fields[name] = column
        return fields

    def _formulas(
        self, data: Mapping[str, Any], entity: Entity | None, complain: Callable[[str, str], None]
    ) -> dict[str, str]:
        formulas = {name: str(text) for name, text in self._strings(data, "formulas", complain).items()}
        for name, text in formulas.items():
            try:
                parse(text)
            except Bad as bad:
                complain(f"formulas.{name}", str(bad))
            if entity is not None and name in entity.by_name and entity[name].kind not in _COUNTED:
                complain(f"formulas.{name}", _("“{name}” is not a number.").format(name=name))
        return formulas

    def _lookups(
        self,
        data: Mapping[str, Any],
        entity: Entity | None,
        missing: str,
        complain: Callable[[str, str], None],
    ) -> dict[str, Lookup]:
        lookups: dict[str, Lookup] = {}
        for name, told in self._strings(data, "lookup", complain).items():
            if not isinstance(told, dict):
                complain(
                    f"lookup.{name}", _('must be a table such as {{ by = "name", missing = "create" }}.')
                )
                continue
            for key in told.keys() - {"by", "missing", "near", "create"}:
                complain(
                    f"lookup.{name}.{key}", _("is not known; a lookup has by, missing, near and create.")
                )
            self_missing = told.get("missing", missing)
            if self_missing not in plans.MISSING:
                complain(
                    f"lookup.{name}.missing", _("must be one of {all}.").format(all=", ".join(plans.MISSING))
                )
            if entity is not None and name in entity.by_name and entity[name].kind is not Kind.LINK:
                complain(f"lookup.{name}", _("“{name}” is not a link to another record.").format(name=name))
            elif entity is not None and name not in entity.by_name:
                complain(f"lookup.{name}", self._unknown(name, entity.by_name))
            elif entity is not None and not self.linked(entity[name].link):
                complain(f"lookup.{name}", _("“{name}” cannot be looked up.").format(name=name))
            create = told.get("create", {})
            lookups[name] = Lookup(
                by=str(told.get("by", "")),
                missing=str(self_missing),
                near=bool(told.get("near", False)),
                create=create if isinstance(create, dict) else {},
            )
        return lookups

    def _known(self, entity: Entity, names: Any, path: str, complain: Callable[[str, str], None]) -> None:
        for name in names:
            if name not in entity.by_name:
                complain(f"{path}.{name}".strip("."), self._unknown(name, entity.by_name))
            elif not entity[name].importable or entity[name].own:
                complain(f"{path}.{name}".strip("."), _("“{name}” cannot be imported.").format(name=name))

    def _unknown(self, name: str, known: Any) -> str:
        near = near_matches([name], list(known), least=60.0, limit=1)
        if near:
            return _("“{name}” is not known. Is “{near}” meant?").format(name=name, near=near[0].candidate)
        return _("“{name}” is not known. Known: {all}.").format(name=name, all=", ".join(sorted(known)))

    def _one_of(self, path: str, value: Any, allowed: tuple[Any, ...], *, step: int | None = None) -> None:
        if value not in allowed:
            self.complain(
                path,
                _("must be one of {all}.").format(all=", ".join(str(a) for a in allowed if a != "")),
                step=step,
            )

    def _table(self, value: Any, path: str) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        self.complain(path, _("must be a table."))
        return {}

    def _strings(
        self, data: Mapping[str, Any], name: str, complain: Callable[[str, str], None], path: str = ""
    ) -> dict[str, Any]:
        value = data.get(name, {})
        if isinstance(value, dict):
            return value
        complain(f"{path}{name}", _("must be a table."))
        return {}


def _written(value: Any) -> str:
    """A TOML value as a cell would hold it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
