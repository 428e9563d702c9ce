"""The words of an HTML message, line by line, quotes with ``>`` as in plain text; and of plain text whose lines flow."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

from selectolax.lexbor import LexborHTMLParser

_QUOTES = re.compile(r">*")
#: So much of a page is read; the page itself is kept.
MOST_HTML = 1_000_000
#: A tree that is deeper than this was not written by a mail program.
_DEEPEST = 400
_NO_WORDS = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "svg"})
_BLOCKS = frozenset({
    "p", "div", "tr", "table", "ul", "ol", "li", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article",
    "header", "footer", "address", "hr", "dl", "dt", "dd", "center", "form", "fieldset", "figure", "caption", "body",
})  # fmt: skip
_APART = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"})
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_WEB = re.compile(r"https?://", re.IGNORECASE)
_LONGEST_LINK = 300
_VOID = frozenset(
    {"br", "hr", "img", "input", "meta", "link", "p", "li", "td", "tr", "th", "tbody", "wbr", "col", "area"}
)


def html_to_text(html: str) -> str:
    """What a reader of the page sees as words, without pictures; a link is followed by its address."""
    html = html[:MOST_HTML]
    if _is_too_deep(html):
        return _tidy(unescape(re.sub(r"<[^<>]*>", "\n", html)).split("\n"))
    root = LexborHTMLParser(html).body
    return _tidy(_lines(root)) if root is not None else ""


def _is_too_deep(html: str) -> bool:
    """Whether elements are opened so often without an end that a tree of them would take minutes."""
    open_now: Counter[str] = Counter()
    depth = 0
    for ends, name in _TAG.findall(html):
        tag = name.lower()
        if tag in _VOID or (ends and not open_now[tag]):
            continue
        change = -1 if ends else 1
        open_now[tag] += change
        depth += change
        if depth > _DEEPEST:
            return True
    return False


def _lines(root: object) -> list[str]:
    """Lines as the elements break them, each with a ``> `` for every quote around it."""
    lines: list[str] = [""]
    quotes = 0
    fresh = True

    def end_line(apart: bool = False) -> None:
        nonlocal fresh
        if not fresh:
            lines.append("> " * quotes)
            fresh = True
        if apart and len(lines) > 1 and lines[-2].strip("> "):
            lines.insert(-1, ("> " * quotes).rstrip())
        lines[-1] = "> " * quotes

    stack: list[tuple[object, bool]] = [(root, False)]
    while stack:
        node, is_end = stack.pop()
        tag = node.tag  # type: ignore[attr-defined]
        if is_end and tag == "a":
            lines[-1] += f" <{_leads_to(node)}>"
            continue
        if is_end:
            quotes -= tag == "blockquote"
            end_line(tag in _APART)
            continue
        if tag == "-text":
            said = node.text_content or ""  # type: ignore[attr-defined]
            kept = node.parent is not None and node.parent.tag == "pre"  # type: ignore[attr-defined]
            for at, piece in enumerate(said.split("\n") if kept else [re.sub(r"[ \t\n\r\f]+", " ", said)]):
                if at:
                    lines.append("> " * quotes)
                    fresh = True
                if not kept and fresh:
                    piece = piece.lstrip(" ")
                lines[-1] += piece
                fresh = fresh and not piece
            continue
        if tag in _NO_WORDS or tag.startswith("-"):
            continue
        if tag == "br":
            lines.append("> " * quotes)
            fresh = True
            continue
        if tag in ("td", "th") and not fresh:
            lines[-1] += "  "
        if tag in _BLOCKS:
            end_line(tag in _APART)
            quotes += tag == "blockquote"
            lines[-1] = "> " * quotes
            if tag == "li":
                lines[-1] += "- "
            stack.append((node, True))
        if tag == "a" and not quotes and _leads_to(node):
            stack.append((node, True))
        children = []
        child = node.child  # type: ignore[attr-defined]
        while child is not None:
            children.append((child, False))
            child = child.next
        stack.extend(reversed(children))
    return lines


def _leads_to(node: object) -> str:
    """Where a link leads that does not say so itself: what somebody links to is part of what they say."""
    address = str(node.attributes.get("href") or "").strip()  # type: ignore[attr-defined]
    said = node.text(deep=True).strip().rstrip("/").lower()  # type: ignore[attr-defined]
    if not said or not _WEB.match(address) or re.search(r"[\s<>]", address) or said in address.lower():
        return ""
    return address if len(address) <= _LONGEST_LINK else f"{address[:_LONGEST_LINK]}…"


def _tidy(lines: list[str]) -> str:
    """Without blanks at the end of lines, and with one empty line where there were several."""
    text = "\n".join(line.replace("\xa0", " ").rstrip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def flowed(text: str, *, is_spaced: bool = True) -> str:
    """The paragraphs of a flowing text (RFC 3676) in one line each; where no blanks stand between words the last one goes."""
    made: list[str] = []
    depth, goes_on = 0, False
    for line in text.split("\n"):
        found = _QUOTES.match(line)
        marks = found.end() if found else 0
        # A blank is put before lines that would else look like quotes, or like the "From" of a mail box.
        words = line[marks:].removeprefix(" ") if marks or not line.startswith(" >") else line
        is_signature = words.rstrip() == "--"
        if goes_on and marks == depth and words and not is_signature:
            made[-1] += words
        else:
            made.append(f"{'>' * marks} {words}" if marks else words)
        goes_on, depth = words.endswith(" ") and not is_signature, marks
        if goes_on and not is_spaced:
            made[-1] = made[-1][:-1]
    return "\n".join(line.rstrip() if line.strip() != "--" else line for line in made)
