"""The import wizard: which file, which column goes where, what is wrong, and the import itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from crm.exchange import entities
from crm.exchange.asking import wizard
from crm.exchange.asking.wizard import Draft
from crm.exchange.storing import plan as plans
from crm.i18n import _
from crm.records import registry
from crm.ui.frame.guard import showing_problems
from crm.ui.imports import matching
from crm.ui.imports.run import show_check, show_import
from crm.ui.kit import look
from crm.ui.kit.forms import firm_currency
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
    names = {_(registry.entity(d["entity"]).plural).lower() for d in drafts if d["entity"]}
    heading = _("Import {what}").format(what=", ".join(sorted(names))) if names else _("Import")
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
            type=["csv", "tsv", "txt", "xlsx", "xls", "xlsb", "ods", "vcf", "vcard"],
            accept_multiple_files=True,
            key="import_files",
        )
        if uploads and st.button(
            _("Read the files"), type="primary", key="import_read", icon=":material/arrow_forward:"
        ):
            _read(actor, [(upload.name, upload.getvalue()) for upload in uploads])
    with aside, look.card(_("What can come in?")):
        look.lines(
            _("CSV with any separator and encoding, XLSX, XLS, ODS, vCards."),
            _("The first line holds the names of the columns."),
            _("Nothing is stored before you have seen what will happen."),
            _("Every import can be undone."),
        )


def _read(actor: Actor, files: list[tuple[str, bytes]]) -> None:
    kept = state()
    with showing_problems():
        with st.status(_("Reading")) as shown:
            kept["drafts"] = []
            paths = wizard.keep_uploads(files)
            for at, (name, path) in enumerate(paths.items(), 1):
                shown.update(
                    label=_("Reading {name}, file {at} of {n}").format(
                        name=look.plain(name), at=at, n=len(paths)
                    )
                )
                kept["drafts"] += wizard.drafts_of(actor, name, path)
        kept["step"] = "match"
        kept.pop("check_job", None)
        kept.pop("import_job", None)
        st.rerun()


def _match_step(actor: Actor, kept: dict[str, Any]) -> None:
    drafts: list[Draft] = kept["drafts"]
    at = 0
    if len(drafts) > 1:
        names = {str(number): look.plain(label(draft)) for number, draft in enumerate(drafts)}
        at = int(st.segmented_control(
            _("File"), list(names), default="0", format_func=names.__getitem__, required=True, key="import_file",
            label_visibility="collapsed",
        ) or 0)  # fmt: skip
    draft = drafts[at]
    currency = firm_currency(actor)
    region, zone = kept.get("region") or "", kept.get("zone") or ""
    main, aside = look.split()
    with main:
        draft = matching.entity(actor, draft, at)
        if not draft["left_out"]:
            draft = matching.columns(draft, at)
    with aside:
        if not draft["error"]:
            with look.card(_("How this file is read")):
                draft = matching.reading(actor, draft, at)
        if draft["entity"] and not draft["left_out"]:
            with look.card(_("How to import")):
                draft = matching.options(draft, at, kept)
        problems = st.container()
    if draft["entity"] and not draft["left_out"]:
        draft = matching.values(actor, draft, at)
        draft = matching.fixed(draft, at)
    drafts[at] = draft
    with problems, look.card(_("Problems so far")):
        found = wizard.worries(draft, currency=currency, region=region, zone=zone)
        for heading, told in found:
            look.two_lines(heading, why=told)
        if not found:
            look.lines(_("None."))
    if draft["entity"] and not draft["left_out"]:
        look.section(_("Preview"), _("The first rows as they will be saved"))
        st.dataframe(
            wizard.preview(draft, currency=currency, region=region, zone=zone),
            hide_index=True,
            alt=_("The first rows as they will be saved"),
        )
    stopped = [label(d) for d in drafts if wizard.blocked(d, region=kept.get("region") or "")]
    taking = [d for d in drafts if not d["left_out"]]
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.button(_("Back"), key="import_back", icon=":material/arrow_back:", on_click=start_over)
        st.button(
            _("Continue to problems"), key="import_check", type="primary", icon=":material/arrow_forward:",
            icon_position="right", on_click=_check, disabled=bool(stopped) or not taking,
            help=_("First settle: {files}").format(files=", ".join(stopped)) if stopped else None,
        )  # fmt: skip


def label(draft: Draft) -> str:
    """A file by its name, a sheet by both; of a file that holds two kinds of record also which."""
    parts = [draft["name"], draft["sheet"] if len(draft["sheets"]) > 1 else ""]
    if draft.get("part") and draft["entity"]:
        parts.append(_(entities.entity(draft["entity"]).plural))
    return " · ".join(filter(None, parts))


def _check() -> None:
    state().pop("check_job", None)
    go("check")
