"""Settings of selling: pipelines with their stages, and reasons for losing, each edited as a small table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from crm.i18n import _
from crm.pipeline.stages import (
    KINDS,
    MOST_MINUTES,
    PipelineForm,
    Reason,
    StageForm,
    reached_minutes,
    read_pipelines,
    read_reasons,
    save_pipeline,
    save_reasons,
    set_reached_minutes,
)
from crm.ui.frame.guard import storing
from crm.ui.kit import look
from crm.work import Actor, reading

Row = TypeVar("Row")
Form = TypeVar("Form")


def kind_names() -> dict[str, str]:
    """The kinds of stages as people read them."""
    return {"open": _("Open"), "won": _("Won"), "lost": _("Lost")}


def stage_frame(stages: tuple[StageForm, ...]) -> pd.DataFrame:
    """Stages as rows to edit: place, name, kind, chance in per cent, days until stale; the index is the id."""
    names = kind_names()
    frame = pd.DataFrame(
        [
            (at, s.name, names[s.kind], round(s.probability * 100, 2), s.stale_after_days)
            for at, s in enumerate(stages, 1)
        ],
        columns=["place", "name", "kind", "chance", "stale"],
    )
    return frame.astype({"place": "float64", "chance": "float64", "stale": "float64"})


def stage_forms(edited: pd.DataFrame, stages: tuple[StageForm, ...]) -> list[StageForm]:
    """What the edited rows say, in the order of their places; rows beyond the known ones are new."""
    back = {name: kind for kind, name in kind_names().items()}

    def form(row: pd.Series, known: StageForm | None) -> StageForm:
        return StageForm(
            id=known.id if known else None,
            name=_text(row["name"]),
            kind=back.get(_text(row["kind"]), KINDS[0]),
            probability=0.0 if pd.isna(row["chance"]) else float(row["chance"]) / 100,
            stale_after_days=None if pd.isna(row["stale"]) else int(row["stale"]),
        )

    return _in_order(edited, stages, form)


def _in_order(
    edited: pd.DataFrame, seen: Sequence[Row], form: Callable[[pd.Series, Row | None], Form]
) -> list[Form]:
    rows = []
    for at, row in edited.iterrows():
        known = seen[at] if isinstance(at, int) and at < len(seen) else None
        place = len(seen) + 1.0 if pd.isna(row["place"]) else float(row["place"])
        rows.append((place, form(row, known)))
    return [made for _place, made in sorted(rows, key=lambda pair: pair[0])]


def _editor(frame: pd.DataFrame, columns: dict[str, Any], *, key: str, alt: str) -> pd.DataFrame:
    """Rows to edit, add and take away; Place says their order."""
    return st.data_editor(
        frame,
        key=key,
        hide_index=True,
        num_rows="dynamic",
        row_height=36,
        height="content",
        placeholder="",
        column_config=columns,
        alt=alt,
    )


def _text(value: Any) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)


def show_pipelines(actor: Actor) -> None:
    """Every pipeline with its stages, and a new one."""
    with reading(actor) as session:
        pipelines, minutes = read_pipelines(session), reached_minutes(session)
    st.caption(
        _(
            "The chance of a stage weighs its deals in sums and forecast. Places order the stages; 2.5 goes between 2 and 3."
        )
    )
    for one in pipelines:
        _pipeline(actor, one)
    _reached(actor, minutes)
    if st.button(_("New pipeline"), key="settings_pipeline_new", icon=":material/add:"):
        _new(actor, pipelines)


def _reached(actor: Actor, now: int) -> None:
    """From which length on a stay in a stage counts in the funnel."""
    with st.form("settings_reached"):
        minutes = st.number_input(
            _("A stage counts as reached after minutes"),
            value=now,
            min_value=0,
            max_value=MOST_MINUTES,
            key="settings_reached_minutes",
            help=_("Who moves a card on by mistake and back within this time does not change the funnel"),
        )
        sent = st.form_submit_button(_("Save"))
    if sent:
        with storing(actor, _("Stored.")) as work:
            set_reached_minutes(work, int(minutes))


def _pipeline(actor: Actor, one: PipelineForm) -> None:
    key = f"settings_pipeline_{one.id}"
    # What the person saw stays until they save, whatever is read meanwhile.
    seen: PipelineForm = st.session_state.setdefault(f"{key}_seen", one)
    with st.form(key):
        name = st.text_input(_("Name"), value=seen.name, key=f"{key}_name_{seen.version}", max_chars=200)
        alt = _("Stages of {pipeline}").format(pipeline=seen.name)
        edited = _editor(stage_frame(seen.stages), _columns(), key=f"{key}_stages_{seen.version}", alt=alt)
        active = st.toggle(_("In use"), value=seen.is_active, key=f"{key}_active_{seen.version}")
        sent = st.form_submit_button(_("Save pipeline"), type="primary")
    if one.version != seen.version:
        look.lines(_("Someone else changed this pipeline meanwhile."))
        if st.button(_("Load what is stored now"), key=f"{key}_reload"):
            st.session_state.pop(f"{key}_seen")
            st.rerun()
    if sent:
        said = _("The pipeline “{name}” is stored.").format(name=name)
        with storing(actor, said, forget=f"{key}_seen") as work:
            save_pipeline(
                work,
                pipeline_id=seen.id,
                name=name,
                stages=stage_forms(edited, seen.stages),
                is_active=active,
                seen_version=seen.version,
            )


def _columns() -> dict[str, Any]:
    columns = st.column_config
    return {
        "place": columns.NumberColumn(_("Place"), width=70, help=_("Order of the stages from left to right")),
        "name": columns.TextColumn(_("Stage"), width=240, required=True, max_chars=200),
        "kind": columns.SelectboxColumn(
            _("Kind"), options=list(kind_names().values()), required=True, width=100, default=_("Open")
        ),
        "chance": columns.NumberColumn(
            _("Chance (%)"), min_value=0, max_value=100, width=100, default=50,
            help=_("Won counts 100 and lost 0, whatever stands here"),
        ),
        "stale": columns.NumberColumn(
            _("Stale after days"), min_value=1, step=1, width=130, help=_("Empty: deals here never go stale")
        ),
    }  # fmt: skip


def _new(actor: Actor, pipelines: list[PipelineForm]) -> None:
    @st.dialog(_("New pipeline"))
    def ask() -> None:
        with st.form("settings_pipeline_add", border=False):
            name = st.text_input(_("Name"), key="settings_pipeline_add_name", max_chars=200)
            st.caption(_("It starts with the stages of the first pipeline; change them afterwards."))
            sent = st.form_submit_button(_("Add pipeline"), type="primary")
        if sent:
            first = pipelines[0].stages if pipelines else ()
            stages = [StageForm(None, s.name, s.kind, s.probability, s.stale_after_days) for s in first]
            with storing(actor, _("The pipeline “{name}” is there.").format(name=name)) as work:
                save_pipeline(work, pipeline_id=None, name=name, stages=stages)

    ask()


def reason_forms(edited: pd.DataFrame, seen: list[Reason]) -> list[Reason]:
    """What the edited rows say, in the order of their places."""
    return _in_order(edited, seen, lambda row, known: Reason(known.id if known else None, _text(row["name"])))


def show_reasons(actor: Actor) -> None:
    """Reasons for losing, as one table."""
    key = "settings_reasons"
    if f"{key}_seen" not in st.session_state:
        with reading(actor) as session:
            st.session_state[f"{key}_seen"] = read_reasons(session)
    seen: list[Reason] = st.session_state[f"{key}_seen"]
    frame = pd.DataFrame(
        {"place": [float(at) for at in range(1, len(seen) + 1)], "name": [r.name for r in seen]}
    )
    with st.form(key):
        columns = {
            "place": st.column_config.NumberColumn(_("Place"), width=70),
            "name": st.column_config.TextColumn(_("Reason"), width=360, required=True, max_chars=200),
        }
        alt = _("Reasons for losing a deal")
        edited = _editor(frame, columns, key=f"{key}_{abs(hash(tuple(seen)))}", alt=alt)
        st.caption(_("People choose one of these when a deal is lost; reports group by them."))
        sent = st.form_submit_button(_("Save reasons"), type="primary")
    if sent:
        with storing(actor, _("The reasons are stored."), forget=f"{key}_seen") as work:
            save_reasons(work, reason_forms(edited, seen), seen=seen)
