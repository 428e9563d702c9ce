"""No pattern takes long over a text that somebody outside chose: every one of the house, on fifty thousand signs of what
it likes least.
"""

import ast
import contextlib
import importlib
import re
import re._parser as parser
import signal
import time
from functools import cache
from itertools import product
from pathlib import Path

import pandas as pd
import pytest

from crm.errors import Bad, Refused
from crm.exchange.files.reading import read_table
from crm.exchange.values.values import convert
from crm.records.checks import check_value
from crm.records.fields import Choice, Field, Kind

ROOT = Path(__file__).parents[3]
FILES = sorted(path for top in ("crm", "db", "pages") for path in (ROOT / top).rglob("*.py"))
SIZE = 50_000
#: Processor time for one search through a text of that size. What grows with the square of the text takes ten times this.
LIMIT = 0.4
FILL = (
    "a",
    "A",
    "1",
    "@",
    "<",
    " ",
    "\n",
    ".",
    "-",
    ",",
    '"',
    "'",
    "/",
    "é",
    "a.",
    "1.",
    "a@",
    "a ",
    "1 ",
    " a",
    "\n ",
    "a-",
)
DOING = {"match", "fullmatch"}


class TooLong(Exception):
    """The pattern was still busy after several times the limit."""


@cache
def source(path):
    return path.read_text("utf-8")


def methods(name):
    """What is done with a compiled pattern of this name, wherever; all of it when that cannot be read."""
    used = re.compile(rf"\b{re.escape(name)}\.(\w+)")
    texts = (source(path) for path in FILES)
    return {method for text in texts if f"{name}." in text for method in used.findall(text)} or {"search"}


def in_source():
    """Patterns that a call of ``re`` names in full."""
    for path in FILES:
        for node in ast.walk(ast.parse(source(path))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "re"
                and node.func.attr not in ("escape", "compile")
                and isinstance(node.args[0], ast.Constant)
            ):
                flags = [word.value for word in node.keywords if word.arg == "flags"] + node.args[
                    3 if node.func.attr in ("sub", "subn", "split") else 2 :
                ]
                flag = eval(ast.unparse(flags[0]), {"re": re}) if flags else 0  # noqa: S307 - our own source
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                yield where, re.compile(node.args[0].value, flag), {node.func.attr}


def in_modules():
    """Patterns that a module keeps, also within its tables."""
    seen: set[tuple[str | bytes, int]] = set()
    for path in FILES:
        if (
            path.parts[len(ROOT.parts)] == "pages"
            or "migrations" in path.parts
            or path.name in ("__main__.py", "shell.py")
        ):
            continue
        dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for name, value in list(vars(importlib.import_module(dotted)).items()):
            for one in _patterns(value):
                if (one.pattern, one.flags) not in seen:
                    seen.add((one.pattern, one.flags))
                    yield f"{dotted}.{name}", one, methods(name) if one is value else {"search"}


def _patterns(value):
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from _patterns([*value, *value.values()])
    elif isinstance(value, (list, tuple, set, frozenset)) and len(value) < 500:
        for one in value:
            yield from _patterns(one)


def pieces(pattern):
    """The literal words of a pattern, longest first."""
    found, word = [], []

    def walk(parsed):
        for op, args in parsed:
            if op is parser.LITERAL:
                word.append(chr(args))
                continue
            if word:
                found.append("".join(word))
                word.clear()
            for one in args if isinstance(args, (tuple, list)) else (args,):
                if isinstance(one, parser.SubPattern):
                    walk(one)
                elif isinstance(one, list):
                    for branch in one:
                        if isinstance(branch, parser.SubPattern):
                            walk(branch)
            if word:
                found.append("".join(word))
                word.clear()

    walk(parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE))
    if word:
        found.append("".join(word))
    return sorted(set(found), key=len, reverse=True)[:3]


def inputs(pattern):
    own = pieces(pattern)
    yield from (text * (SIZE // len(text)) for text in (*FILL, *own))
    for piece, fill in product(own, FILL[:11]):
        yield piece + fill * ((SIZE - len(piece)) // len(fill))


def slowest(pattern, done):
    """The longest processor time that the pattern took, and the text that it took it for."""
    calls = [
        getattr(pattern, m if m in (*DOING, "split", "findall", "finditer", "search") else "findall")
        for m in (done & DOING or {"findall"})
    ]
    worst, text = 0.0, ""

    def ring(*_):
        raise TooLong

    before = signal.signal(signal.SIGVTALRM, ring)

    def took(call, text):
        told = text if isinstance(pattern.pattern, str) else text.encode()
        began = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, 2 * LIMIT)
        try:
            call(told)
        except TooLong:
            return 2 * LIMIT
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        return time.process_time() - began

    try:
        for call in calls:
            # What a tenth of the length likes least is tried in full.
            tenths = sorted(inputs(pattern), key=lambda given: took(call, given[: SIZE // 10] + "\0"))
            for given in tenths[-3:]:
                if (now := took(call, given + "\0")) > worst:
                    worst, text = now, given[:20]
    finally:
        signal.signal(signal.SIGVTALRM, before)
    return worst, text


#: Patterns whose text is cut before they see it, and to how many signs.
CUT = {
    "crm.exchange.values.numbers._NUMBER": "crm.exchange.values.numbers._LONGEST",
}
#: Patterns over the text of mails, until what folds and judges it is written anew.
KNOWN = {"crm.mail.receiving.bounce_rules"}


def test_no_pattern_takes_long():
    found = [one for one in (*in_source(), *in_modules()) if one[0] not in CUT]
    assert len(found) > 100, "the walk finds too few patterns"

    slow = {where: slowest(pattern, done) for where, pattern, done in found}
    slow = {where: told for where, told in slow.items() if told[0] > LIMIT}

    by_mail = {where for where in slow if where.replace("/", ".").startswith(tuple(KNOWN))}
    assert {where: told for where, told in slow.items() if where not in by_mail} == {}


@pytest.mark.parametrize("place", sorted(CUT.values()))
def test_a_cut_is_short(place):
    module, _dot, name = place.rpartition(".")

    assert getattr(importlib.import_module(module), name) <= 200


WORST = [fill * (SIZE // len(fill)) for fill in FILL] + [
    "<" + "@" * SIZE, "a@" + "a." * (SIZE // 2), "a" * SIZE + "@example.com", "http://" + "a." * SIZE, "+" + "1 " * (SIZE // 2),
]  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.LINK])
def test_no_cell_and_no_value_of_a_request_takes_long(kind):
    about = Field("f", "Field", kind, choices=(Choice("a", "A"),))

    for text in WORST:
        began = time.process_time()
        convert(about, pd.Series([text.strip(), "a"], dtype="str"))
        with contextlib.suppress(Bad):
            check_value(about, text)
        assert time.process_time() - began < LIMIT, text[:20]


def test_no_file_takes_long_to_be_looked_through():
    for text in WORST:
        for whole in (text, f"Name,Town\n{text},x\n", f'Name;Town\n"{text}";x\n'):
            began = time.process_time()
            with contextlib.suppress(Refused):
                read_table(whole.encode(), name="x.csv")
            assert time.process_time() - began < 5 * LIMIT, text[:20]
