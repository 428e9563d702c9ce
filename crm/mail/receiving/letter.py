"""One received message as it is read: who wrote it, to whom, all its words, its files. Nothing is stored or decided here.

Whatever is broken, hostile or larger than allowed, what can be read of it is read, and ``told`` says what was left out.
"""

from __future__ import annotations

import binascii
import email
import email.parser
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from hashlib import sha256

from crm.i18n import _
from crm.mail.receiving.charsets import decode, decode_header, doubt_of
from crm.mail.receiving.file_kinds import kind_of
from crm.mail.receiving.headers import addresses, header, moment, parameter, readable, whole_head
from crm.mail.receiving.html_text import flowed, html_to_text

#: So many characters of a message are stored as words; the original has the rest.
MOST_TEXT = 1_000_000
#: So many files of one message are stored.
MOST_FILES = 200
#: A message with more parts within parts than this was not written by a mail program.
_DEEPEST, _MOST_PARTS, _MOST_WORK, _MOST_WRITERS = 40, 2_000, 4_000_000, 10
#: From here on long parts are cut out before the rest is told apart; so much of each stays in.
_LONG, _SLICE = 1_000_000, 8_192
#: Numbers what was cut out; nobody can know it.
_MARK = f"X-Cut-{secrets.token_hex(8)}"
_CUT_LINE = re.compile(rb"(?m)^" + _MARK.encode() + rb": \d+\n")
_LONG_HEADER = re.compile(rb"(?im)^content-(?:type|disposition):[^\n]*(?:\n[ \t][^\n]*)*")
_NESTING = re.compile(rb"(?i)boundary\s{0,5}\*?=|message/(?:rfc822|global)")
_META_CHARSET = re.compile(rb"""(?i)<meta[^>]{0,300}charset\s{0,5}=\s{0,5}["']?([\w-]{1,40})""")
#: What machines tell machines: it stands in the original.
_FOR_MACHINES = frozenset({
    "message/delivery-status", "message/global-delivery-status", "message/disposition-notification", "message/feedback-report",
    "text/rfc822-headers", "application/pgp-encrypted", "text/x-amp-html", "text/watch-html",
})  # fmt: skip
#: Words that a program reads, and people only as a file; and what is told apart further.
_KEPT_AS_FILES = _FOR_MACHINES | {
    "text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/csv", "text/rtf", "application/rtf", "text/css",
    "text/javascript", "application/json", "application/xml", "text/xml", "message/rfc822", "message/global",
    "application/pgp-signature", "application/pgp-keys", "application/pkcs7-signature", "application/octet-stream",
}  # fmt: skip
#: A part in plain words that says less than this share of the one in HTML only points to it.
_STUB = 0.25


@dataclass(frozen=True, slots=True)
class Piece:
    """A file that came along; ``content`` is None where it was left out."""

    name: str
    declared_kind: str
    kind: str
    size: int
    content: bytes | None
    is_inline: bool = False

    @property
    def hash(self) -> str:
        """SHA-256 of the content."""
        return sha256(self.content or b"").hexdigest()


@dataclass
class Letter:
    """A message as it is read; ``message`` has its headers and parts, ``original`` the bytes that are kept."""

    message: Message
    original: bytes
    size: int
    is_whole: bool = True
    sender: str = ""
    sender_name: str = ""
    writers: tuple[tuple[str, str], ...] = ()
    recipients: tuple[str, ...] = ()
    subject: str = ""
    message_id: str = ""
    thread: str = ""
    written_at: datetime | None = None
    text: str = ""
    html: str = ""
    charset: str = ""
    pieces: list[Piece] = field(default_factory=list)
    #: Sentences on what could not be read or was left out.
    told: list[str] = field(default_factory=list)

    def header(self, name: str) -> str:
        """A header as people read it, on one line; empty when there is none."""
        return header(self.message, name)

    @property
    def left_out(self) -> list[Piece]:
        """Files of which only name, kind and size are known."""
        return [piece for piece in self.pieces if piece.content is None]

    @property
    def key(self) -> str:
        """What the same message has again, by whatever way and however often it comes."""
        files = "".join(piece.hash for piece in self.pieces)
        said = "\n".join((self.sender, self.subject, " ".join(self.text.split()), files))
        # A Message-ID alone is no proof: some programs give one to many messages.
        name = self.message_id or sha256(_plain(self.original)).hexdigest()
        return sha256(f"{name}\n{self.size if not self.is_whole else ''}\n{said}".encode()).hexdigest()


def read_letter(content: bytes, most_bytes: int, size: int = 0) -> Letter:
    """Read one message; of one that is larger than ``most_bytes`` headers, words and the names of files are kept."""
    size = max(size, len(content))
    is_whole = size <= most_bytes
    light, cut = _lightened(content)
    # Our own marks mean something only while the cut pieces are at hand.
    kept = content if is_whole else _CUT_LINE.sub(b"", light[:most_bytes])
    told = (
        []
        if is_whole
        else [_("This message was larger than is kept; headers, words and names of files are there.")]
    )
    message = _parsed(whole_head(light[:most_bytes]), told)
    letter = Letter(message, kept, size, is_whole, told=told)
    people = addresses(message, "from") or addresses(message, "sender") or addresses(message, "return-path")
    letter.sender_name, letter.sender = people[0] if people else ("", "")
    found: dict[str, tuple[str, str]] = {}
    for pair in (pair for name in ("from", "reply-to", "sender") for pair in addresses(message, name)):
        found.setdefault(pair[1], pair)
    letter.writers = tuple(found.values())[:_MOST_WRITERS]
    letter.recipients = tuple(
        dict.fromkeys(
            a
            for name in ("to", "cc", "delivered-to", "x-original-to", "envelope-to")
            for _n, a in addresses(message, name)
        )
    )
    letter.subject = header(message, "subject")[:1000]
    letter.message_id = header(message, "message-id")[:1000]
    letter.thread = f"{header(message, 'in-reply-to')} {header(message, 'references')}".strip()
    letter.written_at = moment(header(message, "date"))
    _Reader(letter, cut).read()
    return letter


def _parsed(content: bytes, told: list[str]) -> Message:
    content = _LONG_HEADER.sub(lambda found: found[0][:8_000], content)
    nesting = len(_NESTING.findall(content))
    # Every line is held against every boundary that is open.
    if nesting <= _DEEPEST or (
        nesting <= 2_000 and nesting * content.count(b"\n") <= _MOST_WORK and _is_flat(content)
    ):
        try:
            return email.message_from_bytes(content)
        except (RecursionError, ValueError, LookupError, TypeError, AttributeError, IndexError):
            pass
    told.append(_("The parts of this message could not be told apart; its words are shown as they came."))
    head, _gap, rest = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    message = email.parser.BytesHeaderParser().parsebytes(head + b"\n\n")
    for name in ("content-type", "content-transfer-encoding"):
        del message[name]
    message.set_payload(rest[: 2 * MOST_TEXT].decode("ascii", "surrogateescape"))
    return message


def _is_flat(content: bytes) -> bool:
    """Whether the boundaries that a message names are few; words may speak of boundaries too."""
    return (
        len({found[:80] for found in re.findall(rb"(?i)boundary\s{0,5}=\s{0,5}[^\s;]{1,80}", content)})
        <= _DEEPEST
    )


def _lightened(content: bytes) -> tuple[bytes, list[bytes]]:
    """The message with only the beginning of each long part, and the whole parts, numbered by a header of ours in them.

    The library takes seconds for what is one step when it is sliced. Base64 has no dashes: parts end where a line begins
    with two.
    """
    if len(content) <= _LONG:
        return content, []
    cut: list[bytes] = []
    light = []
    for piece in re.split(rb"(?m)^(?=--)", content):
        most = 2 * MOST_TEXT if b"text/" in piece[:1_000].lower() or not piece.startswith(b"--") else _SLICE
        if len(piece) > max(most, _LONG // 4):
            first, end, rest = piece.partition(b"\n") if piece.startswith(b"--") else (b"", b"", piece)
            light.append(first + end + f"{_MARK}: {len(cut)}\n".encode() + rest[:most] + b"\n")
            cut.append(rest)
        else:
            light.append(piece)
    return b"".join(light), cut


def _plain(content: bytes) -> bytes:
    """The bytes without what a mail box changes: line ends, an end, and a mark before "From"."""
    return re.sub(rb"(?m)^>+(?=From )", b"", content.replace(b"\r\n", b"\n")).rstrip()


class _Reader:
    """Sorts the parts of a message into words and files."""

    def __init__(self, letter: Letter, cut: list[bytes]) -> None:
        self.letter, self.cut = letter, cut
        self.plain: list[tuple[int, str]] = []
        self.pages: list[tuple[int, str]] = []
        #: Words of files that stand in the text: the message's own where it has no others.
        self.named: list[str] = []

    def read(self) -> None:
        """Fill the letter's words and files."""
        letter = self.letter
        stack: list[tuple[Message, int]] = [(letter.message, 0)]
        parts = 0
        while stack and parts < _MOST_PARTS:
            part, choice = stack.pop()
            parts += 1
            kind = part.get_content_type()
            inside = part.get_payload()
            if part.is_multipart() and isinstance(inside, list) and not kind.startswith("message/"):
                # The parts of an "alternative" say the same; each knows to which it belongs.
                choice = parts if kind == "multipart/alternative" else choice
                stack.extend((child, choice) for child in reversed(inside) if isinstance(child, Message))
            else:
                self._leaf(part, kind, choice)
        if stack:
            letter.told.append(
                _("This message has more than {n} parts; the rest is in its original only.").format(
                    n=_MOST_PARTS
                )
            )
        self._words()

    def _leaf(self, part: Message, kind: str, choice: int) -> None:
        name = _file_name(part)
        disposition = str(part.get("content-disposition", ""))[:20].strip().lower()
        is_words = not name and not disposition.startswith("attachment")
        content, size = self._content(part, kind)
        if is_words and content and kind not in _KEPT_AS_FILES and kind_of(content, "", "") == "text/plain":
            # A part of a broken or rare kind that somebody can read was written to be read.
            kind = "text/html" if kind == "text/html" else "text/plain"
        if is_words and kind in ("text/plain", "text/html") and content is not None:
            declared = parameter(part, "charset")
            if kind == "text/html" and not declared and (meta := _META_CHARSET.search(content[:4_096])):
                declared = meta[1].decode()
            text, charset = decode(content[: 4 * MOST_TEXT], declared)
            if (doubt := doubt_of(content, declared, charset)) not in self.letter.told and doubt:
                self.letter.told.append(doubt)
            if kind == "text/plain" and parameter(part, "format").lower() == "flowed":
                text = flowed(text, is_spaced=parameter(part, "delsp").lower() != "yes")
            self.letter.charset = self.letter.charset or charset
            (self.plain if kind == "text/plain" else self.pages).append((choice, text))
            return
        if not content and not name and size == 0:
            return
        if kind in _FOR_MACHINES and not name:
            return
        if len(self.letter.pieces) >= MOST_FILES:
            content = None
        judged = kind_of(content, name, kind) if content is not None else kind
        is_inline = bool(part.get("content-id")) and disposition[:10] != "attachment"
        called = name or _called(part) + _ending(judged)
        if name and kind == "text/plain" and content and not disposition.startswith("attachment"):
            self.named.append(decode(content[: 4 * MOST_TEXT], parameter(part, "charset"))[0])
        self.letter.pieces.append(Piece(called, kind[:120], judged[:120], size, content, is_inline))

    def _content(self, part: Message, kind: str) -> tuple[bytes | None, int]:
        """The bytes of a part and how many there are; None where they are not kept."""
        if (number := part.get(_MARK)) and int(number) < len(self.cut):
            return self._cut_out(part, self.cut[int(number)], kind)
        inside = part.get_payload()
        if kind.startswith("message/") and isinstance(inside, list):
            try:
                content = b"\n".join(p.as_bytes() for p in inside if isinstance(p, Message))
            except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
                return None, 0
        else:
            try:
                decoded = part.get_payload(decode=True)
                content = decoded if isinstance(decoded, bytes) else b""
            except (ValueError, LookupError, TypeError, AssertionError, AttributeError):
                content = str(inside).encode("utf-8", "surrogateescape")
        return content, len(content)

    def _cut_out(self, part: Message, raw: bytes, kind: str) -> tuple[bytes | None, int]:
        """As ``_content`` for a long part: words as far as they are read, a file only of a message that is kept whole."""
        body = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[-1]
        encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
        is_words = kind.startswith("text/")
        if not self.letter.is_whole and not is_words:
            return None, len(body) * 3 // 4 if encoding == "base64" else len(body)
        body = body[: 8 * MOST_TEXT] if is_words else body
        try:
            if encoding == "base64":
                body = binascii.a2b_base64(body)
            elif encoding == "quoted-printable":
                body = binascii.a2b_qp(body)
        except (binascii.Error, ValueError):
            pass
        return body, len(body)

    def _words(self) -> None:
        letter = self.letter
        letter.html = "\n".join(page for _choice, page in self.pages)[:MOST_TEXT]
        said: list[str] = []
        told_plain = {
            choice: "".join(t for c, t in self.plain if c == choice).strip() for choice, _t in self.plain
        }
        for choice, page in self.pages:
            words = html_to_text(page)
            beside = told_plain.get(choice, "") if choice else ""
            if not beside or (len(beside) < _STUB * len(words) and len(words) > 200):
                self.plain = [(c, t) for c, t in self.plain if not choice or c != choice] + [(choice, words)]
        said = [text.strip("\n").rstrip() for _choice, text in self.plain if text.strip()]
        said = said or [text.strip("\n").rstrip() for text in self.named if text.strip()]
        whole = "\n\n".join(said)
        if len(whole) > MOST_TEXT:
            letter.told.append(_("Only the beginning of this text is shown; the original has all of it."))
        letter.text = whole[:MOST_TEXT]


def _file_name(part: Message) -> str:
    """The name of a file without folders and control characters; it is shown and offered, never a path of ours."""
    try:
        raw = (
            readable(part, "content-disposition").get_filename()
            or readable(part, "content-type").get_filename()
            or ""
        )
    except (ValueError, TypeError, IndexError, LookupError):
        raw = ""
    name = re.split(r"[/\\]", decode_header(str(raw)[:1_000]))[-1]
    return "".join(c if c.isprintable() else " " for c in name).strip(" .")[:255]


def _called(part: Message) -> str:
    """What a file without a name is called: a message by its subject."""
    inside = part.get_payload()
    if isinstance(inside, list) and len(inside) == 1 and isinstance(inside[0], Message):
        said = "".join(c if c.isprintable() and c not in "/\\" else " " for c in header(inside[0], "subject"))
        return " ".join(said.split())[:100].strip(".") or _("unnamed")
    return _("unnamed")


def _ending(kind: str) -> str:
    from mimetypes import guess_extension

    return guess_extension(kind) or ""
