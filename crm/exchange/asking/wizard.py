"""What is said about a draft before an import: how sure its guesses are, the first rows, what is odd, words without a meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import select

from crm import clock
from crm.errors import Bad
from crm.exchange import entities
from crm.exchange.asking.drafts import (
    Draft,
    draft_of,
    drafts_of,
    fed_twice,
    files_of,
    importable,
    key_choices,
    plan_of,
    reread,
    step_of,
    table_of,
    with_entity,
)
from crm.exchange.asking.mapping import LIKELY, SURE, unfed
from crm.exchange.asking.parts import line_total, price_column
from crm.exchange.asking.uploads import keep_uploads
from crm.exchange.storing.prepared import Prepared, RowProblem, prepare
from crm.exchange.values.texts import choose
from crm.i18n import _, ngettext
from crm.money import to_major
from crm.records.fields import Entity, Kind
from crm.records.matching import name_key, near_matches
from crm.work import Actor, reading
from db.models import Pipeline, Stage

__all__ = [
    "Draft",
    "blocked",
    "confidence",
    "draft_of",
    "drafts_of",
    "files_of",
    "importable",
    "keep_uploads",
    "key_choices",
    "line_total",
    "plan_of",
    "preview",
    "price_column",
    "reread",
    "step_of",
    "table_of",
    "value_maps",
    "with_entity",
    "worries",
]  # fmt: skip

_MOST_VALUES = 40


def confidence(share: float) -> str:
    """A guess in one word."""
    return _("Sure") if share >= SURE else _("Likely") if share >= LIKELY else _("Check")


def _read(draft: Draft, *, currency: str, region: str = "", zone: str = "") -> Prepared:
    """The first rows as the step reads them."""
    return prepare(
        step_of(draft),
        plan_of([draft], name="", region=region, zone=zone),
        table_of(draft),
        entities.entity(draft["entity"]),
        currency=currency,
        region=clock.country(),
    )


def preview(
    draft: Draft, *, currency: str, limit: int = 5, region: str = "", zone: str = ""
) -> list[dict[str, str]]:
    """The first rows as they will be saved, with what is wrong in them."""
    if not draft["entity"] or fed_twice(draft):
        return []
    about = entities.entity(draft["entity"])
    made = _read(draft, currency=currency, region=region, zone=zone)
    wrong = {problem.row: problem for problem in made.problems}
    rows = []
    for row in range(min(limit, len(made))):
        shown = {
            _(about[n].label): _shown(about, made.values, n, row, currency)
            for n in made.values
            if made.sources.get(n) or n in draft["constants"]
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


def blocked(draft: Draft, *, region: str = "") -> list[tuple[str, str]]:
    """What has to be settled before anything can come in: a heading and a sentence each."""
    if draft.get("left_out"):
        return []
    if not draft["entity"]:
        return [
            (
                _("What does this file hold?"),
                _("Nothing in it says so for sure. Choose it above, or leave the file out."),
            )
        ]
    about = entities.entity(draft["entity"])
    found = []
    for name in fed_twice(draft):
        columns = ", ".join(f"“{column}”" for column, field in draft["fields"].items() if field == name)
        heading = _("“{label}” is fed twice").format(label=_(about[name].label))
        found.append((heading, _("Choose one of {columns} for it.").format(columns=columns)))
    if draft["asks_country"] and not region:
        told = _("They are not written as ours are. Choose the country of those without a country code.")
        found.append((_("Where are the telephone numbers from?"), told))
    return found


def worries(draft: Draft, *, currency: str, region: str = "", zone: str = "") -> list[tuple[str, str]]:
    """What should be looked at before an import: a heading and a sentence each, what stops it first."""
    if draft.get("left_out"):
        return [(_("This file is left out"), draft["error"] or _("Choose what it holds to take it in."))]
    found = blocked(draft, region=region)
    if draft["seen"]:
        found.insert(0, (_("This file came in before"), draft["seen"]))
    if not draft["entity"] or fed_twice(draft):
        return found
    about = entities.entity(draft["entity"])
    found += _unfilled(draft, about)
    made = _read(draft, currency=currency, region=region, zone=zone)
    found += _keys(draft, about, made)
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
    if draft["doubtful"]:
        told = _("Look at {cells}. Choose another encoding if letters are wrong.")
        cells = ", ".join(f"“{cell}”" for cell in draft["doubtful"])
        found.append((_("Letters may be read wrong"), told.format(cells=cells)))
    if bare := table_of(draft).layout.bare_formulas:
        heading = ngettext(
            "{n:,} cell holds a formula without a result", "{n:,} cells hold a formula without a result", bare
        )
        told = _(
            "They are empty here. Open the file in the program that made it, save it there, and read it again."
        )
        found.append((heading.format(n=bare), told))
    if draft["beyond"]:
        told = _("The next step reads all of them.")
        found.append((_("Judged by the first {n:,} rows").format(n=len(made)), told))
    if draft["bad"]:
        told = _("They have too many or too few cells and are left out.")
        found.append((_("{n:,} lines are no rows").format(n=draft["bad"]), told))
    if draft["empty_sheets"]:
        told = _("They hold no table: {all}.").format(all=", ".join(draft["empty_sheets"]))
        found.append((_("{n} sheets are left out").format(n=len(draft["empty_sheets"])), told))
    for name, words in (draft.get("unmapped") or {}).items():
        heading = ngettext(
            "{n} word of “{label}” has no meaning yet",
            "{n} words of “{label}” have no meaning yet",
            len(words),
        ).format(n=len(words), label=_(about[name].label))
        found.append((heading, _("Choose one below for: {all}.").format(all=", ".join(words[:8]))))
    joined = " ".join(draft.get("templates", {}).values())
    # What our own export says for its own way back is no field of its own.
    ours = {made.step.ids, *(lookup.beside for lookup in made.step.lookups.values())}
    left = [c for c, f in draft["fields"].items() if not f and f"{{{c}}}" not in joined and c not in ours]
    if left:
        told = _("Choose one or leave them out: {all}.").format(all=", ".join(left))
        heading = ngettext("{n} column has no field", "{n} columns have no field", len(left))
        found.append((heading.format(n=len(left)), told))
    return found


def _keys(draft: Draft, about: Entity, made: Prepared) -> Iterator[tuple[str, str]]:
    """What the key of the rows does not tell apart."""
    key = made.step.key
    if not key:
        told = _(
            "A row that stands here just as it is comes in only once. Choose a column under “Known by” if one tells them apart."
        )
        yield _("No column tells the rows apart"), told
        return
    names = " + ".join(_(about[name].label) for name in key)
    columns = [made.values.get(name, made.links.get(name)) for name in key]
    cells = [
        tuple(str(c[row]).casefold() if c is not None and c[row] else "" for c in columns)
        for row in range(len(made))
    ]
    whole = [cell for cell in cells if all(cell)]
    if bare := len(cells) - len(whole):
        heading = ngettext("{n:,} row has no {label}", "{n:,} rows have no {label}", bare).format(
            n=bare, label=names
        )
        yield heading, _("They come in unless one just like them stands here already.")
    if double := len(whole) - len(set(whole)):
        told = _(
            "Rows of one {label} are taken for one record. Choose another column under “Known by” if they are several."
        )
        yield (
            _("{n:,} rows share their {label} with another").format(n=double, label=names),
            told.format(label=names),
        )


def _unfilled(draft: Draft, about: Entity) -> Iterator[tuple[str, str]]:
    """Needed fields that no column feeds and nothing else fills in."""
    given = {field for field in draft["fields"].values() if field}
    given |= {name for name, text in draft["constants"].items() if text} | draft.get("templates", {}).keys()
    for name in unfed(about, given):
        label = _(about[name].label)
        yield (
            _("“{label}” is needed").format(label=label),
            _("Choose the column that holds it, or give it one value."),
        )


def value_maps(actor: Actor, draft: Draft) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Columns whose words must become ours: field to (word of the file to our value, our value to its label)."""
    if not draft["entity"]:
        return {}
    about = entities.entity(draft["entity"])
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
        ours = _by_name(options) if about[name].link else choose(about[name].choices)
        found[name] = ({text: told.get(text) or _meaning(text, ours) for text in texts}, options)
    return found


def _meaning(text: str, ours: Callable[[str], str]) -> str:
    """What the import will read a word as, "" where nobody can say."""
    try:
        return ours(text)
    except Bad:
        return ""


def _by_name(options: Mapping[str, str]) -> Callable[[str], str]:
    by_key = {name_key(name): value for value, name in options.items()}

    def nearest(text: str) -> str:
        near = near_matches([text], list(options.values()), least=80.0, limit=1)
        return by_key[name_key(near[0].candidate)] if near else ""

    return nearest


def _stages(actor: Actor) -> dict[str, str]:
    statement = (
        select(Stage.name).join(Pipeline, Stage.pipeline_id == Pipeline.id)
        .order_by(Pipeline.position, Pipeline.id, Stage.position, Stage.id)
    )  # fmt: skip
    with reading(actor) as session:
        return {name: name for name in session.scalars(statement)}
