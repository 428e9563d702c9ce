"""The top of a case's screen: the problem, where it stands, its buttons, and the four promises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from crm.clock import here, now, today
from crm.i18n import _, ngettext
from crm.service.cases.moves import ENDED, MOVES, OPEN
from crm.service.cases.queries import CaseView
from crm.service.levels.level_rules import Hand
from crm.service.levels.working_time_rules import in_words
from crm.ui.cases import drawers as case_drawers
from crm.ui.cases.side import links_of
from crm.ui.cases.words import moment_words, move_word, priority_tag, status_tag
from crm.ui.frame import routes
from crm.ui.frame.guard import show_refused
from crm.ui.kit import look
from crm.ui.kit.formats import day, money, short_money
from crm.ui.records.drawers import edit_record, put_away
from crm.ui.records.quick import task_drawer
from crm.work import Actor
from db.scope import CREATE


def show_head(actor: Actor, view: CaseView) -> None:
    """Title, chips and buttons; below them what keeps the case from being worked on."""
    record = view.record
    tags = [status_tag(record["status"]), priority_tag(record["priority"])]
    slot = look.page(record["subject"], line(view), tags=tags, record=True)
    with slot:
        if view.about.may_change and not view.about.archived and record["status"] != "merged":
            buttons(actor, view)
        elif (
            view.about.archived
            and view.about.may_archive
            and st.button(_("Restore"), key="case_restore", icon=":material/unarchive:")
        ):
            _put_away(actor, view)
    show_refused()
    if view.about.archived:
        st.info(
            _("This case is archived: it is kept, and left out of lists and boards."),
            icon=":material/archive:",
        )
    if record["status"] == "merged":
        _merged_bar(actor, view)


def line(view: CaseView) -> str:
    """Number, customer, who reported it when, and whose it is."""
    record = view.record
    by = view.name_of("contact_id")
    when = moment_words(record["opened_at"], now=now())
    reported = _("reported by {who}, {when}").format(who=by, when=when) if by else when
    owner = view.name_of("owner_id")
    mine = _("Owner {name}").format(name=owner) if owner else _("Nobody has it")
    return " · ".join(p for p in (record["number"], view.name_of("organisation_id"), reported, mine) if p)


def buttons(actor: Actor, view: CaseView) -> None:
    """What can be done with a case that is open to change."""
    record = view.record
    _more(actor, view)
    if st.button(_("Edit"), key="case_edit", icon=":material/edit:"):
        edit_record(actor, "case", view.record)
    key = f"case_status_{record['id']}"
    st.menu_button(
        _("Status"),
        list(MOVES[record["status"]]),
        format_func=lambda to: move_word(record["status"], to),
        key=key,
        on_click=case_drawers.moved,
        args=(actor, record, key),
    )
    if st.session_state.pop(case_drawers.SOLVE, None) == record["id"] and record["status"] not in ENDED:
        case_drawers.solve(actor, view)
    if record["owner_id"] is None and record["status"] in OPEN:
        st.button(
            _("Take"),
            key="case_take",
            type="primary",
            icon=":material/front_hand:",
            on_click=case_drawers.taken,
            args=(actor, record["id"], record["number"], record["version"]),
        )
    elif (
        actor.may("work_order", CREATE)
        and record["status"] not in ENDED
        and st.button(_("Plan visit"), key="case_visit", type="primary", icon=":material/event:")
    ):
        case_drawers.plan_visit(actor, view)


def _more(actor: Actor, view: CaseView) -> None:
    record = view.record
    entries: dict[str, Callable[[], None]] = {
        _("Give to somebody"): lambda: case_drawers.give(actor, view),
        _("Merge"): lambda: case_drawers.merge(actor, view),
    }
    if record["owner_id"] is None and actor.may("work_order", CREATE):
        entries[_("Plan visit")] = lambda: case_drawers.plan_visit(actor, view)
    if actor.may("task", CREATE):
        entries[_("New task")] = lambda: task_drawer(actor, preset=links_of(view))
    if view.about.may_archive:
        entries[_("Archive")] = lambda: _put_away(actor, view)
    chosen = st.menu_button(_("More"), list(entries), key="case_more")
    if chosen in entries:
        entries[chosen]()


def _put_away(actor: Actor, view: CaseView) -> None:
    back = (
        _("The case is back.") if view.about.archived else _("The case is archived. Restore brings it back.")
    )
    put_away(actor, view.about, said=back)


def _merged_bar(actor: Actor, view: CaseView) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="case_merged"):
        heir = view.heir
        st.markdown(
            f":material/merge: {look.plain(_('This case lives on in {number}.').format(number=heir or _('another case')))}",
            width="stretch",
        )
        if heir and st.button(
            _("Open {number}").format(number=look.plain(heir)),
            key="case_heir",
            icon=":material/arrow_forward:",
            type="tertiary",
        ):
            routes.go("case", view.record["merged_into_id"])
        if view.about.may_change and st.button(
            _("Take the merge back"), key="case_unmerge", icon=":material/undo:"
        ):
            case_drawers.unmerge(actor, view)


def show_strip(view: CaseView) -> None:
    """Solution, first answer, warranty and contract, in one frame; a merged case is promised nothing any more."""
    if view.record["status"] == "merged":
        return
    look.kpi_row([_solve(view), _answer(view), _warranty(view), _contract(view)], strip=True)


def _promise(view: CaseView) -> str:
    kept = view.clock
    if not kept.policy:
        return _("No service level applies to this case.")
    said = _("Service level “{policy}”, in working hours of its calendar.").format(policy=kept.policy)
    if kept.paused_minutes:
        said += " " + _("{time} of waiting for the customer do not count.").format(
            time=in_words(kept.paused_minutes)
        )
    return said


def _solve(view: CaseView) -> look.Explained:
    one, ended = view.clock.resolution, view.record["status"] in ENDED
    label = _("Solved") if ended else _("Solve within")
    if ended and one.state == "none":
        at = view.record["resolved_at"] or view.record["closed_at"]
        value = day(here(at).date(), today=today()) if at else "–"
        return look.Explained(label, value, _("no promise"), formula=_promise(view))
    return _hand(label, one, view)


def _hand(label: str, one: Hand, view: CaseView) -> look.Explained:
    due = moment_words(one.due_at, now=now()) if one.due_at else ""
    time = in_words(abs(one.left_minutes)) if one.left_minutes is not None else "–"
    warned = view.record["warned_at"] is not None
    value, change, tone = {
        "running": (time, due, look.WATCH if warned else look.QUIET),
        "paused": (time, _("paused"), look.QUIET),
        "met": (_("in time"), _("{time} to spare").format(time=time), look.GOOD),
        "late": (time, _("late, due {when}").format(when=due), look.BAD),
        "none": ("–", _("no promise"), look.QUIET),
    }[one.state]
    if one.state == "late":
        label = _("Late by")
    return look.Explained(label, value, change, tone=tone, formula=_promise(view))


def _answer(view: CaseView) -> look.Explained:
    record, one = view.record, view.clock.response
    first: datetime | None = record["first_response_at"]
    if first is None:
        made = _hand(_("First answer"), one, view)
        return made if one.state != "none" else look.Explained(_("First answer"), "–", _("not yet"))
    took = _elapsed((first - record["opened_at"]).total_seconds() / 60)
    states: dict[str, tuple[str, look.Tone]] = {
        "met": (_("in time"), look.GOOD),
        "late": (_("late"), look.BAD),
    }
    change, tone = states.get(one.state, (moment_words(first, now=now()), look.QUIET))
    formula = _("From the opening of the case to the first reply, by the clock on the wall.")
    return look.Explained(_("First answer"), took, change, tone=tone, formula=f"{formula} {_promise(view)}")


def _elapsed(minutes: float) -> str:
    """Time by the clock on the wall: minutes and hours, from two days on whole days."""
    days = int(minutes // (24 * 60))
    return ngettext("{n} day", "{n} days", days).format(n=days) if days > 1 else in_words(minutes)


def _warranty(view: CaseView) -> look.Explained:
    until = view.unit["warranty_until"]
    if view.record["equipment_id"] is None:
        return look.Explained(_("Warranty"), "–", _("no unit named"))
    reason = view.coverage.reason if view.coverage else ""
    if until is None:
        return look.Explained(_("Warranty"), "–", _("none recorded"), formula=reason)
    left = (until - today()).days
    if left < 0:
        return look.Explained(
            _("Warranty"), _("ended"), day(until), tone=look.BAD if not _covered(view) else look.QUIET, formula=reason
        )  # fmt: skip
    months = left // 30
    value = (
        ngettext("{n} month", "{n} months", months).format(n=months)
        if months >= 2
        else ngettext("{n} day", "{n} days", left).format(n=left)
    )
    return look.Explained(
        _("Warranty"), value, _("until {day}").format(day=day(until)), tone=look.GOOD, formula=reason
    )


def _covered(view: CaseView) -> bool:
    return view.coverage is not None and view.coverage.is_covered


def _contract(view: CaseView) -> look.Explained:
    covered = view.coverage
    if covered is None or not covered.contract_name:
        return look.Explained(_("Contract"), "–", _("none"), formula=covered.reason if covered else "")
    price = view.contract_price
    if price:
        change = _("{money} a month").format(money=short_money(*price))
    else:
        change = _("until {day}").format(day=day(covered.until)) if covered.until else _("in force")
    full = f" {money(*price)}" if price else ""
    return look.Explained(
        _("Contract"),
        covered.contract_name,
        change,
        tone=look.GOOD,
        formula=f"{covered.reason}{full}",
    )
