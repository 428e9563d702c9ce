"""Markdown as a message shows it: simple HTML that every mail program draws, and the same words as plain text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

#: Mail programs drop style sheets, so each element carries its own style; colours come from the frame and follow its mode.
_STYLES = {
    "p": "margin:0 0 16px",
    "h1": "margin:0 0 16px;font-size:24px;line-height:1.25",
    "h2": "margin:24px 0 12px;font-size:19px;line-height:1.3",
    "h3": "margin:20px 0 8px;font-size:16px",
    "ul": "margin:0 0 16px;padding-left:22px",
    "ol": "margin:0 0 16px;padding-left:22px",
    "li": "margin:0 0 6px",
    "blockquote": "margin:0 0 16px;padding-left:14px;border-left:3px solid #b9b4aa",
    "hr": "margin:24px 0;border:0;border-top:1px solid #b9b4aa",
    "img": "max-width:100%;height:auto;border:0",
}
_BUTTON = (
    "display:inline-block;padding:12px 22px;border-radius:8px;background:#3654d9;color:#ffffff;"
    "text-decoration:none;font-weight:600"
)
Follow = Callable[[str], str]


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True})


def parse(source: str, follow: Follow | None = None) -> list[Token]:
    """The tokens of a text, links passed through ``follow``; raw HTML in it stays visible as text."""
    tokens = _parser().parse(source)
    for token in tokens:
        _dress(token)
        for child in token.children or ():
            _dress(child)
            if child.type == "link_open" and follow is not None:
                address = str(child.attrGet("href") or "")
                if address.startswith(("http://", "https://")):
                    child.attrSet("href", follow(address))
        _as_button(token.children or [])
    return tokens


def _dress(token: Token) -> None:
    if token.nesting >= 0 and token.tag in _STYLES:
        token.attrSet("style", _STYLES[token.tag])


def _as_button(children: Sequence[Token]) -> None:
    """A bold link that stands alone in its paragraph is drawn as a button."""
    said = [t for t in children if not (t.type == "text" and not t.content.strip())]
    kinds = [t.type for t in said]
    is_bold_link = kinds[:2] == ["strong_open", "link_open"] and kinds[-2:] == ["link_close", "strong_close"]
    if is_bold_link and kinds.count("link_open") == 1:
        said[1].attrSet("style", _BUTTON)


def as_html(tokens: Sequence[Token]) -> str:
    """The body's HTML, without the frame around it."""
    parser = _parser()
    return str(parser.renderer.render(tokens, parser.options, {}))


def as_text(tokens: Sequence[Token]) -> str:
    """The same words for readers without HTML: links with their addresses, lists with marks."""
    blocks: list[str] = []
    lists: list[int | None] = []
    prefix = ""
    quotes = 0
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                prefix, lists = _mark(lists)
            case "blockquote_open":
                quotes += 1
            case "blockquote_close":
                quotes -= 1
            case "hr":
                blocks.append("-" * 40)
            case "inline" | "fence" | "code_block":
                text = _words(token.children) if token.children is not None else token.content.rstrip()
                hang = "  " * len(lists)
                lines = (prefix or hang) + text.replace("\n", "\n" + hang)
                blocks.append("\n".join("> " * quotes + line for line in lines.split("\n")))
                prefix = ""
            case _:
                continue
    return _joined(blocks) + "\n"


def _mark(lists: list[int | None]) -> tuple[str, list[int | None]]:
    """What stands before the item that begins, and the lists with its number used up."""
    *outer, number = lists
    indent = "  " * len(outer)
    return (f"{indent}- ", lists) if number is None else (f"{indent}{number}. ", [*outer, number + 1])


def _joined(blocks: Sequence[str]) -> str:
    """Items of a list stand on lines of their own, everything else with an empty line between."""
    parts: list[str] = []
    for before, block in zip(["", *blocks], blocks, strict=False):
        both_items = _is_item(before) and _is_item(block)
        parts.append(("" if not parts else "\n" if both_items else "\n\n") + block)
    return "".join(parts)


def _is_item(block: str) -> bool:
    first = block.strip().split(" ", 1)[0]
    return first == "-" or (first.endswith(".") and first[:-1].isdigit())


def _words(children: Sequence[Token]) -> str:
    parts: list[str] = []
    address, said = "", 0
    for child in children:
        match child.type:
            case "text" | "code_inline" | "html_inline":
                parts.append(child.content)
            case "softbreak" | "hardbreak":
                parts.append("\n")
            case "image":
                parts.append(child.content)
            case "link_open":
                address, said = str(child.attrGet("href") or ""), len(parts)
            case "link_close":
                label = "".join(parts[said:]).strip()
                shown = address.removeprefix("mailto:")
                del parts[said:]
                # A label that is an address itself would stand there twice, once as where it leads.
                is_address = not label or label == shown or label.startswith(("http://", "https://"))
                parts.append(shown if is_address else f"{label}: {shown}")
            case _:
                continue
    return "".join(parts).strip()


def frame(body: str, *, title: str, preheader: str = "", footer: str = "", language: str = "en") -> str:
    """A whole message around a body: one column of 600 px, readable on a phone, in light and in dark."""
    hidden = (
        f'<div style="display:none;max-height:0;overflow:hidden;opacity:0">{escape(preheader)}</div>'
        if preheader
        else ""
    )
    foot = (
        f'<div style="margin-top:32px;padding-top:14px;border-top:1px solid #b9b4aa;font-size:13px;opacity:.75">{footer}</div>'
        if footer
        else ""
    )
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="supported-color-schemes" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>:root{{color-scheme:light dark}}"
        "body{background:#ffffff;color:#1a1815}a{color:#2c45b5}"
        "@media (prefers-color-scheme:dark){body{background:#131312!important;color:#eceae5!important}"
        "a{color:#a5b6ff}}</style>\n</head>\n"
        f'<body style="margin:0;padding:0">{hidden}\n'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">\n'
        '<div style="max-width:600px;padding:24px 18px;text-align:left;overflow-wrap:anywhere;'
        "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5\">\n"
        f"{body}{foot}\n</div>\n</td></tr></table>\n</body>\n</html>\n"
    )
