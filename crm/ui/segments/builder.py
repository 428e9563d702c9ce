"""The rule builder of a segment: groups within groups, a live count, and the first contacts that fit."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from crm.campaigns.segments.conditions import MANY, MOST_DEPTH, SINGLE, THROUGH_ORGANISATION
from crm.campaigns.segments.segments import compile_rules, count_rules, first_contacts, save_rules
from crm.clock import now, zone
from crm.errors import Refused
from crm.i18n import N_, _, ngettext
from crm.records.fields import Kind
from crm.ui.frame.guard import current_actor, storing
from crm.ui.frame.record_table import record_table
from crm.ui.kit import look
from crm.ui.kit.formats import clock
from crm.ui.kit.grid import Column
from crm.ui.kit.inputs import choose
from crm.ui.segments.draft import ALL, ANY, NONE, NOT_ALL, Draft, Node
from crm.ui.segments.inputs import field_choice, operator_choice, value_input
from crm.ui.segments.words import ENTITY_WORDS
from crm.work import Actor, cache_key, reading

JOINS = {
    ALL: N_("all of these"),
    ANY: N_("any of these"),
    NONE: N_("none of these"),
    NOT_ALL: N_("not all of these"),
}
HAVING = {"any": N_("at least one"), "none": N_("none"), "at_least": N_("at least …"), "sum": N_("in sum …")}
FIRST = 20


@st.cache_data(ttl="1m", max_entries=200, show_spinner=False)
def _found(scope_key: str, rules: str, _actor: Actor) -> tuple[int, datetime, list[tuple[Any, ...]]]:
    """How many contacts fit, when that was counted, and the first of them."""
    tree = json.loads(rules)
    with reading(_actor) as session:
        rows = first_contacts(session, compile_rules(session, tree), limit=FIRST)
        return count_rules(session, tree), now(), list(rows)


@st.fragment
def show_builder(segment_id: int, rules: dict[str, Any], version: int, currency: str) -> None:
    """Edit the rules; every change is counted at once and stored with the button."""
    actor = current_actor()
    key = f"segment_{segment_id}_{version}"
    draft: Draft = st.session_state.setdefault(key, Draft(rules))
    with look.card(_("Who belongs to it?"), _("Conditions on contacts and on everything known about them")):
        _group(actor, draft, draft.root, 1, "", key, currency)
        tree, unfinished = draft.tree()
        found = _count(actor, tree, unfinished)
        with st.container(horizontal=True, vertical_alignment="center"):
            saved = st.button(
                _("Save rules"),
                type="primary",
                icon=":material/check:",
                key=f"{key}_save",
                disabled=bool(unfinished) or tree == (rules or {"all": []}),
            )
            if unfinished:
                st.caption(_("Finish or remove what is incomplete, then save."))
    if saved:
        with storing(actor, _("The rules are stored.")) as work:
            save_rules(work, segment_id, tree, seen_version=version)
    if found:
        first_table(found[2], key=key)


def _count(actor: Actor, tree: dict[str, Any], unfinished: int) -> tuple[int, datetime, list[Any]] | None:
    try:
        found = _found(cache_key(actor), json.dumps(tree, sort_keys=True), actor)
    except Refused as refused:
        for problem in refused.problems or ():
            st.warning(look.plain(problem.message), icon=":material/error:")
        return None
    n, at, _rows = found
    said = ngettext("{n} contact fits", "{n} contacts fit", n).format(n=f"{n:,}")
    age = _("counted at {time}").format(time=clock(at, zone=zone()))
    rest = (
        ngettext("{n} condition is not finished", "{n} conditions are not finished", unfinished).format(
            n=unfinished
        )
        if unfinished
        else ""
    )
    st.markdown(
        f"**{look.plain(said)}** :small[:gray[{look.plain(' · '.join(t for t in (age, rest) if t))}]]"
    )
    return found


def first_table(rows: list[Any], *, key: str) -> None:
    """The first contacts, each a way to its page."""
    if not rows:
        st.caption(_("No contact fits these rules."))
        return
    look.section(_("The first of them"), _("By name; click one to open it"))
    record_table(
        pd.DataFrame(rows, columns=["id", "name", "organisation", "email", "city"]),
        [
            Column("name", _("Name"), width=200),
            Column("organisation", _("Organisation"), width=180),
            Column("email", _("E-mail"), "email", 230),
            Column("city", _("City"), width=130),
        ],
        screen="contact",
        key=f"{key}_first_{abs(hash(tuple(r[0] for r in rows)))}",
        alt=_("The first contacts that fit"),
    )


def _group(actor: Actor, draft: Draft, node: Node, depth: int, inside: str, key: str, currency: str) -> None:
    uid = node["uid"]

    def joined() -> None:
        node["join"] = st.session_state[f"{key}_{uid}_join"]

    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(_("where") if node.get("is_where") else _("Fits"), width="content")
        choose(
            _("How conditions are joined"),
            {join: _(words) for join, words in JOINS.items()},
            node["join"],
            key=f"{key}_{uid}_join",
            on_change=joined,
            label_visibility="collapsed",
            width=170,
        )
        st.button(
            _("Condition"),
            icon=":material/add:",
            key=f"{key}_{uid}_add",
            type="tertiary",
            on_click=lambda: node["parts"].append(draft.leaf(inside or "contact")),
        )
        if depth + (2 if inside else 1) < MOST_DEPTH:
            st.button(
                _("Group"),
                icon=":material/add_circle:",
                key=f"{key}_{uid}_add_group",
                type="tertiary",
                help=_("Conditions that are joined in another way"),
                on_click=lambda: node["parts"].append(draft.group(ANY, [draft.leaf(inside or "contact")])),
            )
        if depth > 1 and not node.get("is_where"):
            _remove(draft, uid, key)
    if not node["parts"]:
        st.caption(
            _("No condition yet: every record fits.")
            if inside
            else _("No condition yet: every contact fits.")
        )
    for part in list(node["parts"]):
        if part["type"] == "group":
            with st.container(border=True, gap="xsmall"):
                _group(actor, draft, part, depth + 1, inside, key, currency)
        elif part["type"] == "has":
            with st.container(border=True, gap="xsmall"):
                _has(actor, draft, part, depth + 1, key, currency)
        else:
            _leaf(actor, draft, part, inside, key, currency)


def _remove(draft: Draft, uid: str, key: str) -> None:
    look.icon_button("close", _("Remove"), key=f"{key}_{uid}_drop", on_click=draft.drop, args=(uid,))


def _about(draft: Draft, node: Node, key: str) -> None:
    """About which kind of record a condition is; another kind begins it anew."""
    at = f"{key}_{node['uid']}_of"
    choose(
        _("About"),
        {of: _(ENTITY_WORDS[of]).capitalize() for of in (*SINGLE, *MANY)},
        node["of"],
        key=at,
        on_change=lambda: draft.turned(node, st.session_state[at]),
        label_visibility="collapsed",
        width=135,
    )


def _leaf(actor: Actor, draft: Draft, node: Node, inside: str, key: str, currency: str) -> None:
    uid = node["uid"]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        if not inside:
            _about(draft, node, key)
        field = field_choice(node, key=f"{key}_{uid}_field")
        if field is not None:
            wanted = operator_choice(node, field, key=f"{key}_{uid}_{field.name}_is")
            value_input(
                actor, node, field, wanted, key=f"{key}_{uid}_{field.name}_{wanted}", currency=currency
            )
        _remove(draft, uid, key)


def _has(actor: Actor, draft: Draft, node: Node, depth: int, key: str, currency: str) -> None:
    uid = node["uid"]

    def set_value(name: str, at: str) -> None:
        node[name] = st.session_state[at]

    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        _about(draft, node, key)
        at = f"{key}_{uid}_has"
        choose(
            _("How many"), {has: _(words) for has, words in HAVING.items()}, node["has"],
            key=at, on_change=set_value, args=("has", at), label_visibility="collapsed", width=150,
        )  # fmt: skip
        if node["has"] == "at_least":
            node["n"] = st.number_input(
                _("How many at least"), 1, 10_000, int(node["n"]), key=f"{key}_{uid}_n", label_visibility="collapsed",
                width=110,
            )  # fmt: skip
        if node["has"] == "sum":
            field = field_choice(node, key=f"{key}_{uid}_sum", kinds=(Kind.MONEY, Kind.INTEGER, Kind.NUMBER))
            if field is not None:
                value_input(
                    actor, node, field, "at_least", key=f"{key}_{uid}_{field.name}_sum", currency=currency
                )
        if node["of"] in THROUGH_ORGANISATION:
            at = f"{key}_{uid}_through"
            whose = {"contact": _("of the contact"), "organisation": _("of its organisation")}
            choose(
                _("Whose"), whose, node["through"],
                key=at, on_change=set_value, args=("through", at), label_visibility="collapsed", width=180,
            )  # fmt: skip
        _remove(draft, uid, key)
    node["where"]["is_where"] = True
    _group(actor, draft, node["where"], depth + 1, node["of"], key, currency)
