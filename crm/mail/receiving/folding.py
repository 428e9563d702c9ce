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
_LABELLED = re.compile(r"^[*_]{0,2}([^\W\d_][\w \-’'/()]{0,25}?)[*_]{0,2}\s?[:：][*_]{0,2}\s?(.*)$")
_FROM = frozenset({
    "from", "von", "de", "da", "van", "fra", "från", "od", "pošiljatelj", "expéditeur", "remitente", "mittente", "afzender",
    "afsender", "avsändare", "odesílatel", "nadawca",
    "от", "отправитель", "від", "remetente", "feladó", "lähettäjä", "kimden", "gönderen", "de la", "από", "发件人", "差出人",
})  # fmt: skip
_OTHERS = frozenset({
    "sent", "date", "to", "cc", "subject", "reply-to", "importance", "gesendet", "datum", "an", "betreff", "kopie", "envoyé",
    "date d’envoi", "à", "objet", "copie", "enviado", "enviado el", "fecha", "para", "asunto",
    "inviato", "data", "a", "oggetto", "verzonden", "aan", "onderwerp", "sendt", "til", "emne", "dato", "poslano", "za",
    "zadeva", "kp", "odesláno", "komu", "předmět", "отправлено", "дата", "кому", "тема", "копия",
    "wysłano", "do", "temat", "dw", "enviada", "assunto", "skickat", "till", "ämne", "elküldve", "címzett", "tárgy",
    "lähetetty", "vastaanottaja", "aihe", "gönderildi", "kime", "konu", "odoslané", "predmet",
})  # fmt: skip
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
_RULE = re.compile(r"^\s*[-_]{8,200}\s*$")


@dataclass(frozen=True, slots=True)
class Passage:
    """Neighbouring lines of a message that are new, or quoted from earlier ones."""

    text: str
    is_quoted: bool


def fold(text: str) -> list[Passage]:
    """The whole text in its order; where nothing would be left to see, nothing is folded."""
    lines = text.split("\n")
    quoted = [line.lstrip().startswith(">") for line in lines]
    for at, is_quoted in enumerate(quoted):
        if is_quoted and not (at and quoted[at - 1]):
            _mark_head(lines, quoted, at)
    if (start := _whole_from(lines, quoted)) is not None:
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


def new_words(text: str) -> str:
    """Only what is new, for a line in a list."""
    return "\n\n".join(passage.text for passage in fold(text) if not passage.is_quoted).strip()


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


def _whole_from(lines: list[str], quoted: list[bool]) -> int | None:
    """Where a whole earlier message begins that carries no marks; None where none does."""
    is_forward = False
    for at, line in enumerate(lines):
        if quoted[at] or not line.strip() or len(line) > _MOST_LINE:
            continue
        ruled = _RULED.match(line)
        if ruled and _FORWARDED.search(ruled[1]):
            is_forward = True
        elif ruled and _ORIGINAL.search(ruled[1]):
            return at
        elif not is_forward and _is_header_block(lines, at):
            return at - 1 if at and _RULE.match(lines[at - 1]) else at
        elif not is_forward and (
            _is_head(line) or (at + 1 < len(lines) and _is_head(f"{line} {lines[at + 1]}"))
        ):
            return at
    return None


def _is_head(said: str) -> bool:
    """Whether a line introduces an earlier message: it ends with a colon, says "wrote" in some language, and when."""
    said = said.rstrip()
    return (
        said.endswith((":", "："))
        and len(said) <= _MOST_LINE
        and bool(_MOMENT.search(said))
        and ("@" in said or bool(re.search(r"\d{1,2}[:.h]\d{2}", said)))
        and bool(_HEAD.search(said))
    )


def _is_header_block(lines: list[str], at: int) -> bool:
    """Whether the headers of an earlier message stand here: who, and at least two of when, to whom, about what."""
    labels = []
    for line in lines[at : at + 8]:
        found = _LABELLED.match(line[:_MOST_LINE].strip())
        if found is None:
            break
        labels.append(found[1].strip().lower())
    return bool(labels) and labels[0] in _FROM and sum(label in _OTHERS for label in labels[1:]) >= 2
