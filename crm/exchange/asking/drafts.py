"""What an upload seems to be and what people changed about it, as a plan in the making.

Drafts are plain dictionaries, because a screen keeps them between its runs and a reload of the program must not
orphan them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crm import clock
from crm.clock import here
from crm.config import settings
from crm.errors import Refused
from crm.exchange import entities
from crm.exchange.asking.content import GUARDED
from crm.exchange.asking.mapping import (
    BELIEVABLE,
    PROVEN,
    guess_columns,
    guess_entity,
    joined_name,
    known,
    unfed,
)
from crm.exchange.asking.parts import head_of, heads_link, line_total, shared_out
from crm.exchange.asking.templates import either_column, hour_beside
from crm.exchange.files.reading import ReadOptions, SourceTable
from crm.exchange.files.sample import sample
from crm.exchange.leaving.own import is_own, own_keys
from crm.exchange.storing import plan as plans
from crm.exchange.storing.engine import with_key
from crm.exchange.storing.journal import fingerprint, seen_before
from crm.exchange.storing.plan import Lookup, Plan, Step
from crm.exchange.values.values import HOUR
from crm.i18n import _
from crm.records import registry
from crm.records.fields import Entity, Field, Kind
from crm.work import Actor
from db.scope import IMPORT

Draft = dict[str, Any]

#: Small tables whose rows an import may not make from a name, and people, whom nobody makes by a guess.
FIXED = frozenset({"stage", "pipeline", "role"}) | GUARDED
_THREES = re.compile(r"\(?\d{3}\)?[-. ]\s?\d{3}[-. ]\d{4}(?:\D.*)?")
_IN_THREES = frozenset({"US", "CA", "PR", "DO", "JM"})
_SOME = 0.3
#: How a person may say that a file is read: left empty it is found out.
READING = ("encoding", "separator", "header_line", "sheet")


def importable(actor: Actor) -> list[Entity]:
    """The entities that this person may import."""
    return [
        entities.entity(e.name)
        for e in registry.entities()
        if actor.may(registry.rights_name(e.name), IMPORT)
    ]


def drafts_of(actor: Actor, name: str, path: Path) -> list[Draft]:
    """A draft for each table of a file: the sheets of a workbook are files of their own.

    A file that cannot be read becomes a draft that says why and takes no part, so that the others still come in.
    """
    try:
        first = draft_of(actor, name, path)
    except Refused as refused:
        return [_unread(name, path, refused.message)]
    made = _with_head(first)
    for sheet in first["sheets"]:
        if sheet != first["sheet"]:
            try:
                made += _with_head(draft_of(actor, name, path, sheet=sheet))
            except Refused:
                first["empty_sheets"] = [*first["empty_sheets"], sheet]
    prints = {name: fingerprint(path)}
    for entry in seen_before(actor, prints).values():
        told = _("Import {id}, {name}, of {day:%Y-%m-%d} brought in the same file.")
        seen = told.format(id=entry.id, name=entry.name, day=here(entry.started_at))
        made = [{**draft, "seen": seen} for draft in made]
    order = {sheet: at for at, sheet in enumerate(first["sheets"])}
    return sorted(made, key=lambda draft: order.get(draft["sheet"], 0))


def _with_head(lines: Draft) -> list[Draft]:
    """A draft, behind that of what its rows lie beneath where the file holds that too."""
    table = table_of(lines)
    for below, proof in PROVEN.items() if lines["entity"] else ():
        if heads_link(below) == lines["entity"]:
            other = with_entity(lines, table, below)
            lines = other if proof <= set(other["fields"].values()) else lines
    parent = heads_link(lines["entity"])
    if not parent or is_own(table.columns, entities.entity(lines["entity"])):
        return [lines]
    whole = with_entity(lines, table, parent)
    head, column = head_of(lines, table, whole)
    if not head:
        return [lines]
    lines, whole = shared_out(lines, whole, table, column)
    return [{**whole, "part": True}, {**lines, "part": True}]


def _unread(name: str, path: Path, why: str) -> Draft:
    return {
        "name": name, "path": str(path), "rows": 0, "bad": 0, "columns": [], "entity": "", "left_out": True, "error": why,
        "sheet": "", "sheets": [], "fields": {}, "encoding": "", "separator": "",
    }  # fmt: skip


def draft_of(actor: Actor, name: str, path: Path, *, sheet: str = "") -> Draft:
    """What a file seems to be: entity, columns, how it is written."""
    draft: Draft = {
        "name": name, "path": str(path), "date_order": "", "decimal": "", "mode": plans.UPSERT, "key": "", "missing": {},
        "values": {}, "constants": {}, "orders": {}, "reading": {"sheet": sheet} if sheet else {}, "left_out": False,
        "error": "", "empty_sheets": [], "seen": "", "asks_country": False,
    }  # fmt: skip
    return reread(actor, draft)


def reread(actor: Actor, draft: Draft, **reading: Any) -> Draft:
    """The draft after its file was read in another way; what it holds is guessed anew."""
    told = {name: value for name, value in {**draft["reading"], **reading}.items() if value not in ("", None)}
    draft = {**draft, "reading": told}
    table = table_of(draft)
    layout = table.layout
    draft |= {
        "rows": len(table) + table.beyond, "bad": len(table.bad), "encoding": layout.encoding, "separator": layout.separator,
        "sheet": layout.sheet, "sheets": list(layout.sheets), "columns": list(table.columns),
        "header_line": layout.header_line, "beyond": table.beyond, "doubtful": list(layout.doubtful),
    }  # fmt: skip
    if draft.get("part"):
        # What the two halves of a file hold is settled; its columns may have other names now.
        again, kept = with_entity(draft, table, draft["entity"]), draft["fields"]
        fields = {column: kept.get(column, field) for column, field in again["fields"].items()}
        return {**again, "fields": fields, "key": draft["key"], "distinct": draft.get("distinct", False)}
    guesses = guess_entity(table, importable(actor))
    best = guesses[0]
    sure = best.score >= BELIEVABLE
    about = registry.entity(best.entity)
    fed = {guess.field for guess in best.columns} | joined_name(about, (), known(table)).keys()
    # Rows that nothing names are something else.
    sure = sure and about.title_field not in unfed(about, fed)
    if best.entity in GUARDED and not is_own(table.columns, registry.entity(best.entity)):
        # People and teams have rights: only somebody who says so brings them in.
        sure = False
    return with_entity(draft, table, best.entity if sure else "")


def with_entity(draft: Draft, table: SourceTable, entity: str) -> Draft:
    """The draft for another entity, columns guessed anew; "" where nobody has said yet what the file holds."""
    if not entity:
        examples = known(table).looks.cells
        return {
            **draft, "entity": "", "fields": dict.fromkeys(table.columns, ""), "sure": dict.fromkeys(table.columns, 0.0),
            "examples": {c: ", ".join(dict.fromkeys(cells[:3])) for c, cells in examples.items()}, "missing": {}, "values": {},
            "key": "", "templates": {}, "distinct": False,
        }  # fmt: skip
    about, looked = entities.entity(entity), known(table)
    guesses = guess_columns(table, about, about=looked)
    fields = {guess.column: guess.field for guess in guesses}
    either = either_column(about, fields, looked)
    fields = {column: "" if name in either else name for column, name in fields.items()}
    filled = {guess.field for guess in guesses if guess.examples}
    phones = [g.column for g in guesses if g.field and about[g.field].kind is Kind.PHONE]
    numbered = [guess.field for guess in guesses if guess.field and looked.looks.are_ids(guess.column)]
    return {
        **draft,
        "entity": entity,
        "fields": fields,
        # Ten digits in threes and four are no number of ours: whose they are is asked.
        "asks_country": clock.country() not in _IN_THREES
        and any(
            looked.looks.share(column, lambda cell: _THREES.fullmatch(cell) is not None, "threes") > _SOME
            for column in phones
        ),
        "sure": {guess.column: guess.confidence for guess in guesses},
        "examples": {guess.column: ", ".join(guess.examples) for guess in guesses},
        "missing": {
            name: when_missing(about, about[name], numbered=name in numbered)
            for name in fields.values()
            if name and about[name].kind is Kind.LINK
        },
        "values": {},
        "distinct": False,
        "templates": joined_name(about, fields.values(), looked)
        | either
        | (hour_beside(fields, looked) if HOUR in about.by_name else {}),
        # A column without a value tells no row from another.
        "key": next((name for name in about.keys if name in filled), ""),
    }


def key_choices(draft: Draft) -> dict[str, str]:
    """What may tell one record from another: a field, or one of the usual keys together with the name."""
    about = entities.entity(draft["entity"])
    fed = [name for name in draft["fields"].values() if name]
    single = {name: _(about[name].label) for name in fed}
    title = about.title_field
    if title not in fed:
        return single
    pairs = [name for name in about.keys if name in fed and name != title]
    both = _("{one} and {other}")
    return single | {
        f"{name},{title}": both.format(one=_(about[name].label), other=_(about[title].label).lower())
        for name in pairs
    }


def when_missing(about: Entity, link: Field, *, numbered: bool = False) -> str:
    """What to do with a parent that is not found: make it, or leave it empty where its name alone does not make one.

    A number names nobody, so nothing is made of it; only what was sold to whom is known by numbers alone.
    """
    if link.link in FIXED or link.link not in registry.names():
        return plans.EMPTY if link.link in GUARDED and not link.required else plans.FAIL
    target, columns = registry.entity(link.link), registry.model(link.link).__table__.c
    needed = [
        f
        for f in target.fields
        if f.required and f.name != target.title_field and columns[f.name].default is None
    ]
    sold = about.name in ("order", "order_line")
    if needed or (numbered and target.title_field == "name" and not sold):
        return plans.FAIL if link.required else plans.EMPTY
    return plans.CREATE


def table_of(draft: Draft) -> SourceTable:
    """The first rows of a draft's file; read once."""
    return sample(Path(draft["path"]), draft["name"], options_of(draft))


def options_of(draft: Draft) -> ReadOptions:
    """How the file is read: what a person said, else what is found."""
    told = draft["reading"]
    return ReadOptions(
        encoding=told.get("encoding"),
        separator=told.get("separator"),
        header_line=told.get("header_line"),
        sheet=told.get("sheet", ""),
        max_bytes=settings().upload_max_mb * 1_000_000,
        max_rows=settings().upload_max_rows,
    )


def fed_twice(draft: Draft) -> list[str]:
    """Fields that several columns feed: one of them has to be chosen."""
    given = [field for field in draft["fields"].values() if field]
    return sorted({name for name in given if given.count(name) > 1})


def step_of(draft: Draft) -> Step:
    """The step of a plan that the draft describes.

    Raises
    ------
    Refused
        Nobody has said what the file holds, or two columns feed one field.
    """
    if not draft["entity"]:
        raise Refused(_("{name}: choose what this file holds.").format(name=draft["name"]))
    about = entities.entity(draft["entity"])
    if twice := fed_twice(draft):
        labels = ", ".join(_(about[name].label) for name in twice)
        raise Refused(
            _("{name}: two columns feed {fields}. Choose one of them.").format(
                name=draft["name"], fields=labels
            )
        )
    formulas, templates = line_total(draft), dict(draft.get("templates", {}))
    columns = {field: column for column, field in draft["fields"].items() if field and field not in formulas}
    templates = {name: text for name, text in templates.items() if name not in columns}
    is_ours = is_own(table_of(draft).columns, about)
    beside = {link: c for c, link in own_keys(about).items() if is_ours and c in draft["columns"]}
    missing, near = draft["missing"], draft.get("near", False)
    lookups = {
        name: Lookup(beside=beside.get(name, ""), missing=missing.get(name, plans.FAIL), near=near)
        for name in columns
        if about[name].kind is Kind.LINK
    }
    factor = float(draft.get("scale", 1))
    scale = {name: factor for name in columns if about[name].kind is Kind.MONEY} if factor != 1 else {}
    told, key = draft["reading"], tuple(filter(None, draft["key"].split(",")))
    constants = {
        name: text
        for name, text in draft.get("constants", {}).items()
        if text and name in about.by_name and name not in {**columns, **formulas, **templates}
    }
    return with_key(
        Step(
            file=draft["name"],
            entity=draft["entity"],
            columns=columns,
            mode=draft["mode"],
            key=key if all(name in columns for name in key) else (),
            constants=constants,
            ids=draft["columns"][0] if is_ours else "",
            templates=templates,
            values={name: dict(told) for name, told in draft["values"].items() if name in columns},
            distinct=draft.get("distinct", False),
            lookups=lookups,
            formulas=formulas,
            scale=scale,
            sheet=draft["sheet"],
            encoding=told.get("encoding"),
            separator=told.get("separator"),
            header_line=told.get("header_line"),
            date_order=draft["date_order"],
            decimal=draft["decimal"],
            orders={
                name: order for name, order in draft.get("orders", {}).items() if order and name in columns
            },
        )
    )


def plan_of(
    drafts: Sequence[Draft], *, name: str, on_problem: str = plans.FAIL, region: str = "", zone: str = ""
) -> Plan:
    """The plan of all drafts that take part, parents before children."""
    order = registry.names()
    taking = [draft for draft in drafts if not draft.get("left_out")]
    steps = [step_of(draft) for draft in taking]
    steps.sort(key=lambda step: order.index(step.entity))
    return Plan(name=name, steps=tuple(steps), on_problem=on_problem, region=region, zone=zone)


def files_of(drafts: Sequence[Draft]) -> dict[str, str]:
    """Path by name in the plan, for a job."""
    return {draft["name"]: draft["path"] for draft in drafts if not draft.get("left_out")}
