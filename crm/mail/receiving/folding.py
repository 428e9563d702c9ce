"""What of a message is new and what is quoted: nothing is cut, the screen only folds what the reader knows already.

Quotes are known by their form, in any language: lines with ``>`` and the line that introduces them, the block of headers
above a whole message. Only where a quote has no mark do words of a language decide. Forwarded text is news and stays open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Longer lines are words of a paragraph.
_MOST_LINE = 400
_WROTE = (
    "wrote|schrieb|geschrieben|a écrit|écrit|ecrit|escribió|escribio|ha scritto|scritto|schreef|geschreven|skrev|skrifaði|napisal"
    "|napisala|napisal/a|napsal|napsala|napsal(a)|napísal|napísala|пишет|написал|написала|написав|пише|pisze|napisał"
    "|napisała|escreveu|a scris|írta|kirjoitti|yazdı|kirjutas|rašė|rakstīja|έγραψε|写道"
)  # fmt: skip
_VERB = "(?:" + "|".join(map(re.escape, _WROTE.split("|"))) + ")"
_HEAD = re.compile(rf"(?<!\w){_VERB}(?!\w).{{0,120}}[:：]\s*$|{_VERB}\s?[:：]\s*$", re.IGNORECASE)
_MOMENT = re.compile(r"\d{1,2}[:.h]\d{2}|\d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{1,4}|\b(?:19|20)\d\d\b")
_HOUR = re.compile(r"\d{1,2}[:.h]\d{2}")
_DAY = re.compile(r"(?:19|20)\d\d|\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2}")
_BRACKETED = re.compile(r"[<(\[](?:mailto:)?[^\s<>@()]{1,64}@[^\s<>@()]{1,190}[>)\]]")
_LABELLED = re.compile(r"^[*_]{0,2}([^\W\d_][\w \-’'/()]{0,25}?)[*_]{0,2}\s?[:：][*_]{0,2}\s?(.*)$")
_FROM = frozenset({
    "from", "von", "de", "da", "van", "fra", "från", "od", "pošiljatelj", "expéditeur", "remitente", "mittente", "afzender",
    "afsender", "avsändare", "odesílatel", "nadawca",
    "от", "отправитель", "від", "remetente", "feladó", "lähettäjä", "kimden", "gönderen", "de la", "από", "发件人", "差出人",
    "odosielateľ", "expeditor", "보낸 사람", "寄件者",
})  # fmt: skip
_OTHERS = frozenset({
    "to", "cc", "subject", "reply-to", "importance", "an", "betreff", "kopie", "à", "objet", "copie", "para", "asunto",
    "a", "oggetto", "aan", "onderwerp", "til", "emne", "za", "zadeva", "kp", "prima", "komu", "předmět", "кому", "тема", "копия",
    "do", "temat", "dw", "assunto", "till", "ämne", "címzett", "tárgy", "vastaanottaja", "aihe", "kime", "konu", "predmet",
    "către", "subiect", "προς", "θέμα", "收件人", "主题", "主旨", "宛先", "件名", "받는 사람", "제목",
})  # fmt: skip
_WHEN = frozenset({
    "sent", "date", "gesendet", "datum", "envoyé", "date d’envoi", "enviado", "enviado el", "enviada", "enviada em", "fecha",
    "inviato", "data", "verzonden", "sendt", "dato", "poslano", "odesláno", "odoslané", "отправлено", "дата", "надіслано",
    "wysłano", "skickat", "elküldve", "dátum", "lähetetty", "päivämäärä", "gönderildi", "tarih", "trimis", "στάλθηκε",
    "发送时间", "日期", "送信日時", "日付", "보낸 날짜", "날짜",
})  # fmt: skip
#: What the first line of a broken head has: a day or an hour, or an address.
_BEGUN = re.compile(r"@|\d{1,2}[:.h]\d{2}|\b(?:19|20)\d\d\b|\d{1,2}[./-]\s?\d{1,2}")
_RULED = re.compile(r"^\s*[-_=*]{2,80}\s*([^-_=*].{1,80}?)\s*[-_=*]{2,80}\s*$")
_ORIGINAL = re.compile(
    r"origin|ursprüng|oorspronkelijk|oprindelig|opprinnelig|izvirno|původní|pôvodná|исходн|оригинал|oryginaln|ursprunglig|eredeti|alkuperäinen|özgün",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"forward|weitergeleit|transf[ée]r|reenviad|inoltrat|doorgestuurd|videresend|posredovan|přeposlan|preposlan|пересыла|пересланн|przekazan|vidarebefordra"
    r"|encaminhad|továbbított|välitetty|iletilen",
    re.IGNORECASE,
)
_PASSED_ON = re.compile(
    r"\s*(?:fwd?|wg|tr|rv|i|enc|vb|pd|vl|doorst|ilt|ПР|Переслать|转发|轉寄|전달)\s?[:：]", re.IGNORECASE
)
_RULE = re.compile(r"^\s*[-_]{8,200}\s*$")


@dataclass(frozen=True, slots=True)
class Passage:
    """Neighbouring lines of a message that are new, or quoted from earlier ones."""

    text: str
    is_quoted: bool


def is_forward(subject: str) -> bool:
    """Whether a subject says that somebody else's words are passed on: they are what the message is for."""
    return bool(_PASSED_ON.match(subject))


def fold(text: str, *, forwarded: bool = False) -> list[Passage]:
    """The whole text in its order; where nothing would be left to see, nothing is folded.

    Of a ``forwarded`` message the message below, which carries no mark in some programs, is news.
    """
    lines = text.split("\n")
    quoted = [line.lstrip().startswith(">") for line in lines]
    _open_forwarded(lines, quoted)
    for at, is_quoted in enumerate(quoted):
        if is_quoted and not (at and quoted[at - 1]):
            _mark_head(lines, quoted, at)
    if (start := _whole_from(lines, quoted, forwarded)) is not None:
        quoted[start:] = [True] * (len(lines) - start)
    if not any(line.strip() and not folded for line, folded in zip(lines, quoted, strict=True)):
        return [Passage(text, False)]
    found: list[tuple[list[str], bool]] = []
    for line, is_quoted in zip(lines, quoted, strict=True):
        # Empty lines go with what stands before them.
        if found and (found[-1][1] is is_quoted or not line.strip()):
            found[-1][0].append(line)
        else:
            found.append(([line], is_quoted))
    return [
        Passage("\n".join(part).strip("\n"), is_quoted)
        for part, is_quoted in found
        if "\n".join(part).strip()
    ]


def new_words(text: str, *, forwarded: bool = False) -> str:
    """Only what is new, for a line in a list."""
    passages = fold(text, forwarded=forwarded)
    return "\n\n".join(passage.text for passage in passages if not passage.is_quoted).strip()


def _open_forwarded(lines: list[str], quoted: list[bool]) -> None:
    """A block of quoted lines that begins with "Forwarded message" is what somebody passes on."""
    is_open = False
    for at, line in enumerate(lines):
        if not quoted[at]:
            is_open = False
        elif not (at and quoted[at - 1]) or is_open:
            is_open = is_open or _says_forwarded(line.lstrip("> "))
            quoted[at] = not is_open


def _says_forwarded(line: str) -> bool:
    """Whether a line of its own says that what follows was passed on."""
    ruled = _RULED.match(line)
    if ruled is not None:
        return bool(_FORWARDED.search(ruled[1]))
    said = line.strip()
    return (
        len(said) <= 60
        and said.endswith((":", "："))
        and bool(_FORWARDED.search(said))
        and not _MOMENT.search(said)
    )


def _mark_head(lines: list[str], quoted: list[bool], at: int) -> None:
    """The line or lines that introduce a quote, as "On … wrote:", are part of it."""
    above = at - 1
    while above >= 0 and at - above <= 2 and not lines[above].strip():
        above -= 1
    for first in range(above, max(-1, above - 3), -1):
        if first < 0 or quoted[first] or not lines[first].strip():
            return
        said = " ".join(lines[first : above + 1])
        if len(said) > _MOST_LINE:
            return
        if said.rstrip().endswith((":", "：")) and (_MOMENT.search(said) or "@" in said):
            quoted[first:at] = [True] * (at - first)
            return


def _whole_from(lines: list[str], quoted: list[bool], is_forward: bool) -> int | None:
    """Where a whole earlier message begins that carries no marks; None where none does."""
    for at, line in enumerate(lines):
        if quoted[at] or not line.strip() or len(line) > _MOST_LINE:
            continue
        ruled = _RULED.match(line)
        if _says_forwarded(line):
            is_forward = True
        elif not is_forward and ruled and _ORIGINAL.search(ruled[1]):
            return at
        elif not is_forward and _is_header_block(lines, at):
            return at - 1 if at and _RULE.match(lines[at - 1]) else at
        elif not is_forward and _is_head(line):
            return at
        elif (
            not is_forward
            and at + 1 < len(lines)
            and _BEGUN.search(line)
            and not _is_head(lines[at + 1])
            and _is_head(f"{line} {lines[at + 1]}")
        ):
            # Long ones are broken by the program: "On … <…>" and "wrote:".
            return at
    return None


def _is_head(said: str) -> bool:
    """Whether a line introduces an earlier message: it ends with a colon, says "wrote" in some language, and when."""
    said = said.rstrip()
    if not said.endswith((":", "：")) or len(said) > _MOST_LINE or not _MOMENT.search(said):
        return False
    # An address in brackets beside an hour and a day says so in any language.
    is_hour = bool(_HOUR.search(said))
    if is_hour and _BRACKETED.search(said) and _DAY.search(said):
        return True
    return ("@" in said or is_hour) and bool(_HEAD.search(said))


def _is_header_block(lines: list[str], at: int) -> bool:
    """Whether the headers of an earlier message stand here: who and when, and to whom or about what.

    In a language nobody thought of: three or more of them, the first with an address, one with a day and an hour.
    """
    found = []
    for line in lines[at : at + 8]:
        labelled = _LABELLED.match(line[:_MOST_LINE].strip())
        if labelled is None:
            break
        found.append((labelled[1].strip().lower(), labelled[2]))
    if len(found) < 3:
        return False
    labels = [label for label, _value in found[1:]]
    if found[0][0] in _FROM:
        return any(label in _WHEN for label in labels) and any(label in _OTHERS for label in labels)
    return bool(_BRACKETED.search(found[0][1])) and any(
        _MOMENT.search(value) and _HOUR.search(value) for _label, value in found[1:]
    )
