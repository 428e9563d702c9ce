"""The import wizard: which file, which column goes where, what is wrong, and the import itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from crm.exchange.asking import wizard
from crm.exchange.asking.wizard import Draft
from crm.exchange.storing import plan as plans
from crm.exchange.values.dates import ORDERS
from crm.i18n import _
from crm.records import registry
from crm.records.fields import Kind
from crm.ui.frame.guard import showing_problems
from crm.ui.imports.run import show_check, show_import
from crm.ui.kit import look
from crm.ui.kit.forms import firm_currency
from crm.ui.kit.inputs import choose
from crm.work import Actor

#: Where the wizard keeps what was chosen, in this tab.
STATE = "import_wizard"
STEPS = ("file", "match", "check", "import")


def state() -> dict[str, Any]:
    """The wizard of this tab: its step, its drafts, its jobs."""
    kept: dict[str, Any] = st.session_state.setdefault(
        STATE, {"step": "file", "drafts": [], "on_problem": plans.FAIL}
    )
    return kept


def go(step: str) -> None:
    """Move to a step in the next run."""
    state()["step"] = step


def start_over() -> None:
    """Forget the files; what was imported stays."""
    st.session_state.pop(STATE, None)


def steps_line(now: str) -> None:
    """Where one is: done, here, to come."""
    names = {
        "file": _("File"),
        "match": _("Match columns"),
        "check": _("Fix problems"),
        "import": _("Import"),
    }
    here = STEPS.index(now)
    parts = []
    for at, step in enumerate(STEPS):
        if at < here:
            parts.append(f":green[:material/check_circle:] {names[step]}")
        elif at == here:
            parts.append(f":blue-badge[{at + 1}] **{names[step]}**")
        else:
            parts.append(f":gray-badge[{at + 1}] :gray[{names[step]}]")
    st.markdown(" &nbsp; ".join(parts))


def title(drafts: Sequence[Draft]) -> tuple[str, str]:
    """Heading and grey line of the page."""
    if not drafts:
        return _("Import"), _("CSV or spreadsheet; several files that belong together come in as one import.")
    names = {_(registry.entity(draft["entity"]).plural).lower() for draft in drafts}
    heading = _("Import {what}").format(what=", ".join(sorted(names)))
    if len(drafts) > 1:
        rows = sum(draft["rows"] for draft in drafts)
        return heading, _("{n} files · {rows:,} rows").format(n=len(drafts), rows=rows)
    (draft,) = drafts
    parts = [
        draft["name"],
        _("{n:,} rows").format(n=draft["rows"]),
        _("{n} columns").format(n=len(draft["columns"])),
    ]
    if draft["encoding"]:
        separators = {
            ",": _("commas"),
            ";": _("semicolons"),
            "\t": _("tabs"),
            "|": _("bars"),
            " ": _("blanks"),
        }
        separator = separators.get(draft["separator"], f"“{draft['separator']}”")
        parts.append(
            _("read as {encoding}, separated by {sign}").format(
                encoding=draft["encoding"].upper(), sign=separator
            )
        )
    elif draft["sheet"]:
        parts.append(_("sheet {name}").format(name=draft["sheet"]))
    return heading, " · ".join(parts)


def show(actor: Actor) -> None:
    """The step that the wizard is at."""
    kept = state()
    steps_line(kept["step"])
    if kept["step"] == "file" or not kept["drafts"]:
        _file_step(actor)
    elif kept["step"] == "match":
        _match_step(actor, kept)
    elif kept["step"] == "check":
        show_check(actor, kept, back=lambda: go("match"), forward=lambda: go("import"))
    else:
        show_import(actor, kept, again=start_over)


def _file_step(actor: Actor) -> None:
    main, aside = look.split()
    with main:
        uploads = st.file_uploader(
            _("Files to import"),
            type=["csv", "tsv", "txt", "xlsx", "xls", "xlsb", "ods"],
            accept_multiple_files=True,
            key="import_files",
        )
        if uploads and st.button(
            _("Read the files"), type="primary", key="import_read", icon=":material/arrow_forward:"
        ):
            _read(actor, {upload.name: upload.getvalue() for upload in uploads})
    with aside, look.card(_("What can come in?")):
        look.lines(
            _("CSV with any separator and encoding, XLSX, XLS, ODS."),
            _("The first line holds the names of the columns."),
            _("Nothing is stored before you have seen what will happen."),
            _("Every import can be undone."),
        )


def _read(actor: Actor, files: dict[str, bytes]) -> None:
    kept = state()
    with showing_problems():
        with st.spinner(_("Reading")):
            paths = wizard.keep_uploads(files)
            kept["drafts"] = [wizard.draft_of(actor, name, path) for name, path in paths.items()]
        kept["step"] = "match"
        kept.pop("check_job", None)
        kept.pop("import_job", None)
        st.rerun()


def _match_step(actor: Actor, kept: dict[str, Any]) -> None:
    drafts: list[Draft] = kept["drafts"]
    at = 0
    if len(drafts) > 1:
        names = {str(number): look.plain(draft["name"]) for number, draft in enumerate(drafts)}
        at = int(st.segmented_control(
            _("File"), list(names), default="0", format_func=names.__getitem__, required=True, key="import_file",
            label_visibility="collapsed",
        ) or 0)  # fmt: skip
    draft = drafts[at]
    currency = firm_currency(actor)
    main, aside = look.split()
    with main:
        draft = _entity(actor, draft, at)
        draft = _columns(draft, at)
    with aside:
        with look.card(_("How to import")):
            draft = _options(draft, at)
        problems = st.container()
    drafts[at] = draft = _values(actor, draft, at)
    with problems, look.card(_("Problems so far")):
        found = wizard.worries(draft, currency=currency)
        for heading, told in found:
            look.two_lines(heading, why=told)
        if not found:
            look.lines(_("None."))
    look.section(_("Preview"), _("The first rows as they will be saved"))
    st.dataframe(
        wizard.preview(draft, currency=currency),
        hide_index=True,
        alt=_("The first rows as they will be saved"),
    )
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.button(_("Back"), key="import_back", icon=":material/arrow_back:", on_click=start_over)
        st.button(
            _("Continue to problems"), key="import_check", type="primary", icon=":material/arrow_forward:",
            icon_position="right", on_click=_check,
        )  # fmt: skip


def _check() -> None:
    state().pop("check_job", None)
    go("check")


def _entity(actor: Actor, draft: Draft, at: int) -> Draft:
    entities = {entity.name: _(entity.plural) for entity in wizard.importable(actor)}
    chosen = choose(_("This file holds"), entities, draft["entity"], key=f"import_entity_{at}", width=320)
    if chosen and chosen != draft["entity"]:
        st.session_state.pop(f"import_columns_{at}", None)
        return wizard.with_entity(draft, wizard.table_of(draft), chosen)
    return draft


def _columns(draft: Draft, at: int) -> Draft:
    about = registry.entity(draft["entity"])
    labels = _labels(draft["entity"])
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
    links = [name for name in fields.values() if name and about[name].kind is Kind.LINK]
    missing = {
        name: draft["missing"].get(name, plans.FAIL if about[name].link == "stage" else plans.CREATE)
        for name in links
    }
    return {**draft, "fields": fields, "missing": missing}


def _labels(entity: str) -> dict[str, str]:
    """What people read for each field; two of one name are told apart by their group or name."""
    about = registry.entity(entity)
    labels: dict[str, str] = {}
    for field in about.fields:
        if field.importable:
            label = _(field.label)
            labels[field.name] = f"{label} ({field.name})" if label in labels.values() else label
    return labels


def _options(draft: Draft, at: int) -> Draft:
    about = registry.entity(draft["entity"])
    fields = [name for name in draft["fields"].values() if name]
    modes = {
        plans.UPSERT: _("Update it"),
        plans.CREATE: _("Leave it as it is"),
        plans.UPDATE: _("Update it, make no new ones"),
    }
    mode = choose(_("A row that is here already"), modes, plans.UPSERT, key=f"import_mode_{at}")
    keys = {name: _(about[name].label) for name in fields}
    used = wizard.step_of(draft).key
    key = choose(
        _("Known by"), keys, used[0] if used else None, key=f"import_key_{at}_{draft['entity']}",
        help=_("The column that tells one record from another"),
    ) if keys else ""  # fmt: skip
    choices = {
        plans.CREATE: _("Make it"),
        plans.EMPTY: _("Leave it empty"),
        plans.FAIL: _("Leave the row out"),
    }
    missing = dict(draft["missing"])
    for name in missing:
        link = about[name].link
        fixed = link in ("stage", "pipeline", "role")
        offered = {c: said for c, said in choices.items() if c != plans.CREATE or not fixed}
        label = _("{label} not found").format(label=_(about[name].label))
        missing[name] = choose(label, offered, missing[name], key=f"import_missing_{at}_{name}")
    near = draft.get("near", False)
    if missing:
        near = st.toggle(
            _("Take near names as meant"), value=near, key=f"import_near_{at}",
            help=_("“Acme Corp.” for “Acme Corporation”, where only one is near. The next step lists each name that was taken."),
        )  # fmt: skip
    order = draft["date_order"]
    if any(about[name].kind in (Kind.DATE, Kind.DATETIME) for name in fields):
        orders = {"": _("As found"), **{name: _(label) for name, label in ORDERS.items()}}
        order = choose(_("Dates are written"), orders, "", key=f"import_order_{at}")
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
        "date_order": order,
        "per_unit": per_unit,
        "scale": scale,
    }
    return {**draft, **chosen}


def _values(actor: Actor, draft: Draft, at: int) -> Draft:
    about = registry.entity(draft["entity"])
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
        if bare := [word for word, value in zip(words, means, strict=True) if not value]:
            unmapped[name] = bare
    return {**draft, "values": told, "unmapped": unmapped}
