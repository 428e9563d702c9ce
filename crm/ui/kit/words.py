"""Texts for Streamlit's Markdown: literal unless marked, chips, links, and initials as a picture."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import Literal, TypeVar

T = TypeVar("T")

Tone = Literal["green", "orange", "red", "gray", "blue", "violet"]
GOOD: Tone = "green"
WATCH: Tone = "orange"
BAD: Tone = "red"
QUIET: Tone = "gray"
INFO: Tone = "blue"

AVATAR_COLOURS = ("#C9690B", "#3E967B", "#9E2D4D", "#359CD0", "#7A4FA3", "#3654D9")

_SPECIAL = re.compile(r"([\\`*_\[\]<$~&]|:(?=[A-Za-z]))")
#: Addresses become links after Markdown too; an empty piece inside takes them apart and is not copied with the text.
_ADDRESS = re.compile(r"(?<=@)|(?<=:/)(?=/)|(?<=www)(?=\.)", re.IGNORECASE)
#: ``:smile:`` and ``:material/home:`` are looked for after Markdown, so that no escape helps; an unseen sign behind the
#: colon does.
_ICON = re.compile(r":(?=[A-Za-z+\-][\w+\-]*(?:/\w+)?:)")
#: Signs that turn the way of reading round until somebody turns it back: what stands behind a name would go with it, and
#: the end of a file's name would read as another one.
_TURNS = str.maketrans("", "", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_OPENING = re.compile(r"^([#>+\-|]|\d+(?=[.)]))")


class Marked(str):
    """Markdown on purpose. Any other text given to this module is taken literally."""

    __slots__ = ()


#: Before the name of a record that has news.
FRESH = "●"


def plain(text: str) -> Marked:
    """Text as it stands, whatever signs it holds, on one line; safe inside Markdown."""
    if isinstance(text, Marked):
        return text
    line = _SPECIAL.sub(r"\\\1", _ICON.sub(":\u2060", " ".join(text.translate(_TURNS).split())))
    line = _ADDRESS.sub(":small[]", line)
    opening = _OPENING.match(line)
    if opening is None:
        return Marked(line)
    # A number is kept from making a list by escaping the dot behind it, any other sign by escaping itself.
    place = opening.end() if opening[0][0].isdigit() else 0
    return Marked(f"{line[:place]}\\{line[place:]}")


def distinct(labels: Mapping[T, str]) -> dict[T, str]:
    """Labels of choices, no two alike: what reads as another one does is followed by what it stands for.

    A browser tells the choices of an input apart by their text, so of two that are alike the wrong one would be taken.
    """
    counted = Counter(labels.values())
    return {value: text if counted[text] == 1 else f"{text} · {value}" for value, text in labels.items()}


def tag(text: str, *, tone: Tone = QUIET, icon: str = "") -> Marked:
    """A small coloured chip for texts, facts and titles; ``icon`` is a Material name such as ``check``."""
    sign = f":material/{icon}: " if icon else ""
    return Marked(f":{tone}-badge[{sign}{plain(text)}]")


def quiet(text: str) -> Marked:
    """Small grey text for the second half of a line."""
    return Marked(f":small[:gray[{plain(text)}]]")


def link(text: str, address: str) -> Marked:
    """A link; only web, mail and telephone addresses and those of this server become one, anything else stays text."""
    if not re.match(r"(https?://|mailto:|tel:|/\w)", address, re.IGNORECASE):
        return plain(text)
    target = re.sub(r"[\s()<>\\]", lambda found: f"%{ord(found[0]):02X}", address)
    return Marked(f"[{plain(text)}]({target})")


def face(name: str) -> tuple[str, str]:
    """The initials of a name and the colour that it always has."""
    words = [word for word in re.split(r"[\s\-]+", name) if word[:1].isalnum()]
    ends = words if len(words) < 2 else [words[0], words[-1]]
    initials = "".join(word[0] for word in ends).upper() or "?"
    return initials, AVATAR_COLOURS[sum(name.encode()) % len(AVATAR_COLOURS)]


def avatar(name: str) -> str:
    """A round picture with the initials of a name, as an address for image columns and headers."""
    initials, colour = face(name)
    # The tint is see-through, so one picture serves light and dark.
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 44 44" width="44" height="44">'
        f'<circle cx="22" cy="22" r="22" fill="{colour}" fill-opacity=".18"/>'
        f'<text x="22" y="28" font-family="system-ui,sans-serif" font-size="16" font-weight="600" '
        f'fill="{colour}" text-anchor="middle">{escape(initials)}</text></svg>'
    )
    return "data:image/svg+xml;base64," + b64encode(drawing.encode()).decode()
