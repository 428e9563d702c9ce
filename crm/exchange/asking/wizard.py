"""A plan in the making: what an upload seems to be, what people changed about it, what is still odd.

Drafts are plain dictionaries, because a screen keeps them between its runs and a reload of the program must not
orphan them.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from crm.config import settings
from crm.exchange.asking.mapping import LIKELY, SURE, guess_columns, guess_entity
from crm.exchange.files.reading import ReadOptions, SourceTable, read_table
from crm.exchange.storing import plan as plans
from crm.exchange.storing.engine import read_options, with_key
from crm.exchange.storing.plan import Lookup, Plan, Step
from crm.exchange.storing.prepared import RowProblem, prepare
from crm.i18n import _, ngettext
from crm.money import to_major
from crm.records import registry
from crm.records.fields import Entity, Field, Kind
from crm.records.matching import name_key, near_matches
from crm.work import Actor, reading
from db.models import Pipeline, Stage
from db.scope import IMPORT

Draft = dict[str, Any]

_UPLOADS = Path(tempfile.gettempdir()) / "rapport-uploads"
_KEPT_HOURS = 48
_MOST_VALUES = 40
#: Small tables whose rows an import may not make from a name.
_FIXED = frozenset({"stage", "pipeline", "role"})


def keep_uploads(files: Mapping[str, bytes]) -> dict[str, Path]:
    """Put uploads where a job can read them; those of two days ago go."""
    _UPLOADS.mkdir(mode=0o700, exist_ok=True)
    for old in _UPLOADS.iterdir():
        if old.stat().st_mtime < time.time() - _KEPT_HOURS * 3600:
            shutil.rmtree(old, ignore_errors=True)
    folder = _UPLOADS / uuid.uuid4().hex
    folder.mkdir(mode=0o700)
    kept = {}
    for at, (name, data) in enumerate(files.items()):
        # The name comes from outside: it stays a label and never becomes a path.
        kept[name] = folder / f"{at}{Path(name).suffix[:8]}"
        kept[name].write_bytes(data)
    return kept


def importable(actor: Actor) -> list[Entity]:
    """The entities that this person may import."""
    return [e for e in registry.entities() if actor.may(registry.rights_name(e.name), IMPORT)]


def draft_of(actor: Actor, name: str, path: Path, *, sheet: str = "") -> Draft:
    """What a file seems to be: entity, columns, how it is written."""
    largest, longest = settings().upload_max_mb * 1_000_000, settings().upload_max_rows
    table = read_table(path, name=name, options=ReadOptions(sheet=sheet, max_bytes=largest, max_rows=longest))
    best = guess_entity(table, importable(actor))[0]
    layout = table.layout
    draft: Draft = {
        "name": name, "path": str(path), "rows": len(table), "bad": len(table.bad), "encoding": layout.encoding,
        "separator": layout.separator, "sheet": layout.sheet, "sheets": list(layout.sheets), "columns": list(table.columns),
        "examples": {}, "date_order": "", "decimal": "", "mode": plans.UPSERT, "key": "", "missing": {}, "values": {},
    }  # fmt: skip
    return with_entity(draft, table, best.entity)


def with_entity(draft: Draft, table: SourceTable, entity: str) -> Draft:
    """The draft for another entity, columns guessed anew."""
    guesses = guess_columns(table, registry.entity(entity))
    about = registry.entity(entity)
    fields = {guess.column: guess.field for guess in guesses}
    links = [about[name] for name in fields.values() if name and about[name].kind is Kind.LINK]
    filled = {guess.field for guess in guesses if guess.examples}
    return {
        **draft,
        "entity": entity,
        "fields": fields,
        "sure": {guess.column: guess.confidence for guess in guesses},
        "examples": {guess.column: ", ".join(guess.examples) for guess in guesses},
        "missing": {link.name: _when_missing(link) for link in links},
        "values": {},
        # A column without a value tells no row from another.
        "key": next((name for name in about.keys if name in filled), ""),
    }


def _when_missing(link: Field) -> str:
    """What to do with a parent that is not found: make it, or where its name alone does not make one, leave it empty."""
    if link.link in _FIXED or link.link not in registry.names():
        return plans.FAIL
    about, columns = registry.entity(link.link), registry.model(link.link).__table__.c
    needed = [
        f
        for f in about.fields
        if f.required and f.name != about.title_field and columns[f.name].default is None
    ]
    return plans.CREATE if not needed else plans.FAIL if link.required else plans.EMPTY


def table_of(draft: Draft) -> SourceTable:
    """The file of a draft, read again."""
    return read_table(Path(draft["path"]), name=draft["name"], options=read_options(step_of(draft)))


def price_column(draft: Draft) -> str:
    """The column of a file of sales lines that seems to hold the price of one unit, not the line's amount; "" if none."""
    columns = {field: column for column, field in draft["fields"].items() if field}
    if draft["entity"] != "order_line" or "quantity" not in columns:
        return ""
    taken = columns.get("amount_minor")
    headers = [taken] if taken else [c for c in draft["columns"] if not draft["fields"].get(c)]
    return next((header for header in headers if _is_unit_price(header)), "")


def _is_unit_price(header: str) -> bool:
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", header)}
    return "price" in words and not words & {"total", "extended", "line", "amount", "sum", "gross", "net"}


def line_total(draft: Draft) -> dict[str, str]:
    """How the amount of a sales line is counted where the file gives a quantity and the price of one unit."""
    price = price_column(draft)
    if not price or not draft.get("per_unit", True):
        return {}
    quantity = next(column for column, field in draft["fields"].items() if field == "quantity")
    return {"amount_minor": f"{{{quantity}}} * {{{price}}}"}


def step_of(draft: Draft) -> Step:
    """The step of a plan that the draft describes."""
    about = registry.entity(draft["entity"])
    formulas = line_total(draft)
    columns = {field: column for column, field in draft["fields"].items() if field and field not in formulas}
    lookups = {
        name: Lookup(missing=draft["missing"].get(name, plans.FAIL), near=draft.get("near", False))
        for name in columns
        if about[name].kind is Kind.LINK
    }
    factor = float(draft.get("scale", 1))
    scale = {name: factor for name in columns if about[name].kind is Kind.MONEY} if factor != 1 else {}
    return with_key(
        Step(
            file=draft["name"],
            entity=draft["entity"],
            columns=columns,
            mode=draft["mode"],
            key=(draft["key"],) if draft["key"] in columns else (),
            values={name: dict(told) for name, told in draft["values"].items() if name in columns},
            lookups=lookups,
            formulas=formulas,
            scale=scale,
            sheet=draft["sheet"],
            date_order=draft["date_order"],
            decimal=draft["decimal"],
        )
    )


def plan_of(drafts: Sequence[Draft], *, name: str, on_problem: str = plans.FAIL) -> Plan:
    """The plan of all drafts, parents before children."""
    order = registry.names()
    ordered = sorted(drafts, key=lambda draft: order.index(draft["entity"]))
    return Plan(name=name, steps=tuple(step_of(draft) for draft in ordered), on_problem=on_problem)


def files_of(drafts: Sequence[Draft]) -> dict[str, str]:
    """Path by name in the plan, for a job."""
    return {draft["name"]: draft["path"] for draft in drafts}


def confidence(share: float) -> str:
    """A guess in one word."""
    return _("Sure") if share >= SURE else _("Likely") if share >= LIKELY else _("Check")


def preview(draft: Draft, *, currency: str, limit: int = 5) -> list[dict[str, str]]:
    """The first rows as they will be saved, with what is wrong in them."""
    table = table_of(draft)
    head = SourceTable(
        table.name,
        table.texts.head(200),
        table.lines[:200],
        {n: known[:200] for n, known in table.exact.items()},
    )
    about = registry.entity(draft["entity"])
    made = prepare(
        step_of(draft),
        plan_of([draft], name=""),
        head,
        about,
        currency=currency,
        region=settings().phone_region,
    )
    wrong = {problem.row: problem for problem in made.problems}
    rows = []
    for row in range(min(limit, len(made))):
        shown = {
            _(about[n].label): _shown(about, made.values, n, row, currency)
            for n in made.values
            if n in draft["fields"].values()
        }
        shown |= {_(about[n].label): str(cells.iat[row]) for n, cells in made.links.items()}
        shown[_("Problem")] = wrong[row].reason if row in wrong else ""
        rows.append(shown)
    return rows


def _shown(about: Entity, values: Mapping[str, Any], name: str, row: int, currency: str) -> str:
    value = values[name][row]
    if value is None:
        return ""
    if about[name].kind is Kind.MONEY:
        own = values[code][row] if (code := about[name].currency_field) in values else None
        return f"{to_major(int(value), own or currency):,} {own or currency}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def worries(draft: Draft, *, currency: str) -> list[tuple[str, str]]:
    """What should be looked at before an import: a heading and a sentence each."""
    about = registry.entity(draft["entity"])
    found = [*_unfilled(draft, about)]
    given = [field for field in draft["fields"].values() if field]
    for name in sorted({name for name in given if given.count(name) > 1}):
        found.append(
            (_("“{label}” is fed twice").format(label=_(about[name].label)), _("Choose one column for it."))
        )
    if len(set(given)) < len(given):
        return found
    region = settings().phone_region
    made = prepare(
        step_of(draft), plan_of([draft], name=""), table_of(draft), about, currency=currency, region=region
    )
    for column, read in made.ambiguous.items():
        told = _("Now read as {found}. Choose below if that is wrong.").format(found=read)
        found.append((_("“{column}” can be read two ways").format(column=column), told))
    counted: dict[str, list[RowProblem]] = {}
    for problem in made.problems:
        counted.setdefault(problem.column, []).append(problem)
    for column, problems in counted.items():
        first = _("For example row {row}: {reason}").format(
            row=made.line(problems[0].row), reason=problems[0].reason
        )
        found.append(
            (
                ngettext(
                    "“{column}”: {n:,} cell cannot be right",
                    "“{column}”: {n:,} cells cannot be right",
                    len(problems),
                ).format(column=column, n=len(problems)),
                first,
            )
        )
    if draft["bad"]:
        told = _("They have too many or too few cells and are left out.")
        found.append((_("{n:,} lines are no rows").format(n=draft["bad"]), told))
    for name, words in (draft.get("unmapped") or {}).items():
        heading = ngettext(
            "{n} word of “{label}” has no meaning yet",
            "{n} words of “{label}” have no meaning yet",
            len(words),
        ).format(n=len(words), label=_(about[name].label))
        found.append((heading, _("Choose one below for: {all}.").format(all=", ".join(words[:8]))))
    left = [column for column, field in draft["fields"].items() if not field]
    if left:
        told = _("Choose one or leave them out: {all}.").format(all=", ".join(left))
        found.append(
            (
                ngettext("{n} column has no field", "{n} columns have no field", len(left)).format(
                    n=len(left)
                ),
                told,
            )
        )
    return found


def _unfilled(draft: Draft, about: Entity) -> Iterator[tuple[str, str]]:
    """Needed fields that no column feeds and nothing else fills in."""
    given = {field for field in draft["fields"].values() if field}
    titles = {"product_id", "organisation_id", "number", "body", "published_at", "weekday", "hour"}
    follows = {"name": {"first_name", "last_name"}, "title": titles}
    columns = registry.model(draft["entity"]).__table__.c
    for field in about.fields:
        filled = columns[field.name].default is not None or field.name in (
            "stage_id",
            "pipeline_id",
            "currency",
        )
        if (
            field.required
            and field.name not in given
            and not filled
            and not given & follows.get(field.name, set())
        ):
            yield _("“{label}” is needed").format(label=_(field.label)), _("Choose the column that holds it.")


def value_maps(actor: Actor, draft: Draft) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Columns whose words must become ours: field to (word of the file to our value, our value to its label)."""
    about = registry.entity(draft["entity"])
    table = table_of(draft)
    found = {}
    for column, name in draft["fields"].items():
        if not name or (about[name].kind is not Kind.CHOICE and about[name].link != "stage"):
            continue
        options = (
            _stages(actor)
            if about[name].link == "stage"
            else {c.value: _(c.label) for c in about[name].choices}
        )
        texts = [text for text in table.texts[column].unique().tolist() if text][:_MOST_VALUES]
        told = draft["values"].get(name, {})
        found[name] = ({text: told.get(text) or _nearest(text, options) for text in texts}, options)
    return found


def _nearest(text: str, options: Mapping[str, str]) -> str:
    by_key = {name_key(label): value for value, label in options.items()} | {
        name_key(value): value for value in options
    }
    if name_key(text) in by_key:
        return by_key[name_key(text)]
    near = near_matches([text], list(by_key), least=80.0, limit=1)
    return by_key[near[0].candidate] if near else ""


def _stages(actor: Actor) -> dict[str, str]:
    statement = (
        select(Stage.name).join(Pipeline, Stage.pipeline_id == Pipeline.id)
        .order_by(Pipeline.position, Pipeline.id, Stage.position, Stage.id)
    )  # fmt: skip
    with reading(actor) as session:
        return {name: name for name in session.scalars(statement)}
