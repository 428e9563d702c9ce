"""When two names mean the same thing: exact after normalisation, or near enough to ask about."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz, process

# Letters that Unicode does not take apart into a base letter and an accent.
_PLAIN_LETTERS = str.maketrans(
    {**dict(zip("øđðłħŧı", "oddlhti", strict=True)), "æ": "ae", "œ": "oe", "þ": "th"}
)
# Some signs are spoken; apostrophes and dots join ("O'Neill", "s.r.o."); any other sign parts two words.
_SIGNS = str.maketrans({"&": " and ", "+": " plus ", **dict.fromkeys(".'’‘`´", "")})
_ANY_SIGN, _ANY_LETTER = (frozenset(map(chr, signs)) for signs in (_SIGNS, _PLAIN_LETTERS))
_ACCENTS = re.compile("[\u0300-\u036f]+")
_NOT_A_WORD = re.compile(r"[^0-9a-z]+")

# Longest first, because "gmbh co kg" must go before "kg".
_LEGAL_FORM_LIST = (
    "gmbh and co kg|gmbh co kg|and co kg|sp z oo|pty ltd|pvt ltd|private limited|co ltd|spol s ro|"
    "s r o|d o o|b v|s a|a s|i s|incorporated|corporation|limited|company|inc|corp|ltd|llc|llp|lp|"
    "plc|co|gmbh|ag|kg|ohg|ug|ev|mbh|sro|as|vos|doo|dd|dno|sp|aps|is|ab|oy|oyj|asa|bv|nv|vof|sa|"
    "sas|sarl|sasu|eurl|srl|spa|snc|sl|slu|lda|ltda|kft|zrt|nyrt|pty|pvt|kk|se|ooo|oao|zao|pao|"
    "ооо|зао|оао|пао|ао|ип"
)
_LEGAL_FORMS = sorted(_LEGAL_FORM_LIST.split("|"), key=len, reverse=True)
_LEGAL_END = re.compile(r"(?:\s(?:" + "|".join(map(re.escape, _LEGAL_FORMS)) + r"))+$")

# Words and beginnings that turn a name into its opposite, without accents: "not", "ex-", "kein", "ancien", "un-".
_NEGATIVE_LIST = (
    "no not non never nor ex former formerly previous previously past without isnt wasnt un dis "
    "nicht kein keine keiner keinen nie niemals ehemals ehemalig ehemalige ehemaliger ohne "
    "pas jamais ancien ancienne anciens anciennes sans sin nunca antiguo antigua mai senza "
    "niet geen nooit voormalig voormalige zonder nao sem ne ni ikke inte bez antigo antiga"
)
_NEGATIVE = frozenset(_NEGATIVE_LIST.split())
_TURNS = ("un", "in", "im", "ir", "il", "dis", "des", "non", "not", "ex", "nicht", "onge", "on", "de", "ne")
_SAME_WORD = 80.0

EXACT = 100.0
_SAME_WITHOUT_LEGAL_FORM = 97.0
_SAME_WORDS_IN_OTHER_ORDER = 96.0


class NearMatch(NamedTuple):
    """A name as written, a candidate that may be meant, and how near they are (100: the same)."""

    value: str
    candidate: str
    score: float


def name_words(text: str) -> str:
    """The name in lower case without accents and signs, words parted by one space."""
    # To translate costs more than to look whether there is anything to translate.
    plain = (text if _ANY_SIGN.isdisjoint(text) else text.translate(_SIGNS)).casefold()
    if plain.isascii():
        return _NOT_A_WORD.sub(" ", plain).strip()
    plain = plain if _ANY_LETTER.isdisjoint(plain) else plain.translate(_PLAIN_LETTERS)
    # Only Latin, Greek and Cyrillic accents go: marks of other scripts are part of the letter.
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))
    if bare.isascii():
        return _NOT_A_WORD.sub(" ", bare.casefold()).strip()
    joined = unicodedata.normalize("NFC", bare).casefold()
    kept = "".join(sign if unicodedata.category(sign)[0] in "LNM" else " " for sign in joined)
    return " ".join(kept.split())


@lru_cache(maxsize=100_000)
def name_key(text: str, *, drop_legal_form: bool = False) -> str:
    """What two spellings of one name have in common; equal keys mean the same name.

    Case, accents, signs and spaces do not count: ``GTXPro``, ``GTX Pro`` and ``gtx-pro`` share a key. With
    ``drop_legal_form``, ``Acme, Inc.`` and ``ACME`` do as well. A name made of signs only is its own key.
    """
    words = name_words(text)
    if drop_legal_form:
        words = _LEGAL_END.sub("", words) or words
    return words.replace(" ", "") or text.strip().casefold()


def opposed(one: str, other: str) -> bool:
    """Whether one of two names negates the other: "Not urgent" and "urgent", "Unqualified" and "Qualified".

    As letters such names are near, as words they say the contrary.
    """
    first, second = name_words(one).split(), name_words(other).split()
    return _turned(first, second) or _turned(second, first)


def _turned(words: list[str], others: list[str]) -> bool:
    own = set(words) - set(others)
    # "ex customer" and "excustomer" are one word, written apart or not.
    if own & _NEGATIVE and not _NEGATIVE & set(others) and "".join(words) != "".join(others):
        return True
    there = [*others, "".join(others)]
    for word in own | {"".join(words)}:
        as_it_is = max(fuzz.ratio(word, name) for name in there)
        for turn in _TURNS:
            rest = word.removeprefix(turn)
            if rest != word and len(rest) > 2:
                nearest = max(fuzz.ratio(rest, name) for name in there)
                if nearest > max(as_it_is, _SAME_WORD):
                    return True
    return False


def near_matches(
    values: Iterable[str], candidates: Iterable[str], *, least: float = 84.0, limit: int = 3
) -> list[NearMatch]:
    """For each value the candidates that may be meant.

    Parameters
    ----------
    values, candidates : texts
        Names as written; doubles are looked at once.
    least : float
        Lowest score offered, 0 to 100.
    limit : int
        Most candidates offered for one value.

    Returns
    -------
    list of NearMatch
        Best first within a value, values in the order given.

    Notes
    -----
    The score is the ratio of RapidFuzz on keys without spaces; the same words in another order, and
    names that differ only by their legal form, score just below 100. A name that negates the value is never near.
    """
    wanted = list(dict.fromkeys(value for value in values if value.strip()))
    offered = list(dict.fromkeys(candidate for candidate in candidates if candidate.strip()))
    if not wanted or not offered:
        return []
    offered_keys = [name_key(name) for name in offered]
    by_key = _first_of(offered_keys)
    by_core = _first_of([name_key(name, drop_legal_form=True) for name in offered])
    by_words = _first_of([" ".join(sorted(name_words(name).split())) for name in offered])
    found: dict[str, list[NearMatch]] = {}
    unsure: list[str] = []
    for value in wanted:
        if (at := by_key.get(name_key(value))) is not None:
            found[value] = [NearMatch(value, offered[at], EXACT)]
        elif (at := by_core.get(name_key(value, drop_legal_form=True))) is not None:
            found[value] = [NearMatch(value, offered[at], _SAME_WITHOUT_LEGAL_FORM)]
        elif (at := by_words.get(" ".join(sorted(name_words(value).split())))) is not None:
            found[value] = [NearMatch(value, offered[at], _SAME_WORDS_IN_OTHER_ORDER)]
        else:
            unsure.append(value)
    # In parts, because a table of all values against all candidates would not fit in memory.
    for start in range(0, len(unsure), 500):
        part = unsure[start : start + 500]
        keys = [name_key(value) for value in part]
        scores = process.cdist(keys, offered_keys, scorer=fuzz.ratio, score_cutoff=least)
        for value, line in zip(part, scores, strict=True):
            hits = [NearMatch(value, offered[at], round(float(line[at]), 1)) for at in line.nonzero()[0]]
            hits = [hit for hit in hits if not opposed(value, hit.candidate)]
            found[value] = sorted(hits, key=lambda hit: -hit.score)[:limit]
    return [match for value in wanted for match in found[value]]


def _first_of(keys: list[str]) -> Mapping[str, int]:
    places: dict[str, int] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, place)
    return places
