"""The drawer of a post: what is written is counted and shown as each network takes it while it is typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from crm.campaigns.social.networks import LIMITS, METRICS, full_text, length_on, too_long
from crm.campaigns.social.rules import NETWORK_NAMES
from crm.campaigns.social.social import Account, accounts
from crm.errors import CrmError, Refused
from crm.i18n import _
from crm.records import records, registry
from crm.ui.frame.guard import current_actor, flash, show
from crm.ui.kit import look
from crm.ui.kit.forms import firm_currency, forget_form, is_same
from crm.ui.kit.inputs import input_for, read_input
from crm.work import Actor, reading, unit_of_work
from db.scope import UPDATE

NARROW = ("title", "account_id", "kind", "status", "planned_at", "campaign_id", "is_paid", "link")


def new_post(actor: Actor, preset: Mapping[str, Any] | None = None) -> None:
    """Open the drawer of a new post."""
    _drawer(actor, None, dict(preset or {}))


def open_post(actor: Actor, post_id: int) -> None:
    """Open the drawer of a post."""
    try:
        with reading(actor) as session:
            record = records.get_record(session, "social_post", post_id)
    except CrmError as problem:
        show(problem)
        return
    _drawer(actor, record, record)


def _drawer(actor: Actor, record: Mapping[str, Any] | None, values: Mapping[str, Any]) -> None:
    key = f"social_post_{record['id'] if record else 'new'}"

    @st.dialog(
        _("Post") if record else _("New post"),
        position="right",
        width=440,
        on_dismiss=lambda: forget_form(key),
    )
    def drawer() -> None:
        who = current_actor()
        with reading(who) as session:
            ours = accounts(session)
        may = record is None or who.holds(
            "social", UPDATE, owner_id=record["owner_id"], team_id=record["team_id"]
        )
        if not may:
            assert record is not None
            look.facts({_("Title"): record["title"], _("Status"): record["status"]}, alt=_("The post"))
            _preview(_network(ours, record["account_id"]), full_text(record["body"], record["link"]))
            _reached(record)
            return
        entered = _inputs(who, key, values)
        _preview(_network(ours, entered["account_id"]), full_text(entered["body"], entered["link"]))
        if st.button(_("Save"), type="primary", icon=":material/check:", key=f"{key}_save") and _store(
            who, record, entered
        ):
            forget_form(key)
            flash(_("The post is stored."))
            st.rerun()
        if record is not None:
            _reached(record)

    drawer()


def _inputs(actor: Actor, key: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs outside a form, so that each change is counted at once."""
    fields = registry.entity("social_post").by_name
    currency = firm_currency(actor)
    entered: dict[str, Any] = {}
    grid = st.grid(2, min_column_width=165, gap="small")
    for name in NARROW:
        first = {"kind": "text", "status": "draft"}.get(name)
        with grid.cell():
            value = values.get(name, first)
            entered[name] = input_for(
                fields[name], key=f"{key}_{name}", value=value, actor=actor, currency=currency
            )
    entered["body"] = st.text_area(
        _("Text"),
        values.get("body") or "",
        key=f"{key}_body",
        height=150,
        max_chars=fields["body"].max_length,
    )
    return entered


def _network(ours: list[Account], account_id: Any) -> str:
    return next((account.network for account in ours if account.id == account_id), "")


def _preview(network: str, text: str) -> None:
    """How long the post is on its network, or on each while it has none, and how it will read."""
    chips = []
    for name in [network] if network else [n for n, most in LIMITS.items() if most]:
        length, label = length_on(name, text), _(NETWORK_NAMES[name])
        said = f"{label} {length.used:,}" + (f" / {length.most:,}" if length.most else "")
        if length.most_hashtags:
            said += f" · # {length.hashtags} / {length.most_hashtags}"
        chips.append(look.tag(said, tone=look.GOOD if length.fits else look.BAD))
    st.markdown(" ".join(chips))
    if network and (why := too_long(length_on(network, text), _(NETWORK_NAMES[network]))):
        st.caption(f":red[:material/error: {look.plain(why)}]")
    if text:
        with look.card(_("Preview")):
            st.text(text)


def _reached(record: Mapping[str, Any]) -> None:
    fields = registry.entity("social_post").by_name
    known = {_(fields[name].label): f"{record[name]:,}" for name in METRICS if record[name] is not None}
    if known:
        look.section(_("What it reached"))
        look.facts(known, alt=_("What the post reached"))


def _store(actor: Actor, record: Mapping[str, Any] | None, entered: Mapping[str, Any]) -> bool:
    """Store what changed; a refusal is shown and everything typed stays."""
    fields = registry.entity("social_post").by_name
    read = {name: read_input(fields[name], value, actor=actor) for name, value in entered.items()}
    problems = [problem for _value, problem in read.values() if problem is not None]
    wanted = {name: value for name, (value, _problem) in read.items()}
    try:
        if problems:
            raise Refused(problems[0].message, problems=problems)
        with unit_of_work(actor) as work:
            if record is None:
                records.create_record(work, "social_post", wanted)
            else:
                changed = {n: v for n, v in wanted.items() if not is_same(fields[n], v, record[n])}
                records.update_record(
                    work, "social_post", record["id"], changed, seen_version=record["version"]
                )
    except CrmError as problem:
        show(problem)
        return False
    return True
