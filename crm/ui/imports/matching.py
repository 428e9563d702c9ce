"""The matching step of the import wizard: what a file holds, how it is read, which column goes where, what words mean."""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st
from babel import Locale
from phonenumbers import SUPPORTED_REGIONS

from crm import clock
from crm.clock import zone, zones
from crm.exchange import entities
from crm.exchange.asking import wizard
from crm.exchange.asking.drafts import FIXED, when_missing
from crm.exchange.asking.wizard import Draft
from crm.exchange.storing import plan as plans
from crm.exchange.values.dates import ORDERS
from crm.exchange.values.texts import says_nothing
from crm.i18n import _
from crm.records.fields import Entity, Kind
from crm.ui.frame.guard import showing_problems
from crm.ui.kit import look
from crm.ui.kit.inputs import choose
from crm.work import Actor

_LEFT_OUT = "-"
_ENCODINGS = (
    *(
        "utf-8",
        "cp1252",
        "cp1250",
        "cp1251",
        "cp1253",
        "cp1254",
        "cp1255",
        "cp1256",
        "cp1257",
        "cp850",
        "cp852",
        "cp866",
    ),
    *(
        "iso8859_15",
        "iso8859_2",
        "iso8859_7",
        "koi8_r",
        "mac_roman",
        "utf-16",
        "gb18030",
        "big5",
        "cp932",
        "euc_jp",
        "cp949",
    ),
)
_MOST_ORDERS = 8


def entity(actor: Actor, draft: Draft, at: int) -> Draft:
    """What the file holds; nothing is taken for granted where its content does not say."""
    if draft["error"]:
        st.warning(draft["error"], icon=":material/error:")
        return draft
    names = {e.name: _(e.plural) for e in wizard.importable(actor)} | {_LEFT_OUT: _("Leave this file out")}
    now = _LEFT_OUT if draft["left_out"] else draft["entity"] or None
    chosen = choose(
        _("This file holds"),
        names,
        now,
        key=f"import_entity_{at}",
        width=320,
        placeholder=_("Choose what it holds"),
    )
    if chosen == _LEFT_OUT:
        return {**draft, "left_out": True}
    draft = {**draft, "left_out": False}
    if chosen and chosen != draft["entity"]:
        st.session_state.pop(f"import_columns_{at}", None)
        return wizard.with_entity(draft, wizard.table_of(draft), chosen)
    return draft


def reading(actor: Actor, draft: Draft, at: int) -> Draft:
    """Encoding, separator, header line: as found, or as somebody says who sees that it is wrong."""
    told = dict(draft["reading"])
    if draft["encoding"]:
        found = _("{name} (found)").format(name=draft["encoding"])
        encodings = {"": found, **{name: name for name in _ENCODINGS}}
        told["encoding"] = choose(
            _("Encoding"), encodings, told.get("encoding", ""), key=f"import_encoding_{at}"
        )
        signs = {
            "": _("as found"), ",": _("commas"), ";": _("semicolons"), "\t": _("tabs"), "|": _("bars"), " ": _("blanks"),
        }  # fmt: skip
        told["separator"] = choose(
            _("Separated by"),
            signs,
            told.get("separator", ""),
            key=f"import_separator_{at}",
            accept_new_options=True,
        )
    line = st.number_input(
        _("Column names stand in line"), min_value=0, value=draft["header_line"], step=1, key=f"import_header_{at}",
        help=_("0: the file names no columns"),
    )  # fmt: skip
    if line != draft["header_line"] or "header_line" in told:
        told["header_line"] = int(line)
    told = {name: value for name, value in told.items() if value not in ("", None)}
    if told == draft["reading"]:
        return draft
    with showing_problems():
        draft = wizard.reread(actor, {**draft, "reading": told})
        st.session_state.pop(f"import_entity_{at}", None)
    return draft


def columns(draft: Draft, at: int) -> Draft:
    """Which column feeds which field."""
    labels = _labels(draft) if draft["entity"] else {}
    matched = sum(bool(field) for field in draft["fields"].values())
    unsure = sum(wizard.confidence(draft["sure"][c]) != _("Sure") for c, f in draft["fields"].items() if f)
    told = _("{n} of {all} are matched. Check {unsure}.") if unsure else _("{n} of {all} are matched.")
    counted = told.format(n=matched, all=len(draft["columns"]), unsure=unsure)
    look.section(_("Which column goes where?"), counted)
    rows = {
        _("In the file"): draft["columns"],
        _("Goes to"): [labels.get(draft["fields"][column]) for column in draft["columns"]],
        _("Match"): [
            [wizard.confidence(draft["sure"][c])] if draft["fields"][c] else [] for c in draft["columns"]
        ],
        _("For example"): [draft["examples"][column] for column in draft["columns"]],
    }
    edited: Any = st.data_editor(
        rows,
        hide_index=True,
        key=f"import_columns_{at}_{draft['entity']}",
        disabled=[_("In the file"), _("Match"), _("For example")],
        column_config={
            _("Goes to"): st.column_config.SelectboxColumn(
                options=list(labels.values()), help=_("Empty: not imported")
            ),
            _("Match"): st.column_config.MultiselectColumn(
                options=[_("Sure"), _("Likely"), _("Check")], color=["green", "blue", "orange"], width="small"
            ),
        },
    )
    by_label = {label: name for name, label in labels.items()}
    goes = list(edited[_("Goes to")])
    fields = {
        c: by_label.get(label, "") if isinstance(label, str) else ""
        for c, label in zip(draft["columns"], goes, strict=True)
    }
    if not draft["entity"]:
        return draft
    about = entities.entity(draft["entity"])
    links = [name for name in fields.values() if name and about[name].kind is Kind.LINK]
    missing = {name: draft["missing"].get(name) or when_missing(about, about[name]) for name in links}
    return {**draft, "fields": fields, "missing": missing}


def _labels(draft: Draft) -> dict[str, str]:
    """What people read for each field; two of one name are told apart by their group or name."""
    about, fed = entities.entity(draft["entity"]), set(draft["fields"].values())
    labels: dict[str, str] = {}
    for field in about.fields:
        if field.importable and (not field.own or field.name in fed):
            label = _(field.label)
            labels[field.name] = f"{label} ({field.name})" if label in labels.values() else label
    return labels


def options(draft: Draft, at: int, kept: dict[str, Any]) -> Draft:
    """What to do with rows that are here already and with parents that are not, and how cells are read."""
    about = entities.entity(draft["entity"])
    fields = [name for name in draft["fields"].values() if name]
    modes = {
        plans.UPSERT: _("Update it"),
        plans.CREATE: _("Leave it as it is"),
        plans.UPDATE: _("Update it, make no new ones"),
    }
    mode = choose(_("A row that is here already"), modes, plans.UPSERT, key=f"import_mode_{at}")
    keys = wizard.key_choices(draft)
    used = ",".join(wizard.step_of({**draft, "fields": _once(draft)}).key)
    key = choose(
        _("Known by"), keys, used or None, key=f"import_key_{at}_{draft['entity']}",
        help=_("What tells one record from another. People of one address are told apart by their names too."),
    ) if keys else ""  # fmt: skip
    choices = {
        plans.CREATE: _("Make it"),
        plans.EMPTY: _("Leave it empty"),
        plans.FAIL: _("Leave the row out"),
    }
    missing = dict(draft["missing"])
    for name in missing:
        link = about[name].link
        fixed = link in FIXED
        offered = {c: said for c, said in choices.items() if c != plans.CREATE or not fixed}
        label = _("{label} not found").format(label=_(about[name].label))
        missing[name] = choose(label, offered, missing[name], key=f"import_missing_{at}_{name}")
    near = draft.get("near", False)
    if missing:
        near = st.toggle(
            _("Take near names as meant"), value=near, key=f"import_near_{at}",
            help=_("“Acme Corp.” for “Acme Corporation”, where only one is near. The next step lists each name that was taken."),
        )  # fmt: skip
    orders = _orders(draft, about, at)
    decimal = draft["decimal"]
    if any(about[name].kind in (Kind.MONEY, Kind.NUMBER, Kind.PERCENT) for name in fields):
        marks = {"": _("As found"), ".": _("a point: 1,234.50"), ",": _("a comma: 1.234,50")}
        decimal = choose(_("Decimal sign"), marks, "", key=f"import_decimal_{at}") or ""
    _places(draft, about, fields, at, kept)
    per_unit = draft.get("per_unit", True)
    if price := wizard.price_column(draft):
        per_unit = st.toggle(
            _("“{column}” is the price of one unit").format(column=look.plain(price)), value=per_unit, key=f"import_unit_{at}",
            help=_("The amount of a line is then quantity times price."),
        )  # fmt: skip
    scale = draft.get("scale", 1)
    if any(about[name].kind is Kind.MONEY for name in fields):
        units = {1: _("Whole units"), 1_000: _("Thousands"), 1_000_000: _("Millions")}
        scale = choose(_("Amounts are in"), units, 1, key=f"import_scale_{at}")
    chosen = {
        "mode": mode,
        "key": key or "",
        "missing": missing,
        "near": near,
        "orders": orders,
        "decimal": decimal,
        "per_unit": per_unit,
        "scale": scale,
    }
    return {**draft, **chosen}


def _once(draft: Draft) -> dict[str, str]:
    """The columns with each field fed by the first of them, while somebody still has to choose."""
    first = {field: column for column, field in reversed(draft["fields"].items())}
    return {column: field for column, field in draft["fields"].items() if first[field] == column}


def _orders(draft: Draft, about: Entity, at: int) -> dict[str, str]:
    """The order of day, month and year, column by column."""
    offered = {"": _("As found"), **{name: _(label) for name, label in ORDERS.items()}}
    dated = [(c, f) for c, f in draft["fields"].items() if f and about[f].kind in (Kind.DATE, Kind.DATETIME)]
    return {
        field: choose(
            _("“{column}” is written").format(column=look.plain(column)), offered, draft["orders"].get(field, ""),
            key=f"import_order_{at}_{field}",
        ) or ""
        for column, field in dated[:_MOST_ORDERS]
    }  # fmt: skip


def _places(draft: Draft, about: Entity, fields: list[str], at: int, kept: dict[str, Any]) -> None:
    """Where numbers without country code are from and whose time is told; asked once for all files."""
    kinds = {about[name].kind for name in fields}
    if Kind.PHONE in kinds:
        kept["region"] = choose(
            _("Telephone numbers without country code are from"), _countries(),
            kept.get("region") or (None if draft["asks_country"] else clock.country()), key=f"import_region_{at}",
        )  # fmt: skip
    if Kind.DATETIME in kinds:
        names = {name: name for name in sorted(zones())}
        kept["zone"] = choose(
            _("Times without a zone are of"), names, kept.get("zone") or zone().key, key=f"import_zone_{at}"
        )


@cache
def _countries() -> dict[str, str]:
    names = Locale("en").territories
    return dict(
        sorted(((code, str(names.get(code, code))) for code in SUPPORTED_REGIONS), key=lambda pair: pair[1])
    )


def fixed(draft: Draft, at: int) -> Draft:
    """One value for every row of the file, for fields that no column feeds."""
    fed = set(draft["fields"].values())
    labels = {name: label for name, label in _labels(draft).items() if name not in fed}
    with st.expander(_("One value for all rows"), key=f"import_fixed_card_{at}"):
        edited: Any = st.data_editor(
            {_("Field"): [None], _("Value"): [None]}, hide_index=True, num_rows="dynamic", width=520,
            key=f"import_fixed_{at}_{draft['entity']}",
            column_config={
                _("Field"): st.column_config.SelectboxColumn(options=list(labels.values())),
                _("Value"): st.column_config.TextColumn(),
            },
        )  # fmt: skip
    by_label = {label: name for name, label in labels.items()}
    pairs = zip(edited[_("Field")], edited[_("Value")], strict=True)
    given = {by_label[f]: str(v) for f, v in pairs if isinstance(f, str) and f in by_label and v}
    return {**draft, "constants": given}


def values(actor: Actor, draft: Draft, at: int) -> Draft:
    """What the words of the file mean."""
    about = entities.entity(draft["entity"])
    told = dict(draft["values"])
    unmapped: dict[str, list[str]] = {}
    for name, (words, options) in wizard.value_maps(actor, draft).items():
        look.section(_("What do the words of “{label}” mean?").format(label=_(about[name].label)))
        rows = {_("In the file"): list(words), _("Means"): [options.get(value) for value in words.values()]}
        edited: Any = st.data_editor(
            rows, hide_index=True, key=f"import_values_{at}_{name}", disabled=[_("In the file")], width=520,
            column_config={_("Means"): st.column_config.SelectboxColumn(options=list(options.values()))},
        )  # fmt: skip
        by_label = {label: value for value, label in options.items()}
        means = [by_label.get(label, "") if isinstance(label, str) else "" for label in edited[_("Means")]]
        told[name] = {word: value for word, value in zip(words, means, strict=True) if value}
        if bare := [w for w, value in zip(words, means, strict=True) if not value and not says_nothing(w)]:
            unmapped[name] = bare
    return {**draft, "values": told, "unmapped": unmapped}
