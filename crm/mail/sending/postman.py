"""Takes rows out of the outbox and hands them over, each once, at the pace that the settings allow.

A row goes queued → sending → handed → sent. ``handed`` is committed when the server has everything but the final dot.
Killed before that, the server forgets the message and the row is taken again; killed after it, the server may have the
message, so the row is never taken again: at most one message, and the doubtful few are shown as not confirmed.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError

from crm.config import settings
from crm.errors import Conflict, CrmError, Unavailable
from crm.i18n import _
from crm.mail.sending import rounds
from crm.mail.sending.compose import Outgoing, Row, Skip, compose
from crm.mail.sending.smtp import Conversation, Later, Refusal, Trouble, Unclear
from crm.mail.sending.status import missing
from crm.mail.templates.places import Unusable
from crm.work import SYSTEM, reading

log = structlog.get_logger(__name__)

#: Between two looks at an empty outbox, in seconds.
PAUSE = 1.0
#: Between two looks whether the clock went back, in seconds.
CLOCK_EVERY = 60.0
#: Pauses after trouble with the server, in seconds; the last one repeats.
AFTER_TROUBLE = (5, 15, 60, 300)
#: So many messages in a row refused for other reasons than their address: it is about us, and the rest waits.
MOST_REFUSALS = 10
#: So often a message waits for a server that takes one of its copies later.
PATIENCE = 3
#: Rows taken at once; they fit well into ``rounds.LEASE``.
BATCH = 20


class Postman:
    """One thread that sends until it is stopped; ``start`` and ``stop`` are called by the app's lifespan."""

    def __init__(self) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._line = Conversation(settings())
        self._next = 0.0
        self._clock_looked_at = -CLOCK_EVERY
        self._troubles = 0
        self._refusals = 0

    def start(self) -> Postman:
        """Begin to send in a thread of this process; without a server in the settings nothing begins."""
        if not missing():
            self._thread = threading.Thread(target=self.run, name="postman", daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        """Ask the thread to end after the message at hand and wait for it, at most eight seconds."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(8)

    def run(self) -> None:
        """Send until ``stop``."""
        while not self._end.is_set():
            pause = PAUSE
            try:
                if time.monotonic() >= self._clock_looked_at + CLOCK_EVERY:
                    rounds.heed_clock()
                    self._clock_looked_at = time.monotonic()
                if self.send_due():
                    continue
                self.hang_up()
            except Trouble as trouble:
                pause = AFTER_TROUBLE[min(self._troubles, len(AFTER_TROUBLE) - 1)]
                self._troubles += 1
                log.warning("mail_server_trouble", reason=str(trouble), pause=pause)
            except (SQLAlchemyError, CrmError):
                # A message may lie with the server without its dot; it forgets it with the line.
                self._line.drop()
                log.exception("outbox_unreachable")
            self._end.wait(pause)
        self.hang_up()

    def hang_up(self) -> None:
        """End the conversation with the server; the next message begins a new one."""
        self._line.close()

    def send_due(self) -> int:
        """Send what is due now, as far as the pace allows; returns how many rows were dealt with.

        Raises
        ------
        Trouble
            The server cannot be used; every row that was taken waits again.
        """
        rows = rounds.take(self.owner, self._how_many())
        for index, row in enumerate(rows):
            if self._end.is_set():
                rounds.put_back(rows[index:])
                return index
            try:
                self._deal_with(row)
            except Trouble as trouble:
                self._line.drop()
                rounds.put_back(rows[index:], problem=str(trouble))
                raise
        return len(rows)

    def _how_many(self) -> int:
        pace = settings().mail_per_minute
        return max(0, min(BATCH, max(1, pace // 6), pace - rounds.handed_lately()))

    def _deal_with(self, row: Row) -> None:
        try:
            with reading(SYSTEM) as session:
                made = compose(session, row)
        except Unusable as error:
            rounds.fail(row, str(error))
        except (Conflict, Unavailable) as error:
            # The database was busy or away for a moment, which says nothing about the message.
            rounds.try_again(row, error.message)
        except CrmError as error:
            rounds.fail(row, error.message)
        except SQLAlchemyError:
            raise
        except Exception:
            # One message that cannot be made must not keep the others from going out.
            reference = uuid.uuid4().hex[:8]
            log.exception("mail_not_composed", row=row.id, reference=reference)
            rounds.fail(row, _("An error of the program, reference {ref}.").format(ref=reference))
        else:
            if isinstance(made, Skip):
                rounds.skip(row, made.reason)
            else:
                self._hand_over(row, made)

    def _hand_over(self, row: Row, made: Outgoing) -> None:
        self._keep_pace()
        try:
            left_out = self._line.offer(
                made.sender, made.to, made.content, made.copies, insist=row.tries < PATIENCE
            )
            if not rounds.hand(row):
                # Paused, cancelled, or taken by another meanwhile: without the dot the server forgets it.
                self._line.drop()
                return
            self._line.finish()
        except Later as answer:
            rounds.try_again(row, str(answer))
        except Refusal as answer:
            self._refusals += not answer.is_address
            if self._refusals > MOST_REFUSALS:
                said = _("The mail server refuses one message after another: {reply}")
                raise Trouble(said.format(reply=answer)) from answer
            rounds.refuse(row, made.to, str(answer), is_address=answer.is_address)
        except Unclear as answer:
            rounds.leave_unclear(row, str(answer))
            log.warning("mail_not_confirmed", row=row.id, reason=str(answer))
        else:
            rounds.confirm(row, left_out)
            self._troubles = self._refusals = 0

    def _keep_pace(self) -> None:
        """Messages go out evenly, not in bursts."""
        gap = 60.0 / settings().mail_per_minute
        self._end.wait(max(0.0, self._next - time.monotonic()))
        self._next = time.monotonic() + gap


def send_all(postman: Postman) -> int:
    """Send until nothing is due any more; returns how many rows were dealt with.

    Raises
    ------
    Trouble
        The server cannot be used.
    """
    total = 0
    try:
        while count := postman.send_due():
            total += count
    finally:
        postman.hang_up()
    return total


__all__: Sequence[str] = ("AFTER_TROUBLE", "Postman", "send_all")
