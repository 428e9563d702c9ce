"""Web forms as strangers meet them: what is asked, who may answer how often, and that an answer counts once.

Everything here works as the program: the reader has no account, and learns nothing about who is known.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from crm.access.locks import lock_tables
from crm.campaigns.forms.held import STRAIGHT, hold, what_is_odd
from crm.campaigns.forms.outcome import become
from crm.campaigns.forms.questions import CONSENT_WORDS, FormField, check_answers, fields_of
from crm.clock import now as right_now
from crm.errors import CrmError, NotFound, Refused
from crm.i18n import _, language, ngettext
from crm.links import keyed_hash, make_token, read_token
from crm.work import SYSTEM, Work, reading, unit_of_work
from db.models import Case, FormAnswer, WebForm
from db.scope import ScopedSession

#: People need longer than this to read and type; what is quicker is asked to look again.
LEAST_TIME = timedelta(seconds=2)
#: A page left open longer is asked to send once more, with what was typed kept.
MOST_TIME = timedelta(hours=24)
#: Answers let in per form: of one sender in a minute and in an hour, of everybody in a minute. What is more is held.
PER_MINUTE, PER_HOUR, EVERYBODY = 5, 30, 60
#: Answers held per form in an hour: of one sender, of everybody. What is more is refused.
HELD_OF_ONE, HELD_OF_ALL = 30, 600
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


class TooManyAnswers(CrmError):
    """The sender, or everybody together, answered too often; ``retry_after`` is how many seconds to wait."""

    status = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class PublicForm:
    """A form as its page needs it."""

    id: int
    slug: str
    kind: str
    title: str
    intro: str
    thanks: str
    fields: tuple[FormField, ...]
    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Received:
    """What the sender is told: the same for everybody, but for the number of a new case; ``number_later`` says whether it
    comes by mail (``mail``) or not at all by itself (``open``) after somebody has let the request in."""

    thanks: str
    case_number: str = ""
    number_later: str = ""


def public_form(slug: str) -> PublicForm:
    """The form at an address.

    Raises
    ------
    NotFound
        No active form has this address.
    """
    with reading(SYSTEM) as session:
        form = _active(session, slug)
        return PublicForm(
            form.id, form.slug, form.kind, form.title or form.name, form.intro or "", form.thanks or "",
            fields_of(form.fields), tuple(p for p in form.purposes if p in CONSENT_WORDS),
        )  # fmt: skip


def _active(session: ScopedSession, slug: str) -> WebForm:
    found = session.scalar(
        select(WebForm).where(WebForm.slug == slug, WebForm.is_active, WebForm.archived_at.is_(None))
    )
    if found is None:
        raise NotFound(_("There is no form at this address, or it is closed."))
    return found


def new_token(form: PublicForm, at: datetime | None = None) -> str:
    """A token for one showing of a form: when it was shown, and a key under which its answer counts once."""
    issued = int((at or right_now()).timestamp())
    return make_token("form", form.id, issued, secrets.randbits(62))


def token_for_next_try(form: PublicForm, token: str) -> str:
    """The same token while it is good, so that a corrected answer still counts once; else a new one."""
    try:
        _form_id, issued, _key = _token_of(form, token)
    except Refused:
        return new_token(form)
    is_old = right_now().timestamp() - issued > MOST_TIME.total_seconds()
    return new_token(form) if is_old else token


def receive(
    form: PublicForm, *, token: str, sent: Mapping[str, str], ticked: set[str], trap: str, address: str
) -> Received:
    """Take an answer: check it, store it once, and do what follows from it, all or nothing.

    Parameters
    ----------
    token : str
        From ``new_token``, as the page carried it.
    sent : mapping
        Typed texts by field name.
    ticked : set of str
        Purposes whose box was ticked.
    trap : str
        What stands in the field that people do not see; a robot's answer is thanked for and held.
    address : str
        Network address of the sender; only its keyed hash is kept, for the limit.

    What is suspicious waits in the inbox, and its sender reads the same thanks.

    Raises
    ------
    Refused
        A field is wrong (one ``Problem`` each, under its name), the page is too old, or was sent too quickly.
    TooManyAnswers
        The limit is reached.
    """
    try:
        form_id, issued, key = _token_of(form, token)
    except Refused:
        if trap:
            # What never saw the page is nobody's words.
            return Received(form.thanks, number_later=_later(form, sent))
        raise
    answers, problems = check_answers(form.fields, sent)
    if trap:
        typed = {field.name: sent.get(field.name, "")[:4_000] for field in form.fields}
        with unit_of_work(SYSTEM, cause="web form") as work:
            return _stored(
                work, form, f"{form_id}-{key}", answers if not problems else typed, set(), address, trap
            )
    if problems:
        text = ngettext(
            "{n} answer needs another look.", "{n} answers need another look.", len(problems)
        ).format(n=len(problems))
        raise Refused(text, problems=problems)
    age = right_now().timestamp() - issued
    if age < LEAST_TIME.total_seconds():
        raise Refused(_("That was very quick. Please look at your answers once more, then send them again."))
    if age > MOST_TIME.total_seconds():
        raise Refused(_("This page was open for a long time. Please send your answers once more."))
    with unit_of_work(SYSTEM, cause="web form") as work:
        return _stored(work, form, f"{form_id}-{key}", answers, set(form.purposes) & ticked, address)


def _token_of(form: PublicForm, token: str) -> tuple[int, int, int]:
    try:
        form_id, issued, key = read_token("form", token)
    except (NotFound, ValueError) as error:
        raise Refused(_("Something of the page was lost. Please send your answers once more.")) from error
    if form_id != form.id:
        raise Refused(_("This page belongs to another form. Please send your answers once more."))
    return form_id, issued, key


def _stored(
    work: Work,
    form: PublicForm,
    key: str,
    answers: dict[str, Any],
    consents: set[str],
    address: str,
    trap: str = "",
) -> Received:
    # One at a time past here, so that many posts at once neither pass the limit nor count twice.
    lock_tables(work, FormAnswer)
    before = work.session.scalar(select(FormAnswer).where(FormAnswer.key == key))
    if before is not None:
        number = work.session.scalar(select(Case.number).where(Case.id == before.case_id))
        return Received(form.thanks, number or "", _later(form, before.answers) if before.is_held else "")
    sender = keyed_hash(address, work)
    row = _active(work.session, form.slug)
    doubts = what_is_odd(work, row, form.fields, answers, trap)
    if wait := _too_many(work, form.id, sender):
        if row.review == STRAIGHT:
            raise _slow_down(wait)
        doubts.append(_("more answers than people send came in a short time"))
    said = answers | {"consents": sorted(consents)} if consents else answers
    answer = FormAnswer(
        form_id=form.id, key=key, at=work.now, answers=said, sender=sender, language=language()
    )
    if doubts:
        _demand_room(work, form.id, sender)
        hold(work, row, answer, form.fields, doubts, trap)
        return Received(form.thanks, number_later=_later(form, answers))
    work.session.add(answer)
    work.session.flush()
    number = become(work, row, answer, form.fields, consents)
    work.session.flush()
    return Received(form.thanks, number)


def _later(form: PublicForm, said: Mapping[str, Any]) -> str:
    if form.kind != "service":
        return ""
    return "mail" if said.get("email") else "open"


def _too_many(work: Work, form_id: int, sender: str) -> int:
    """How many seconds the sender, or everybody, has to wait until the next answer is let in; 0 when it is now."""
    spans = (
        (_MINUTE, PER_MINUTE, FormAnswer.sender == sender),
        (_HOUR, PER_HOUR, FormAnswer.sender == sender),
        (_MINUTE, EVERYBODY, FormAnswer.form_id == form_id),
    )
    return _wait(work, form_id, spans, is_held=False)


def _demand_room(work: Work, form_id: int, sender: str) -> None:
    """Refuse what would fill the inbox: nobody could look through it."""
    spans = (
        (_HOUR, HELD_OF_ONE, FormAnswer.sender == sender),
        (_HOUR, HELD_OF_ALL, FormAnswer.form_id == form_id),
    )
    if wait := _wait(work, form_id, spans, is_held=True):
        raise _slow_down(wait)


def _wait(
    work: Work, form_id: int, spans: Iterable[tuple[timedelta, int, ColumnElement[bool]]], *, is_held: bool
) -> int:
    for span, most, whose in spans:
        count, oldest = work.session.execute(
            select(func.count(), func.min(FormAnswer.at)).where(
                FormAnswer.form_id == form_id,
                FormAnswer.at > work.now - span,
                FormAnswer.is_held.is_(is_held),
                whose,
            )
        ).one()
        if count >= most:
            return max(1, int((oldest + span - work.now).total_seconds()) + 1)
    return 0


def _slow_down(wait: int) -> TooManyAnswers:
    said = _("Too many answers came in a short time. Wait a little, then send yours again.")
    return TooManyAnswers(said, retry_after=wait)
