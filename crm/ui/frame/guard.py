"""Who is at the screen. The one place that reads ``st.user``; every page and every fragment asks here first.

The identity comes from the edge as a signed session hash. Where no edge stands in front (a host that runs the app as
a plain script), the tab itself signs in and keeps the hash in its session state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from crm.access.sessions import actor_of_session, sign_out
from crm.access.signing import edge_is_live, verified
from crm.errors import Conflict, CrmError, Refused
from crm.i18n import _, set_language
from crm.links import local
from crm.ui.kit.words import plain
from crm.work import Actor, Work, unit_of_work

#: Names that no widget may have as its key.
TAB, FLASH, REFUSED = "rapport_tab_session", "rapport_flash", "rapport_refused"


#: Who the frame found in the run that it draws just now.
_asked: ContextVar[Actor | None] = ContextVar("asked", default=None)


@contextmanager
def in_this_run(actor: Actor) -> Iterator[None]:
    """What is drawn in the block takes the actor that the frame found a moment before; a later run asks again."""
    token = _asked.set(actor)
    try:
        yield
    finally:
        _asked.reset(token)


def current_actor() -> Actor:
    """The signed-in person with the rights of this moment; whoever is not signed in sees that and nothing else."""
    if (asked := _asked.get()) is not None:
        return asked
    session_hash = current_session()
    actor = actor_of_session(session_hash) if session_hash else None
    if actor is None:
        _ask()
        st.stop()
    set_language(actor.language, actor.formats)
    return actor


def current_session() -> str | None:
    """The hash of the session behind this tab, proved by the edge or kept by the tab; None when there is none."""
    if edge_is_live():
        return verified(st.user.get("session"))
    kept = st.session_state.get(TAB)
    return kept if isinstance(kept, str) else None


def _ask() -> None:
    """Say how to get in: by the sign-in page behind an edge, by a form of this tab without one."""
    from crm.ui.frame import tab_sign_in
    from crm.ui.frame.watch import leave

    if edge_is_live():
        st.title(_("You are signed out"), anchor=False)
        said = _("Your session has ended. [Sign in again](/sign-in) to go on.")
        st.markdown(said.replace("(/sign-in)", f"({local('/sign-in')})"))
        leave()
    else:
        tab_sign_in.show()


def end_here() -> None:
    """Sign out: the session ends in every tab of this browser."""
    if session_hash := current_session():
        sign_out(session_hash)
    st.session_state.pop(TAB, None)


def flash(text: str) -> None:
    """Leave a message that appears as a toast after the next rerun."""
    st.session_state[FLASH] = text


def pop_flash() -> str | None:
    """The message left before, once."""
    text = st.session_state.pop(FLASH, None)
    return text if isinstance(text, str) else None


@contextmanager
def showing_problems() -> Iterator[None]:
    """Show a problem in place; the rest of the page and everything that was typed stays."""
    try:
        yield
    except CrmError as error:
        show(error)


@contextmanager
def storing(
    actor: Actor,
    said: str | Callable[[], str],
    *,
    forget: str = "",
    then: Callable[[], object] = st.rerun,
) -> Iterator[Work]:
    """One change by a click: do it in the block; what was done is told and the page drawn anew, or a problem is shown in
    place, and nothing was stored.

    A function as ``said`` is asked after the change, for what only that finds out. ``forget`` names something in the
    session's state that does not hold any more. ``then`` comes after the unit of work: it ends the run by an exception,
    which would undo the write.
    """
    with showing_problems():
        with unit_of_work(actor) as work:
            yield work
        if forget:
            st.session_state.pop(forget, None)
        flash(said if isinstance(said, str) else said())
        then()


def act_in_callback(actor: Actor, step: Callable[[Work], object], said: str = "") -> None:
    """The same for a callback, which draws nothing: what was refused is told by ``show_refused`` in the run after it."""
    try:
        with unit_of_work(actor) as work:
            step(work)
    except CrmError as problem:
        st.session_state[REFUSED] = problem
        return
    if said:
        flash(said)


def show_refused() -> None:
    """What the callback before this run was refused."""
    if problem := st.session_state.pop(REFUSED, None):
        show(problem)


def show(error: CrmError) -> None:
    """A problem as people read it, with one line per wrong field."""
    lines = [str(plain(error.message))]
    if isinstance(error, Refused) and len(error.problems) > 1:
        lines += [f"- {plain(problem.message)}" for problem in error.problems]
    st.error("\n".join(lines), icon=":material/error:")
    if isinstance(error, Conflict) and error.theirs:
        rows = {"": list(error.theirs), _("Yours"): [], _("Stored now"): []}
        for name, theirs in error.theirs.items():
            rows[_("Yours")].append(plain(str(error.mine.get(name))))
            rows[_("Stored now")].append(plain(str(theirs)))
        st.table(rows, border="horizontal")
