"""What a network takes, how long a post is there, and what follows from a post's own values. No database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from crm.i18n import N_, _

#: Characters that a post of each network may have; 0 where the network sets no limit of its own.
LIMITS = {"facebook": 63_206, "instagram": 2_200, "x": 280, "linkedin": 3_000, "web": 0}
MOST_HASHTAGS = {"instagram": 30}
#: X counts every address as so many characters, however long it is.
X_ADDRESS = 23
METRICS = ("reach", "impressions", "engaged", "clicks", "likes", "comments", "shares", "interactions")
WEEKDAYS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip
KINDS = {
    "text": N_("Text"), "photo": N_("Photo"), "video": N_("Video"), "link": N_("Link"), "status": N_("Status"),
    "story": N_("Story"),
}  # fmt: skip
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_HASHTAG = re.compile(r"(?<![\w&/])#\w*[^\W\d_]\w*")
#: Ranges of characters that X counts once; every other one counts twice.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_JOINER, _PICTURE = 0x200D, 0xFE0F
_SKIN, _FLAGS = range(0x1F3FB, 0x1F400), range(0x1F1E6, 0x1F200)


@dataclass(frozen=True, slots=True)
class Length:
    """How long a post is on one network; ``most`` is 0 where nothing limits it."""

    network: str
    used: int
    most: int
    hashtags: int
    most_hashtags: int

    @property
    def fits(self) -> bool:
        """True when the network takes the post."""
        return not (self.most and self.used > self.most) and not (
            self.most_hashtags and self.hashtags > self.most_hashtags
        )


def full_text(body: str | None, link: str | None) -> str:
    """A post as it goes out: its text, and its link below unless the text has it already."""
    text = (body or "").strip()
    if link and link not in text:
        text = f"{text}\n{link}" if text else link
    return text


def length_on(network: str, text: str) -> Length:
    """How long a text is on a network, by the way that the network counts.

    Notes
    -----
    X counts the text in composed form (NFC): addresses as 23, Latin and most European letters as 1, all others and
    each emoji as 2, however many characters it is made of (the weighted count of its own library, configuration 3).
    The others count characters.
    """
    used = _weighted(text) if network == "x" else len(text)
    hashtags = len(_HASHTAG.findall(text))
    return Length(network, used, LIMITS.get(network, 0), hashtags, MOST_HASHTAGS.get(network, 0))


def _weighted(text: str) -> int:
    composed = unicodedata.normalize("NFC", text)
    addresses = len(_ADDRESS.findall(composed))
    weight, joined, flag, after_picture = 0, False, False, False
    for sign in _ADDRESS.sub("", composed):
        point = ord(sign)
        if point == _JOINER and after_picture:
            joined = True
            continue
        if point == _PICTURE or point in _SKIN:
            continue
        if joined or (point in _FLAGS and flag):
            # Part of the emoji before: a family, a profession, the second letter of a flag.
            joined = flag = False
            continue
        flag = point in _FLAGS
        is_light = any(low <= point <= high for low, high in _LIGHT)
        after_picture = not is_light and (point >= 0x1F000 or unicodedata.category(sign) == "So")
        weight += 1 if is_light else 2
    return weight + X_ADDRESS * addresses


def too_long(length: Length, name: str) -> str:
    """Why a network would not take a post, or nothing."""
    if length.most and length.used > length.most:
        text = _("{network} takes {most:,} characters; this post has {n:,}. Shorten it by {over:,}.")
        over = length.used - length.most
        return text.format(network=name, most=length.most, n=length.used, over=over)
    if length.most_hashtags and length.hashtags > length.most_hashtags:
        text = _("{network} takes {most} hashtags; this post has {n}. Take some out.")
        return text.format(network=name, most=length.most_hashtags, n=length.hashtags)
    return ""


def clock_of(moment: datetime, zone: tzinfo) -> tuple[int, int]:
    """Weekday (1 Monday to 7 Sunday) and hour of a moment as the firm's clocks show it."""
    local = moment.astimezone(zone)
    return local.isoweekday(), local.hour


def named(row: Mapping[str, Any], zone: tzinfo) -> str:
    """A name for a post that was given none: the beginning of its text, else its kind and when it appeared."""
    moment = row.get("published_at")
    kind = _(KINDS.get(str(row.get("kind")), KINDS["text"]))
    if body := " ".join(str(row.get("body") or "").split()):
        return body if len(body) <= 80 else f"{body[:79]}…"
    if moment is not None:
        return f"{kind}, {moment.astimezone(zone):%Y-%m-%d %H:%M}"
    day, hour = row.get("weekday"), row.get("hour")
    when = [_(WEEKDAYS[day - 1])] if isinstance(day, int) and 1 <= day <= 7 else []
    when += [f"{hour}:00"] if isinstance(hour, int) else []
    return ", ".join([kind, " ".join(when)]) if when else kind
