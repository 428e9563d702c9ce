"""One conversation with an SMTP server, kept open for many messages, whose last step is a step of its own.

``offer`` says everything but the final dot: a server keeps nothing of a message before it. ``finish`` says the dot. What
happens in between, in ``crm.mail.sending.postman``, decides that no message is ever sent twice.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from crm.config import Settings
from crm.i18n import _
from crm.mail.receiving.bounce_rules import is_about_address

#: Seconds without an answer after which a server counts as gone.
TIMEOUT = 30.0
#: After so many messages a new conversation begins; many servers insist on it.
MOST_PER_CONNECTION = 100


class Trouble(Exception):
    """The server cannot be used now: nothing is wrong with the message, which waits for its next turn."""


class Later(Exception):
    """The server said 4xx to this message: it may take it later."""


class Refusal(Exception):
    """The server said 5xx to this message; ``is_address`` when nobody is there under the address."""

    def __init__(self, message: str, *, is_address: bool) -> None:
        super().__init__(message)
        self.is_address = is_address


class Unclear(Exception):
    """The answer to the final dot never came: the server may have the message, and may not."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered."""

    code: int
    said: str

    def __str__(self) -> str:
        return f"{self.code} {self.said}"[:500]


class Conversation:
    """A connection to the server of the settings; opened at the first message."""

    def __init__(self, settings: Settings, *, timeout: float = TIMEOUT) -> None:
        self._settings, self._timeout = settings, timeout
        self._server: smtplib.SMTP | None = None
        self._count = 0

    def open(self) -> None:
        """Connect, encrypt and sign in as the settings say, unless that is done.

        Raises
        ------
        Trouble
            The server is not there, or does not let us in.
        """
        if self._server is not None and self._count >= MOST_PER_CONNECTION:
            self.close()
        if self._server is not None:
            return
        chosen = self._settings
        try:
            if chosen.smtp_security == "tls":
                self._server = smtplib.SMTP_SSL(
                    chosen.smtp_host,
                    chosen.smtp_port,
                    timeout=self._timeout,
                    context=ssl.create_default_context(),
                )
            else:
                self._server = smtplib.SMTP(chosen.smtp_host, chosen.smtp_port, timeout=self._timeout)
            if chosen.smtp_security == "starttls":
                self._server.starttls(context=ssl.create_default_context())
            if chosen.smtp_user:
                self._server.login(chosen.smtp_user, chosen.smtp_password)
            self._server.ehlo_or_helo_if_needed()
            # The final dot is a tiny packet of its own; held back for company it would cost 40 ms a message.
            if self._server.sock is not None:
                self._server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            said = _("The mail server {host} cannot be used: {reason}")
            raise Trouble(said.format(host=chosen.smtp_host, reason=_reason(error))) from error

    def offer(
        self, sender: str, to: str, content: bytes, copies: Sequence[str] = (), *, insist: bool = True
    ) -> list[str]:
        """Everything of a message but the final dot; what was said of each copy that does not go out.

        A copy never keeps the message from its recipient; while the sender may ``insist``, a copy that the server takes
        later makes all of it wait.

        Raises
        ------
        Later, Refusal
            The server does not take it now, or ever.
        Trouble
            The conversation broke off, or the server does not take anything from this sender.
        """
        self.open()
        assert self._server is not None
        self._count += 1
        try:
            wide = not "".join((sender, to, *copies)).isascii()
            options = ["SMTPUTF8"] if wide and self._server.has_extn("smtputf8") else []
            reply = _reply(self._server.mail(sender, options))
            if reply.code >= 400:
                self.drop()
                raise Trouble(_("The mail server refuses our sender: {reply}").format(reply=reply))
            self._judge(_reply(self._server.rcpt(to)), is_recipient=True)
            left_out = [f"{copy}: {said}" for copy in copies if (said := self._copy(copy, insist=insist))]
            self._server.putcmd("data")
            self._judge(_reply(self._server.getreply()), expected=354)
            self._server.send(_quoted(content))
            return left_out
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            self.drop()
            if isinstance(error, UnicodeError):
                raise Refusal(
                    _("The mail server cannot write this address: {to}").format(to=to), is_address=True
                ) from error
            said = _("The mail server {host} broke off: {reason}")
            raise Trouble(said.format(host=self._settings.smtp_host, reason=_reason(error))) from error

    def finish(self) -> Reply:
        """The final dot and its answer.

        Raises
        ------
        Later, Refusal
            The server had it all and does not take it.
        Unclear
            The conversation broke off before the answer.
        """
        assert self._server is not None
        try:
            self._server.send(b".\r\n")
            reply = _reply(self._server.getreply())
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            raise Unclear(_reason(error)) from error
        if reply.code == -1:
            self.drop()
            raise Unclear(_("no answer"))
        self._judge(reply)
        return reply

    def _copy(self, to: str, *, insist: bool) -> str:
        assert self._server is not None
        reply = _reply(self._server.rcpt(to))
        if reply.code in (-1, 421) or (insist and 400 <= reply.code < 500):
            self._judge(reply)
        return str(reply) if reply.code >= 400 else ""

    def _judge(self, reply: Reply, *, is_recipient: bool = False, expected: int = 250) -> None:
        if reply.code == -1:
            self.drop()
            raise Trouble(_("The mail server broke off without an answer."))
        if reply.code == 421:
            self.drop()
            raise Trouble(_("The mail server wants a pause: {reply}").format(reply=reply))
        if reply.code < 400:
            if expected == 354 and reply.code != 354:
                self.drop()
                raise Trouble(_("The mail server answers strangely: {reply}").format(reply=reply))
            return
        self._reset()
        if reply.code < 500:
            raise Later(str(reply))
        raise Refusal(str(reply), is_address=is_recipient and is_about_address(reply.code, reply.said))

    def _reset(self) -> None:
        try:
            assert self._server is not None
            self._server.rset()
        except (OSError, smtplib.SMTPException):
            self.drop()

    def drop(self) -> None:
        """End the conversation in the middle: the server forgets a message that has no dot."""
        if self._server is not None:
            self._server.close()
        self._server, self._count = None, 0

    def close(self) -> None:
        """End the conversation politely."""
        if self._server is not None:
            try:
                self._server.quit()
            except (OSError, smtplib.SMTPException):
                self._server.close()
        self._server, self._count = None, 0


def _reply(answer: tuple[int, bytes]) -> Reply:
    code, said = answer
    return Reply(code, said.decode("utf-8", "replace").replace("\n", " ").strip())


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        return f"{error.smtp_code} {text}"[:300]
    return (str(error) or type(error).__name__)[:300]


def _quoted(content: bytes) -> bytes:
    """The content with whole line ends, and with a second dot where a line begins with one."""
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").split(b"\n")
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)
