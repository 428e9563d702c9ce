"""The questions of a web form as a small table: add, take away, put in order; and the consents it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from crm.campaigns.forms.questions import CONSENT_WORDS, FIELD_KINDS, MEANINGS, MOST_FIELDS
from crm.campaigns.forms.rules import save_fields
from crm.i18n import _
from crm.ui.frame.guard import storing
from crm.ui.kit import look
from crm.work import Actor
from db.models.campaigns.segments import PURPOSES

PURPOSE_NAMES = dict(PURPOSES)
#: Between the choices of one question, in one cell.
PARTED_BY = ";"


def question_frame(fields: list[dict[str, Any]]) -> pd.DataFrame:
    """Questions as rows to edit: place, label, name, kind in words, whether needed, choices in one text."""
    rows = [
        (
            float(at),
            str(raw.get("label", "")),
            str(raw.get("name", "")),
            _(FIELD_KINDS.get(str(raw.get("kind")), FIELD_KINDS["text"])),
            bool(raw.get("required")),
            f"{PARTED_BY} ".join(str(choice) for choice in raw.get("choices") or ()),
        )
        for at, raw in enumerate(fields, 1)
    ]
    columns = ["place", "label", "name", "kind", "required", "choices"]
    return pd.DataFrame(rows, columns=columns).astype({"place": "float64", "required": "bool"})


def questions(edited: pd.DataFrame) -> list[dict[str, Any]]:
    """What the edited rows say, in the order of their places; rows without a place come last, blank rows not at all."""
    back = {_(label): kind for kind, label in FIELD_KINDS.items()}
    rows = []
    for row in edited.to_dict("records"):
        name, label = _text(row["name"]).strip().lower(), _text(row["label"]).strip()
        if not (name or label):
            continue
        place = len(edited) + 1.0 if pd.isna(row["place"]) else float(row["place"])
        field = {
            "name": name,
            "label": label,
            "kind": back.get(_text(row["kind"]), "text"),
            "required": row["required"] is True,
            "choices": [c.strip() for c in _text(row["choices"]).split(PARTED_BY) if c.strip()],
        }
        rows.append((place, field))
    return [field for _place, field in sorted(rows, key=lambda pair: pair[0])]


def _text(value: Any) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)


def show_questions(actor: Actor, record: Mapping[str, Any], *, may_change: bool) -> None:
    """The questions to edit, or only to read for whoever may not change the form."""
    if not may_change:
        st.dataframe(
            question_frame(record["fields"]),
            hide_index=True,
            row_height=36,
            height="content",
            column_config=_columns(),
            alt=_("The questions of this form"),
        )
        return
    key = f"web_form_questions_{record['id']}"
    # What the person saw stays until they save, whatever is read meanwhile.
    seen: Mapping[str, Any] = st.session_state.setdefault(f"{key}_seen", dict(record))
    turn = seen["version"]
    known = ", ".join(MEANINGS[record["kind"]])
    st.caption(
        _(
            "Places order the questions; 2.5 goes between 2 and 3. Questions with these names fill the record: {names}."
        ).format(names=known)
    )
    with st.form(key, border=False):
        edited = st.data_editor(
            question_frame(seen["fields"]),
            key=f"{key}_rows_{turn}",
            hide_index=True,
            num_rows="dynamic",
            row_height=36,
            height="content",
            placeholder="",
            column_config=_columns(),
            alt=_("The questions of this form"),
        )
        purposes = st.multiselect(
            _("Ask consent to"),
            list(CONSENT_WORDS),
            default=[p for p in seen["purposes"] if p in CONSENT_WORDS],
            format_func=lambda purpose: _(PURPOSE_NAMES[purpose]),
            key=f"{key}_purposes_{turn}",
            help=_("Boxes that nobody ticks for the reader; each ticked one is stored as consent."),
        )
        sent = st.form_submit_button(_("Save questions"), icon=":material/check:")
    if record["version"] != seen["version"]:
        look.lines(_("Someone else changed this web form meanwhile."))
        if st.button(_("Load what is stored now"), key=f"{key}_reload"):
            st.session_state.pop(f"{key}_seen")
            st.rerun()
    if sent:
        with storing(actor, _("The questions are stored."), forget=f"{key}_seen") as work:
            save_fields(
                work, record["id"], questions(edited), purposes=purposes, seen_version=seen["version"]
            )


def _columns() -> dict[str, Any]:
    kinds = st.column_config
    return {
        "place": kinds.NumberColumn(
            _("Place"), min_value=0, max_value=MOST_FIELDS + 1, width=65, format="%.4g"
        ),
        "label": kinds.TextColumn(_("Question"), width=180, max_chars=200),
        "name": kinds.TextColumn(
            _("Name"), width=90, max_chars=40, help=_("Small letters, digits and underscores")
        ),
        "kind": kinds.SelectboxColumn(
            _("Kind"), options=[_(label) for label in FIELD_KINDS.values()], width=110
        ),
        "required": kinds.CheckboxColumn(_("Needed"), width=75),
        "choices": kinds.TextColumn(_("Choices"), width=150, help=_("With semicolons between them")),
    }
