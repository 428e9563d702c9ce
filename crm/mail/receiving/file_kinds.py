"""What a file is by its content, whatever its sender calls it."""

from __future__ import annotations

import puremagic

UNKNOWN, TEXT = "application/octet-stream", "text/plain"
#: Enough for every mark that stands at the beginning of a file.
_HEAD = 65_536


def kind_of(content: bytes, name: str = "", declared: str = "") -> str:
    """The media type that the content shows; what shows none is text where it reads as text, else unknown bytes.

    Name and declared kind only decide between kinds that begin alike, as office files are all archives.
    """
    head = content[:_HEAD]
    try:
        found = [
            match.mime_type
            for match in puremagic.magic_string(head)
            if match.mime_type and match.confidence >= 0.3
        ]
    except (puremagic.PureError, ValueError, IndexError, UnicodeError):
        found = []
    if found:
        return declared if declared in found else found[0]
    if not content or b"\x00" in head:
        return UNKNOWN
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return UNKNOWN
    return declared if declared.startswith("text/") and declared != "text/html" else TEXT
