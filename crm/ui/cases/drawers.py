"""Drawers and questions of one case: solve it, change it, plan a visit, give it to somebody, merge it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from crm.clock import here, today
from crm.i18n import _
from crm.service.cases.cases import assign_case, move_case, take_case
from crm.service.cases.find import status_word
from crm.service.cases.merge import merge_cases, unmerge_case
from crm.service.cases.moves import OPEN
from crm.service.cases.queries import CaseView, merge_choices
from crm.ui.frame import routes
from crm.ui.frame.guard import act_in_callback, current_actor, storing
from crm.ui.kit import look
from crm.ui.kit.formats import day
from crm.ui.kit.inputs import choose, link_options
from crm.ui.visits.rows import plan_drawer
from crm.work import Actor, reading

#: The case whose solving is asked about in the run that follows.
SOLVE = "case_solve"


def moved(actor: Actor, record: dict[str, Any], key: str) -> None:
    """Put the case into the status that a menu was clicked for; for callbacks, which know the case as it was drawn.

    A solved case is first asked how, by the run that follows.
    """
    to_status = st.session_state.get(key)
    if to_status == "resolved":
        st.session_state[SOLVE] = record["id"]
    elif to_status is not None:
        said = _("{number} is “{status}” now.").format(number=record["number"], status=status_word(to_status))
        seen = record["version"]
        act_in_callback(actor, lambda work: move_case(work, record["id"], to_status, seen_version=seen), said)


def taken(actor: Actor, case_id: int, number: str, version: int) -> None:
    """Take a case; for callbacks."""
    said = _("{number} is yours now.").format(number=number)
    act_in_callback(actor, lambda work: take_case(work, case_id, seen_version=version), said)


def solve(actor: Actor, view: CaseView) -> None:
    """Ask how it was solved, and solve it."""
    record = view.record

    @st.dialog(_("How was it solved?"))
    def ask() -> None:
        st.markdown(f"**{look.plain(record['subject'])}**")
        with st.form(f"case_solve_{record['id']}", border=False):
            said = st.text_area(
                _("Resolution"),
                record["resolution"] or "",
                key=f"case_resolution_{record['id']}_{record['reopened']}",
                max_chars=10_000,
                height=110,
                placeholder=_("Optional; colleagues find it under “Seen before”"),
            )
            if not view.no_mail:
                st.caption(_("The customer is asked once by mail how it went."))
            sent = st.form_submit_button(_("Mark as solved"), type="primary", icon=":material/check:")
        if sent:
            solved = _("{number} is solved.").format(number=record["number"])
            seen = record["version"]
            with storing(actor, solved) as work:
                move_case(work, record["id"], "resolved", seen_version=seen, resolution=said or "")

    ask()


def plan_visit(actor: Actor, view: CaseView) -> None:
    """The drawer of a visit for this case; its page opens after saving."""
    record = view.record
    names = ("equipment_id", "organisation_id", "contact_id")
    plan_drawer(
        actor,
        preset={"case_id": record["id"]} | {name: record[name] for name in names},
        title=record["subject"],
        note=view.coverage.reason if view.coverage is not None else "",
    )


def give(actor: Actor, view: CaseView) -> None:
    """Choose who works on the case; nobody puts it back into its queue."""
    record = view.record

    @st.dialog(_("Who works on it?"))
    def ask() -> None:
        people = link_options(actor, "user", current=record["owner_id"])
        with st.form(f"case_give_{record['id']}", border=False):
            chosen = choose(
                _("Owner"),
                people,
                record["owner_id"],
                placeholder=_("Nobody: it waits in its queue"),
                key=f"case_owner_{record['id']}_{record['version']}",
            )
            sent = st.form_submit_button(_("Give"), type="primary", icon=":material/person_check:")
        if sent:
            who = people[chosen] if chosen else _("nobody yet")
            said = _("{number} belongs to {who}.").format(number=record["number"], who=who)
            with storing(actor, said) as work:
                assign_case(work, record["id"], chosen, seen_version=record["version"])

    ask()


def merge(actor: Actor, view: CaseView) -> None:
    """Choose the case in which this one lives on; what happens is said before, and how to take it back."""
    record = view.record

    @st.dialog(_("Merge {number}").format(number=record["number"]), width="medium")
    def ask() -> None:
        words = st.text_input(
            _("Into which case?"),
            key=f"case_merge_q_{record['id']}",
            type="search",
            live="300ms",
            placeholder=_("Number or words of the other case"),
        )
        with reading(current_actor()) as session:
            found = merge_choices(session, record["id"], words or "")
        if not found:
            st.caption(
                _("No other case of this customer. Search for one.")
                if not words
                else _("No case fits “{words}”.").format(words=look.plain(words))
            )
            return
        names = {o.id: f"{o.number} · {o.subject}" for o in found}
        details = [
            " · ".join(
                part
                for part in (
                    status_word(o.status),
                    day(here(o.opened_at).date(), today=today()),
                    _("same unit") if o.same_unit else "",
                )
                if part
            )
            for o in found
        ]
        # Only what is told of the same unit while it goes on is likely the same; else somebody says which.
        likely = found[0].same_unit and found[0].status in OPEN
        into = st.radio(
            _("Case"),
            list(names),
            index=0 if likely else None,
            format_func=lambda i: look.plain(names[i]),
            captions=details,
            key=f"case_merge_into_{record['id']}",
            label_visibility="collapsed",
        )
        if into is None:
            st.caption(_("Choose the case that goes on."))
            return
        st.markdown(
            look.quiet(
                _(
                    "The thread, tasks and visits of {number} move to {into}; {number} stays as a pointer to it. "
                    "You can take the merge back on {number} at any time."
                ).format(number=record["number"], into=next(o.number for o in found if o.id == into))
            )
        )
        if st.button(_("Merge"), type="primary", icon=":material/merge:", key="case_merge_go"):
            said = _("Merged. To take it back, open {number}.").format(number=record["number"])
            with storing(actor, said, then=lambda: routes.go("case", into)) as work:
                merge_cases(work, record["id"], into)

    ask()


def unmerge(actor: Actor, view: CaseView) -> None:
    """Take the merge back."""
    said = _("{number} is a case of its own again.").format(number=view.record["number"])
    with storing(actor, said) as work:
        unmerge_case(work, view.record["id"])
