"""One form for any record: built from the registry, checked by the service, nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from crm.clock import here, now
from crm.errors import Conflict, CrmError, Refused
from crm.firm.firm import firm_currency
from crm.i18n import _
from crm.records import records, registry
from crm.records.checks import check_values
from crm.records.fields import Entity, Field, Kind
from crm.ui.kit.form_names import doubles, made_of_names, near_names
from crm.ui.kit.formats import value_text
from crm.ui.kit.inputs import NewName, input_for, read_input
from crm.ui.kit.words import plain
from crm.work import Actor, Work, reading, unit_of_work


def record_form(
    actor: Actor,
    entity: str,
    *,
    key: str,
    record: Mapping[str, Any] | None = None,
    fields: Sequence[str] | None = None,
    preset: Mapping[str, Any] | None = None,
    without: Sequence[str] = (),
    submit: str = "",
    options: Mapping[str, Mapping[int, str]] | None = None,
    at_saving: str = "",
    beside: Callable[[], Callable[[Work, dict[str, Any]], Any]] | None = None,
) -> dict[str, Any] | None:
    """Draw the form of a record and store it on submit.

    Parameters
    ----------
    record : mapping, optional
        The record as it was read, with ``id`` and ``version``; None makes a new one.
    fields : sequence of field names, optional
        Those that are asked for; without it the card says which are shown at once and which behind "More fields".
    preset : mapping, optional
        Values of a new record that are already known.
    at_saving : name of a field, optional
        A time of a new record that begins at this moment and, left alone, is the moment of saving.
    beside : callable, optional
        Draws further inputs above the button and gives what is done with them and the stored record, in its transaction.
    without : sequence of field names
        Those of the card that follow from something else here.

    Returns
    -------
    dict or None
        The stored record in the run after a successful submit. On a refusal everything typed stays in the form, each
        wrong field with its remedy; on a conflict both values are shown and the person chooses.
    """
    about = registry.entity(entity)
    if record is not None:
        # What was changed is measured against the record as it was seen, whatever the page reads meanwhile; else the
        # untouched inputs of a stale form would undo what somebody else stored.
        record = st.session_state.setdefault(f"{key}_base", dict(record))
    values = dict(preset or {}) | dict(record or {})
    if record is None and at_saving:
        values[at_saving] = st.session_state.setdefault(f"{key}_begun", now())
    currency = values.get("currency") or firm_currency(actor)
    if record is None and "currency" in about.by_name:
        values["currency"] = currency
    card = registry.card(entity)
    behind = () if fields else card.names("more", *(["later"] if record is not None else []))
    shown, hidden = (
        [about[n] for n in names if n not in without] for names in (fields or card.names("form"), behind)
    )
    # The version that the person saw; it stays until they save or close, whatever the page reads meanwhile.
    if record is not None:
        st.session_state.setdefault(f"{key}_seen_version", record["version"])
    problems: dict[str, str] = st.session_state.setdefault(f"{key}_problems", {})
    entered: dict[str, Any] = {}

    def draw(field: Field) -> None:
        entered[field.name] = input_for(
            field,
            key=_input_key(key, field.name),
            value=values.get(field.name),
            actor=actor,
            currency=currency,
            options=(options or {}).get(field.name),
            making=True,
        )
        if field.name in problems:
            st.caption(f":red[:material/error: {plain(problems[field.name])}]")

    with st.form(f"{key}_form", border=False):
        _inputs(shown, draw)
        if hidden:
            with st.expander(_("More fields"), expanded=any(f.name in problems for f in hidden)):
                _inputs(hidden, draw)
        also = beside() if beside else None
        if "" in problems:
            st.error(plain(problems[""]), icon=":material/error:")
        submitted = st.form_submit_button(submit or _("Save"), type="primary", icon=":material/check:")
    if st.session_state.get(f"{key}_conflict"):
        _show_conflict(about, key, currency)
    if not submitted:
        return None
    if record is None and at_saving:
        (begun, _none) = read_input(about[at_saving], entered[at_saving], actor=actor, currency=currency)
        if is_same(about[at_saving], begun, values.pop(at_saving)):
            del entered[at_saving]
    return _submit(actor, about, key, [*shown, *hidden], entered, record, values, currency, also=also)


def _inputs(fields: Sequence[Field], draw: Callable[[Field], None]) -> None:
    """Two in a row, long texts below them."""
    grid = st.grid(2, min_column_width=165, gap="small")
    for field in fields:
        if field.kind is not Kind.LONGTEXT:
            with grid.cell():
                draw(field)
    for field in fields:
        if field.kind is Kind.LONGTEXT:
            draw(field)


def _submit(
    actor: Actor,
    about: Entity,
    key: str,
    fields: Sequence[Field],
    entered: Mapping[str, Any],
    record: Mapping[str, Any] | None,
    values: Mapping[str, Any],
    currency: str,
    *,
    also: Callable[[Work, dict[str, Any]], Any] | None,
) -> dict[str, Any] | None:
    currency = entered.get("currency") or currency
    fields = [f for f in fields if f.name in entered]
    read = {
        f.name: read_input(f, entered[f.name], actor=actor, currency=currency, making=True) for f in fields
    }
    problems = {name: p.message for name, (_value, p) in read.items() if p is not None}
    problems |= near_names(about, key, read)
    wanted = {name: value for name, (value, p) in read.items() if p is None}
    if record is None:
        wanted = {k: v for k, v in values.items() if k not in wanted and k in about.by_name} | wanted
    else:
        wanted = {k: v for k, v in wanted.items() if not is_same(about[k], v, record.get(k))}
    if record is None and not problems:
        problems = doubles(actor, about, key, wanted)
    if problems:
        known = {n: v for n, v in wanted.items() if not isinstance(v, NewName)}
        _stored, further = check_values(about.by_name, known)
        _tell(key, {p.field: p.message for p in further} | problems)
        return None
    try:
        with unit_of_work(actor) as work:
            wanted |= made_of_names(work, about, wanted)
            if record is None:
                stored = records.create_record(work, about.name, wanted)
            else:
                seen = st.session_state[f"{key}_seen_version"]
                stored = records.update_record(work, about.name, int(record["id"]), wanted, seen_version=seen)
            if also is not None:
                also(work, stored)
    except Conflict as conflict:
        newest = _newest(actor, about.name, record)
        st.session_state[f"{key}_conflict"] = {
            "message": conflict.message,
            "mine": conflict.mine,
            "theirs": _both_changed(about, conflict.theirs, record, newest),
            "version": conflict.version,
            "changed": list(wanted),
            "newest": newest,
        }
        _tell(key, {} if conflict.theirs else {"": conflict.message})
        return None
    except Refused as refused:
        _tell(key, {p.field: p.message for p in refused.problems} or {"": refused.message})
        return None
    except CrmError as problem:
        _tell(key, {"": problem.message})
        return None
    forget_form(key)
    return stored


def _both_changed(
    about: Entity,
    theirs: Mapping[str, Any],
    seen: Mapping[str, Any] | None,
    newest: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Of the stored values that differ from mine, those that somebody else changed; all where nobody did."""
    if seen is None or newest is None:
        return dict(theirs)
    both = {
        n: v for n, v in theirs.items() if n not in about.by_name or not is_same(about[n], newest[n], seen[n])
    }
    return both or dict(theirs)


def is_same(field: Field, entered: Any, stored: Any) -> bool:
    """Whether what an input gives says the same as what is stored."""
    if field.kind is Kind.BOOLEAN:
        # A box that nobody ticked stays as blank as it was.
        return bool(entered) == bool(stored)
    if field.kind is Kind.TAGS:
        return list(entered or []) == list(stored or [])
    if field.kind is Kind.DATETIME and entered is not None and stored is not None:
        # The input shows minutes; a stored second is not a change.
        return bool(entered.replace(second=0, microsecond=0) == stored.replace(second=0, microsecond=0))
    return bool(entered == stored) or (entered in (None, "") and stored in (None, ""))


def _tell(key: str, problems: Mapping[str, str]) -> None:
    """Draw again with what is told; of a dialog only itself, so that it stays open."""
    st.session_state[f"{key}_problems"] = dict(problems)
    context = get_script_run_ctx()
    st.rerun(scope="fragment" if context is not None and context.fragment_ids_this_run else "app")


def _show_conflict(about: Entity, key: str, currency: str) -> None:
    """Both values of each field that differs, and the choice."""
    conflict = st.session_state[f"{key}_conflict"]
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**:orange[:material/warning:] {plain(conflict['message'])}**")
        fields = [about[name] for name in conflict["theirs"] if name in about.by_name]
        pairs = [
            _apart(f, conflict["mine"].get(f.name), conflict["theirs"].get(f.name), currency) for f in fields
        ]
        mine, theirs = ([plain(pair[side]) for pair in pairs] for side in (0, 1))
        st.table(
            {_("Field"): [_(f.label) for f in fields], _("Yours"): mine, _("Stored now"): theirs},
            alt=_("Your values beside the stored ones"),
        )
        with st.container(horizontal=True):
            st.button(
                _("Keep mine"),
                key=f"{key}_keep_mine",
                on_click=_keep(key, conflict, mine=True),
                type="primary",
            )
            st.button(
                _("Take the stored values"),
                key=f"{key}_take_theirs",
                on_click=_keep(key, conflict, mine=False),
            )


def _apart(field: Field, mine: Any, theirs: Any, currency: str) -> tuple[str, str]:
    """Two values that differ, as people read them; exact where both would read alike."""
    texts = value_text(field, mine, currency), value_text(field, theirs, currency)
    if texts[0] != texts[1]:
        return texts
    exact = (f"{here(v):%Y-%m-%d %H:%M}" if isinstance(v, datetime) else str(v) for v in (mine, theirs))
    return next(exact), next(exact)


def _newest(actor: Actor, entity: str, record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if record is None:
        return None
    try:
        with reading(actor) as session:
            return records.get_record(session, entity, int(record["id"]))
    except CrmError:
        return None


def _input_key(key: str, name: str) -> str:
    """The key of one input; another turn is another input, because a browser keeps what was typed into the same one."""
    turn = st.session_state.get(f"{key}_turn", 0)
    return f"{key}_{name}_{turn}" if turn else f"{key}_{name}"


def _keep(key: str, conflict: Mapping[str, Any], *, mine: bool) -> Callable[[], None]:
    def decide() -> None:
        """Go on from the version that was shown; the stored values bring a form that begins from the newest record.

        Of what was typed, it keeps the changes that nobody else touched.
        """
        st.session_state.pop(f"{key}_conflict", None)
        newest = conflict["newest"]
        if mine or newest is None:
            st.session_state[f"{key}_seen_version"] = conflict["version"]
            return
        kept = {
            name: st.session_state[_input_key(key, name)]
            for name in conflict["changed"]
            if name not in conflict["theirs"] and _input_key(key, name) in st.session_state
        }
        st.session_state[f"{key}_base"] = newest
        st.session_state[f"{key}_seen_version"] = newest["version"]
        st.session_state[f"{key}_turn"] = st.session_state.get(f"{key}_turn", 0) + 1
        for name, value in kept.items():
            st.session_state[_input_key(key, name)] = value

    return decide


def forget_form(key: str) -> None:
    """Clear what a form remembers, after a save or when it is closed."""
    for name in [n for n in st.session_state if str(n).startswith(f"{key}_")]:
        del st.session_state[name]


__all__ = ["firm_currency", "forget_form", "is_same", "record_form"]
