"""The top of a deal's screen: what it is, where it stands, and the buttons that move, win, lose, reopen and edit it."""

from __future__ import annotations

import streamlit as st

from crm.clock import today
from crm.i18n import _, ngettext
from crm.pipeline.board import flag_words
from crm.pipeline.deal_page import DealView
from crm.pipeline.service import close_deal, move_deal, reopen_deal
from crm.pipeline.stages import read_pipelines
from crm.ui.frame.guard import act_in_callback, show_refused, storing
from crm.ui.kit import look
from crm.ui.kit.formats import day, money, percent, short_money, worth_text
from crm.ui.pipeline.deal_close import ask_reason
from crm.ui.records.drawers import edit_record
from crm.ui.records.quick import archive
from crm.work import Actor, reading


def show_head(actor: Actor, deal: DealView) -> None:
    """Title, chips and buttons."""
    record = deal.record
    seen = {"deal_id": record["id"], "seen_version": record["version"]}
    with look.page(record["title"], _line(deal), tags=_tags(deal), record=True):
        if deal.view.may_change and not deal.view.archived:
            if record["status"] == "open":
                if st.button(_("Won"), key="deal_won", type="primary", icon=":material/check:"):
                    said = _("“{title}” is won. Well done.").format(title=record["title"])
                    with storing(actor, said) as work:
                        close_deal(work, won=True, **seen)
                if st.button(_("Lost"), key="deal_lost", icon=":material/close:"):
                    _ask(actor, deal)
            elif st.button(_("Reopen"), key="deal_reopen", icon=":material/undo:"):
                said = _("“{title}” is open again, in {stage}.")
                with storing(actor, lambda: said.format(title=moved.title, stage=moved.stage)) as work:
                    moved = reopen_deal(work, **seen)
            if st.button(_("Edit"), key="deal_edit", icon=":material/edit:"):
                edit(actor, deal)
        _archive_button(actor, deal)
    show_refused()
    if deal.view.archived:
        st.info(
            _("This deal is archived: it is kept, and left out of boards and sums."),
            icon=":material/archive:",
        )
    if record["status"] == "lost" and record["loss_reason_id"] is None and deal.view.may_change:
        with look.row():
            look.two_lines(_("No reason yet"), why=_("Reports on why deals are lost leave this one out."))
            if st.button(_("Say why"), key="deal_reason"):
                _ask(actor, deal)


def _ask(actor: Actor, deal: DealView) -> None:
    record = deal.record
    ask_reason(actor, deal_id=record["id"], title=record["title"], version=record["version"])


def _line(deal: DealView) -> str:
    owner = deal.title_of("owner_id")
    said = _("Owner {name}").format(name=owner) if owner else ""
    return " · ".join(p for p in (deal.title_of("organisation_id"), deal.title_of("contact_id"), said) if p)


def _tags(deal: DealView) -> list[look.Marked]:
    record = deal.record
    if record["status"] == "won":
        words = _("Won {day}").format(day=day(record["closed_on"], today=today()))
        return [look.tag(words, tone=look.GOOD, icon="check")]
    if record["status"] == "lost":
        reason = deal.title_of("loss_reason_id")
        why = f" · {reason}" if reason else ""
        words = _("Lost {day}").format(day=day(record["closed_on"], today=today())) + why
        return [look.tag(words, tone=look.QUIET, icon="close")]
    words, _tone = flag_words(deal.flag, days=deal.days_in_stage)
    tone = {"stale": look.WATCH, "late": look.BAD}.get(deal.flag, look.QUIET)
    return [look.tag(words, tone=tone)] if words else []


def _archive_button(actor: Actor, deal: DealView) -> None:
    if not deal.view.may_archive:
        return
    archived = deal.view.archived
    label, icon = (_("Restore"), ":material/unarchive:") if archived else (_("Archive"), ":material/archive:")
    # Two keys, so that a click on "Archive" never restores what somebody else archived meanwhile.
    if st.button(label, key="deal_restore" if archived else "deal_archive", icon=icon, type="tertiary"):
        said = _("The deal is back.") if archived else _("The deal is archived. Restore brings it back.")
        archive(actor, "deal", deal.record, said)


def edit(actor: Actor, deal: DealView) -> None:
    """The drawer with the deal's fields; a stale save shows both values."""
    edit_record(
        actor,
        "deal",
        deal.record,
        note=_("The amount follows the products of the deal.") if deal.lines else "",
        without=("amount_minor", "currency") if deal.lines else (),
        options=_all_stages(actor),
    )


def _all_stages(actor: Actor) -> dict[str, dict[int, str]]:
    """Where there are several pipelines, the stages of all: choosing one takes the deal to its pipeline."""
    with reading(actor) as session:
        pipelines = [p for p in read_pipelines(session) if p.is_active]
    if len(pipelines) < 2:
        return {}
    return {
        "stage_id": {s.id: f"{p.name}: {s.name}" for p in pipelines for s in p.stages if s.id is not None}
    }


def _moved(actor: Actor, deal: DealView, key: str) -> None:
    to = st.session_state.get(key)
    if to is None or to == deal.stage.id:
        return
    stage = next(s.name for s in deal.stages if s.id == to)
    act_in_callback(
        actor,
        lambda work: move_deal(
            work, deal_id=deal.view.id, to_stage_id=to, seen_version=deal.record["version"]
        ),
        _("“{title}” is in {stage} now.").format(title=deal.view.title, stage=stage),
    )


def show_stages(actor: Actor, deal: DealView) -> None:
    """The way through the pipeline; a click or the arrow keys and Enter move the deal."""
    open_ = [s for s in deal.stages if s.kind == "open"]
    if deal.record["status"] != "open":
        return
    at = next((n for n, s in enumerate(open_) if s.id == deal.stage.id), 0)
    names = {s.id: (":material/check: " if n < at else "") + look.plain(s.name) for n, s in enumerate(open_)}
    # The version is part of the key: after a refusal the stepper shows the stored stage again.
    key = f"deal_stage_{deal.record['id']}_{deal.record['version']}"
    st.segmented_control(
        _("Stage"),
        list(names),
        default=deal.stage.id,
        required=True,
        format_func=names.__getitem__,
        key=key,
        label_visibility="collapsed",
        disabled=not deal.view.may_change or deal.view.archived,
        on_change=_moved,
        args=(actor, deal, key),
    )


def show_numbers(deal: DealView) -> None:
    """Worth, chance, close date and age in stage."""
    record = deal.record
    status = record["status"]
    amount = look.Explained(
        _("Amount"),
        worth_text(short_money(deal.worth_minor, deal.worth_currency), deal.beside) or "–",
        formula=_(
            "The amount entered or the sum of the lines; without any, lines or main product at list price."
        )
        + (f" {money(deal.worth_minor, deal.worth_currency)}." if deal.worth_minor else ""),
    )
    chance = look.Explained(
        _("Chance"),
        percent(deal.stage.probability),
        formula=" ".join(
            (
                _("The chance of the stage “{stage}”; weighted: {money}.").format(
                    stage=deal.stage.name, money=money(deal.weighted_minor, deal.own_currency)
                ),
                *deal.notes,
            )
        ),
    )
    when = record["expected_close_on"] if status == "open" else record["closed_on"]
    close = look.Explained(
        _("Expected close") if status == "open" else _("Closed"),
        day(when, today=today()) or "–",
    )
    age = look.Explained(
        _("In this stage"),
        ngettext("{n} day", "{n} days", deal.days_in_stage).format(n=deal.days_in_stage),
    )
    look.kpi_row([amount, chance, close, age], strip=True)
