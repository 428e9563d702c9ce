"""The end of a visit: day, hours, meter, parts with why, report and next day; nothing typed is lost, and Done stays in reach."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import streamlit as st

from crm.clock import today
from crm.i18n import _, ngettext
from crm.money import exponent, to_minor
from crm.service.equipment.labour import PartUsed
from crm.service.visits.page import VisitPage
from crm.service.visits.visits import finish_visit
from crm.ui.frame.guard import storing
from crm.ui.kit import look
from crm.ui.kit.formats import day, money, number
from crm.ui.kit.inputs import FIRST_DAY, LAST_DAY
from crm.ui.visits.equipment_words import meter_words
from crm.work import Actor


def finish_card(actor: Actor, page: VisitPage) -> None:
    """The parts put in so far and the form that ends the visit."""
    with look.card(_("Finish the visit"), key="visit_finish"):
        parts = _parts(page)
        entered = _inputs(page)
        told = st.container()
    with st.bottom:
        steps = page.view.values["checklist"]
        ticked = sum(1 for step in steps if step["done"])
        said = _("{n} of {all} steps").format(n=ticked, all=len(steps)) if steps else _("Ends the visit")
        # Two lines make it high enough for a thumb.
        sent = st.button(
            f"{_('Done')}  \n:small[{said}]",
            key=f"visit_done_{page.view.id}",
            type="primary" if page.view.values["status"] == "under_way" else "secondary",
            icon=":material/task_alt:",
            width="stretch",
            wrap=True,
        )
    with told:
        if sent and not _asks_about_steps(page):
            _finish(actor, page, parts, entered)


def _asks_about_steps(page: VisitPage) -> bool:
    """Ask once about steps that nobody ticked; a second press ends the visit without them."""
    left = [str(step["text"]) for step in page.view.values["checklist"] if not step["done"]]
    key = f"visit_left_{page.view.id}"
    if not left or st.session_state.get(key) == left:
        return False
    st.session_state[key] = left
    open_now = ngettext("{n} step is open: {steps}.", "{n} steps are open: {steps}.", len(left))
    said = open_now.format(n=len(left), steps=", ".join(left))
    again = _("Tick what was done, or press Done once more to leave it open.")
    st.warning(f"{look.plain(said)}  \n{again}", icon=":material/checklist:")
    return True


def _memory(page: VisitPage) -> list[PartUsed]:
    before = list(page.typed.parts) if page.typed else []
    made: list[PartUsed] = st.session_state.setdefault(f"visit_parts_{page.view.id}", before)
    return made


def _parts(page: VisitPage) -> list[PartUsed]:
    """Parts stand in the tab until the visit is finished; each is a line that can be taken off again."""
    parts, currency = _memory(page), page.view.currency
    for place, part in enumerate(parts):
        with look.row():
            pieces = number(part.quantity, decimals=0 if float(part.quantity).is_integer() else 2)
            cost = money(part.unit_cost_minor, currency)
            many = ngettext("{n} piece", "{n} pieces", 1 if part.quantity == 1 else 2).format(n=pieces)
            how = _("{n} × {price}").format(n=pieces, price=cost) if cost else many
            why = _("had failed") if part.after_failure else _("by plan")
            look.two_lines(part.name, why=f"{how} · {why}")
            st.button(
                "",
                key=f"visit_part_off_{place}",
                icon=":material/delete:",
                type="tertiary",
                help=_("Take {part} off").format(part=part.name),
                on_click=_take_off,
                args=(parts, place),
            )
    with st.popover(_("Add a part"), icon=":material/add:", key=f"visit_part_{page.view.id}_{len(parts)}"):
        _part_form(page, parts, currency)
    return parts


def _take_off(parts: list[PartUsed], place: int) -> None:
    parts.pop(place)


def _part_form(page: VisitPage, parts: list[PartUsed], currency: str) -> None:
    # A browser keeps what was typed into an input; each part gets inputs of its own.
    key = f"visit_part_{page.view.id}_{len(parts)}"
    with st.form(f"{key}_form", border=False):
        name = st.selectbox(
            _("Part"), page.known_parts, index=None, accept_new_options=True, key=f"{key}_name",
            placeholder=_("Choose or type a name"),
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            pieces = st.number_input(
                _("Pieces"), value=1.0, min_value=0.0, step=1.0, key=f"{key}_pieces", width=120
            )
            cost = st.number_input(
                _("Cost of one ({currency})").format(currency=currency), value=None, min_value=0.0,
                format=f"%.{exponent(currency)}f", key=f"{key}_cost", width=150,
            )  # fmt: skip
        failed = st.checkbox(
            _("The old one had failed"),
            key=f"{key}_failed",
            help=_("Counts as a failure of this part in Wear and faults"),
        )
        sent = st.form_submit_button(_("Add"), type="primary")
    if not sent:
        return
    if not (name or "").strip():
        st.error(_("Say which part."), icon=":material/error:")
        return
    minor = None if cost is None else to_minor(Decimal(str(cost)), currency)
    parts.append(PartUsed(str(name).strip(), float(pieces), None, minor, bool(failed)))
    st.rerun()


def _inputs(page: VisitPage) -> dict[str, Any]:
    """What was entered so far."""
    values, before = page.view.values, page.typed
    # Another version is another form: what a reopened one begins with must not be what a browser keeps of the first.
    key = f"visit_end_{page.view.id}" + (f"_{values['version']}" if before else "")
    if before:
        st.caption(_("What was entered when the visit was ended before stands here again."))
    grid = st.grid(2, min_column_width=150, gap="small")
    with grid.cell():
        done_on = st.date_input(
            _("Done on"),
            value=before.done_on if before and before.done_on else today(),
            min_value=FIRST_DAY,
            max_value=today(),
            key=f"{key}_day",
            format="YYYY-MM-DD",
        )
    with grid.cell():
        hours = st.number_input(
            _("Hours"),
            value=before.hours if before else None,
            min_value=0.0,
            max_value=1000.0,
            step=0.25,
            key=f"{key}_hours",
        )
    meter, reset = None, False
    if values["equipment_id"] is not None:
        with grid.cell():
            last = meter_words(page.meter_value, page.meter_unit)
            meter = st.number_input(
                _("Meter shows"), value=before.meter if before else None, min_value=0.0, key=f"{key}_meter",
                help=_("It showed {value} last.").format(value=last),
                placeholder=_("last {value}").format(value=last),
            )  # fmt: skip
    with grid.cell():
        fault = st.text_input(
            _("Fault code"),
            (before.fault_code if before else values["fault_code"]) or "",
            max_chars=60,
            key=f"{key}_fault",
        )
    if values["equipment_id"] is not None and page.meter_value is not None:
        reset = st.checkbox(_("The meter was replaced or set back"), key=f"{key}_reset")
    report = st.text_area(
        _("Report"), (before.report if before else values["report"]) or "", max_chars=10_000, height=100, key=f"{key}_report",
        placeholder=_("What was found and done"),
    )  # fmt: skip
    next_on = st.date_input(
        _("Next visit on"), value=before.next_on if before else None, min_value=FIRST_DAY, max_value=LAST_DAY,
        key=f"{key}_next", format="YYYY-MM-DD",
        help=_("Makes the next visit with the same steps. Leave it blank for none."),
    )  # fmt: skip
    return {
        "done_on": done_on,
        "hours": hours,
        "meter": meter,
        "meter_reset": reset,
        "report": report or "",
        "fault_code": fault or "",
        "next_on": next_on,
    }


def _finish(actor: Actor, page: VisitPage, parts: list[PartUsed], entered: dict[str, Any]) -> None:
    values = page.view.values
    said = _("{number} is done.").format(number=values["number"])
    if entered["next_on"]:
        said += " " + _("The next visit is planned for {day}.").format(day=day(entered["next_on"]))
    with storing(actor, said, forget=f"visit_parts_{page.view.id}") as work:
        finish_visit(work, page.view.id, seen_version=values["version"], parts=tuple(parts), **entered)
