"""The wizard's second half: what would happen, the import with its progress, what happened, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import streamlit as st

from crm.errors import CrmError
from crm.exchange import entities
from crm.exchange.asking import wizard
from crm.exchange.storing import plan as plans
from crm.exchange.storing.journal import failed_files, failed_rows, failed_zip, get_import
from crm.exchange.storing.report import COUNTS, ImportReport
from crm.i18n import _, ngettext
from crm.jobs.queue import CANCELLED, DONE, FAILED, JobView, enqueue, get_job, resume_job
from crm.records import registry
from crm.ui.frame import job_progress
from crm.ui.frame.guard import current_actor, flash, showing_problems
from crm.ui.kit import look
from crm.work import Actor

_SHOWN = 200


def show_check(
    actor: Actor, kept: dict[str, Any], *, back: Callable[[], None], forward: Callable[[], None]
) -> None:
    """Everything tried and nothing kept: what would be made, changed and left out."""
    if "check_job" not in kept:
        with showing_problems():
            kept["check_job"] = _begin(actor, kept, dry_run=True)
    job = get_job(actor, kept["check_job"]) if "check_job" in kept else None
    if job is None:
        st.button(_("Back"), key="import_check_back", icon=":material/arrow_back:", on_click=back)
        return
    if job.is_active:
        _watch(job)
        return
    asked = True
    if job.state != DONE:
        st.error(job.note or _("The check was cancelled."), icon=":material/error:")
    else:
        report = ImportReport.from_json(job.result)
        main, aside = look.split()
        with main:
            look.section(_("What will happen"), _("Nothing is stored yet"))
            show_counts(report)
            show_changes(report)
            show_examples(report)
            show_columns(report)
        with aside:
            asked = _ask_names(kept, report)
            show_notes(report)
            with look.card(_("Rows with a cell that cannot be read")):
                choices = {
                    plans.FAIL: _("Leave them out and list them"),
                    plans.EMPTY: _("Store them without the cell"),
                }
                chosen = st.radio(
                    _("Rows with a cell that cannot be read"), list(choices), format_func=choices.__getitem__,
                    index=list(choices).index(kept["on_problem"]), key="import_on_problem", label_visibility="collapsed",
                )  # fmt: skip
                if chosen != kept["on_problem"]:
                    kept["on_problem"] = chosen
                    kept.pop("check_job")
                    st.rerun()
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.button(_("Back"), key="import_check_back", icon=":material/arrow_back:", on_click=back)
        if job.state == DONE:
            st.button(
                _("Import now"), key="import_go", type="primary", icon=":material/arrow_forward:", icon_position="right",
                on_click=forward, disabled=not asked,
            )  # fmt: skip


def _ask_names(kept: dict[str, Any], report: ImportReport) -> bool:
    """Whether it is settled what becomes of records that would get another name; several people may share an address."""
    at = next((at for at, step in enumerate(report.steps) if step.renamed), None)
    if at is None:
        return True
    step = report.steps[at]
    draft = next(d for d in kept["drafts"] if d["name"] == step.file and d["entity"] == step.entity)
    pairs = {key: said for key, said in wizard.key_choices(draft).items() if "," in key}
    pair = next(iter(pairs), "")
    choices = {"rename": _("Give them the new name")}
    if pair:
        choices["apart"] = _("Tell rows apart by {key}").format(key=pairs[pair])
    with look.card(_("{n:,} records would get another name").format(n=sum(s.renamed for s in report.steps))):
        chosen = st.radio(
            _("What should become of them?"),
            list(choices),
            format_func=choices.__getitem__,
            index=None,
            key="import_renamed",
        )
    if chosen == "apart":
        draft["key"] = pair
        kept.pop("check_job")
        st.rerun()
    return chosen == "rename"


def _begin(actor: Actor, kept: dict[str, Any], *, dry_run: bool) -> int:
    drafts = kept["drafts"]
    name = ", ".join(dict.fromkeys(draft["name"] for draft in drafts if not draft.get("left_out")))
    plan = wizard.plan_of(
        drafts,
        name=name,
        on_problem=kept["on_problem"],
        region=kept.get("region") or "",
        zone=kept.get("zone") or "",
    )
    args = {"plan": plan.as_json(), "files": wizard.files_of(drafts), "dry_run": dry_run}
    return enqueue(actor, "import", args)


def _watch(job: JobView) -> None:
    job_progress.watch(job, key="import", words=_rows_so_far)


def _rows_so_far(job: JobView) -> str:
    text = _("{done:,} of {total:,} rows · {file}").format(done=job.done, total=job.total, file=job.note)
    return text if job.total else _("Waiting for its turn")


def show_import(actor: Actor, kept: dict[str, Any], *, again: Callable[[], None]) -> None:
    """The import under way, then what it did."""
    if "import_job" not in kept:
        with showing_problems():
            kept["import_job"] = _begin(actor, kept, dry_run=False)
    if "import_job" not in kept:
        return
    job = get_job(actor, kept["import_job"])
    if job.is_active:
        _watch(job)
        return
    if job.state in (CANCELLED, FAILED):
        st.warning(
            _("The import stopped. What was stored so far is listed under past imports. {why}").format(
                why=job.note
            )
        )
        if st.button(_("Go on"), key="import_resume", icon=":material/play_arrow:"):
            with showing_problems():
                resume_job(actor, job.id)
                st.rerun()
    else:
        report = ImportReport.from_json(job.result)
        show_result(actor, report)
    st.button(_("Import something else"), key="import_again", on_click=again)


def show_result(actor: Actor, report: ImportReport) -> None:
    """What an import did: counts, columns, failed rows, undo."""
    look.section(_("What happened"), _("Import {id}, {s:.1f} seconds").format(id=report.id, s=report.seconds))
    show_counts(report)
    show_columns(report)
    show_notes(report)
    if report.id is not None:
        show_failed(actor, report.id)
        show_undo(actor, report.id)


def show_counts(report: ImportReport) -> None:
    """Rows by entity, in one table."""
    totals = report.totals()
    heads = (_("New"), _("Updated"), _("There already"), _("Failed"))
    rows: dict[str, list[Any]] = {"": [_(registry.entity(name).plural) for name in totals]}
    for head, count in zip(heads, COUNTS, strict=True):
        rows[head] = [f"{counted[count]:,}" for counted in totals.values()]
    st.table(rows, border="horizontal", alt=_("Rows by kind of record"))


def show_changes(report: ImportReport) -> None:
    """Old and new value of every cell that would change, page by page."""
    rows = [{"file": step.file, **change} for step in report.steps for change in step.changes]
    if not rows:
        return
    total = sum(step.changed for step in report.steps)
    look.section(_("What would change"), ngettext("{n:,} value", "{n:,} values", total).format(n=total))
    pages = -(-len(rows) // _SHOWN)
    at = 1
    if pages > 1:
        at = int(st.number_input(
            _("Page, of {n:,}").format(n=pages), min_value=1, max_value=pages, step=1, key="import_changes_page", width=160
        ))  # fmt: skip
    heads = {
        "file": _("File"), "row": _("Row"), "name": _("Record"), "label": _("Field"), "old": _("Now"), "new": _("Then"),
    }  # fmt: skip
    part = rows[(at - 1) * _SHOWN : at * _SHOWN]
    table = {head: [row[name] for row in part] for name, head in heads.items()}
    st.dataframe(table, hide_index=True, alt=_("What would change"))


def show_examples(report: ImportReport) -> None:
    """The first rows that would be left out, and why."""
    found = [{"file": step.file, **example} for step in report.steps for example in step.examples]
    if not found:
        return
    look.section(
        _("Rows that would be left out"), _("The first of each file; go back to map words or change columns")
    )
    _problems(found, alt=_("Rows that would be left out"))


def _problems(rows: Sequence[Mapping[str, Any]], *, alt: str) -> None:
    """Where rows cannot be stored, and why."""
    heads = {
        "file": _("File"),
        "row": _("Row"),
        "column": _("Column"),
        "value": _("Value"),
        "reason": _("Reason"),
    }
    table = {head: [row[name] for row in rows] for name, head in heads.items()}
    st.dataframe(table, hide_index=True, alt=alt)


def show_columns(report: ImportReport) -> None:
    """Stored values by column, one table a file."""
    with st.expander(_("Values by column"), icon=":material/table_rows:"):
        for step in report.steps:
            about = entities.entity(step.entity)
            look.section(step.file)
            st.dataframe(
                {
                    _("In the file"): [column.column for column in step.columns],
                    _("Goes to"): [_(about[column.field].label) for column in step.columns],
                    _("Filled cells"): [column.filled for column in step.columns],
                    _("Stored"): [column.stored for column in step.columns],
                    _("Read as"): [column.found for column in step.columns],
                },
                hide_index=True,
                alt=_("Filled and stored cells of {file}").format(file=step.file),
            )


def show_notes(report: ImportReport) -> None:
    """What a person should know: readings that could be others, names taken for others, cells rounded or left empty."""
    notes = [
        _("{file} came in before, as import {id}.").format(file=name, id=before)
        for name, before in report.seen.items()
    ]
    for step in report.steps:
        if step.doubtful:
            told = _("{file} was read as {encoding}; look at {cells}.")
            notes.append(told.format(file=step.file, encoding=step.encoding, cells=", ".join(step.doubtful)))
        if step.alike:
            notes.append(
                _("{file}: {n:,} rows without a key stand there already.").format(
                    file=step.file, n=step.alike
                )
            )
        for column in step.columns:
            if column.ambiguous:
                notes.append(
                    _("“{column}” can be read two ways; read as {found}.").format(
                        column=column.column, found=column.found
                    )
                )
            if column.rounded:
                notes.append(
                    _("“{column}”: {n:,} amounts rounded to whole cents.").format(
                        column=column.column, n=column.rounded
                    )
                )
        for text, near in step.taken_near.items():
            notes.append(_("“{text}” was taken for “{near}”.").format(text=text, near=near))
        for name, count in step.left_empty.items():
            notes.append(_("“{column}”: {n:,} cells left empty.").format(column=name, n=count))
        for name, count in step.kept.items():
            text = _("“{column}”: {n:,} blank cells; what was stored there stays.")
            notes.append(text.format(column=name, n=count))
        notes += step.told
        for words, count in step.history.items():
            label = _(registry.entity(step.entity).plural)
            notes.append(
                _("{label}: {n:,} came in as history: {words}.").format(label=label, n=count, words=words)
            )
    if notes:
        with look.card(_("Good to know")):
            look.lines(*notes[:20])


def show_failed(actor: Actor, import_id: int) -> None:
    """Rows that were not stored, with row, column, value, reason; all of them to download."""
    rows = failed_rows(actor, import_id, limit=_SHOWN)
    if not rows:
        return
    look.section(_("Rows that were not stored"), _("Correct them in the file you download and import that"))
    _problems([asdict(row) for row in rows], alt=_("Rows that were not stored"))
    several = len({row.file for row in rows}) > 1 or len(rows) == _SHOWN
    st.download_button(
        _("Download all failed rows"),
        lambda: failed_zip(current_actor(), import_id) if several else _only_file(current_actor(), import_id),
        file_name=f"failed-{import_id}.{'zip' if several else 'csv'}", mime="application/zip" if several else "text/csv",
        key=f"import_failed_{import_id}", icon=":material/download:",
    )  # fmt: skip


def _only_file(actor: Actor, import_id: int) -> bytes:
    return "".join(failed_files(actor, import_id).values()).encode("utf-8-sig")


def show_undo(actor: Actor, import_id: int) -> None:
    """The way back, after one question."""
    state = get_import(actor, import_id).state
    if state == "running":
        st.info(_("This import is still running."), icon=":material/hourglass_empty:")
        return
    if state == "undone":
        st.info(_("This import was undone."), icon=":material/undo:")
        return
    with st.popover(_("Undo this import"), icon=":material/undo:", key=f"import_undo_ask_{import_id}"):
        st.markdown(
            _(
                "What it made goes, what it changed gets its old values back. What was edited since stays and is named."
            )
        )
        if st.button(_("Undo it"), key=f"import_undo_{import_id}", type="primary"):
            undo(actor, import_id)


def undo(actor: Actor, import_id: int) -> None:
    """Take an import back and say what stayed."""
    from crm.exchange.undoing.undo import undo_import

    try:
        with st.spinner(_("Undoing")):
            report = undo_import(actor, import_id)
    except CrmError as problem:
        st.error(problem.message)
        return
    removed, restored = sum(report.removed.values()), sum(report.restored.values())
    flash(
        _("{n:,} records removed, {m:,} restored, {k:,} kept.").format(
            n=removed, m=restored, k=report.kept_count
        )
    )
    st.session_state[f"import_kept_{import_id}"] = [(k.name, k.reason) for k in report.kept]
    st.rerun()


def show_kept(import_id: int) -> None:
    """The records that the last undo in this tab left as they are."""
    for name, reason in st.session_state.get(f"import_kept_{import_id}", []):
        look.two_lines(name, why=reason)
