"""What a message template may do: show fields, choose between words. Everything else is refused before it runs.

A template is read into its syntax tree and measured there. Nothing in it is compiled, and so nothing is folded or
computed, before every node is one of the few that cost no more than their own length: no calls, no arithmetic, no
loops but over a contact's tags, no assignments, no other templates. What is left ends by itself, soon.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from crm.i18n import N_, _

#: What a template may show, with what it is for people. A group without fields is shown by its own name.
FIELDS: dict[str, dict[str, str]] = {
    "contact": {
        "name": N_("Full name"),
        "first_name": N_("First name"),
        "last_name": N_("Last name"),
        "email": N_("E-mail"),
        "phone": N_("Phone"),
        "job_title": N_("Job title"),
        "city": N_("City"),
        "region": N_("Region"),
        "country": N_("Country"),
        "number": N_("Number"),
        "segment": N_("Segment"),
        "tags": N_("Tags, for a loop or join"),
    },
    "organisation": {
        "name": N_("Name of the contact's company"),
        "city": N_("City"),
        "country": N_("Country"),
        "sector": N_("Sector"),
        "website": N_("Website"),
    },
    "campaign": {
        "name": N_("Name"),
        "number": N_("Number"),
        "goal": N_("Goal"),
        "starts_on": N_("First day"),
        "ends_on": N_("Last day"),
    },
    "offer": {},
    "sender": {"name": N_("Owner of the campaign"), "email": N_("E-mail"), "job_title": N_("Job title")},
    "firm": {"name": N_("Your company's name")},
}
#: The same of a reply on a case, whose texts are named so instead of subject, preheader and body.
REPLY = "reply"
REPLY_FIELDS: dict[str, dict[str, str]] = {
    "case": {"number": N_("Number"), "subject": N_("Subject")},
    **{group: FIELDS[group] for group in ("contact", "organisation", "firm")},
    "sender": {"name": N_("Who answers"), "email": N_("E-mail"), "job_title": N_("Job title")},
}
_known: ContextVar[dict[str, dict[str, str]]] = ContextVar("known", default=FIELDS)


def _fields(field: str) -> dict[str, dict[str, str]]:
    return REPLY_FIELDS if field == REPLY else FIELDS


#: The one field that holds several values.
LISTS = frozenset({("contact", "tags")})
FILTERS = frozenset(
    {"default", "d", "upper", "lower", "capitalize", "title", "trim", "urlencode", "join", "first", "last"}
)

MOST_NODES, DEEPEST, LONGEST_OUTPUT, LONGEST_VALUE = 3000, 25, 200_000, 4000

_PLAIN = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.If, nodes.CondExpr, nodes.Not, nodes.And,
    nodes.Or, nodes.Compare, nodes.Operand, nodes.Concat,
)  # fmt: skip
_REFUSED: tuple[tuple[tuple[type[nodes.Node], ...], str], ...] = (
    ((nodes.Call, nodes.CallBlock), N_("A template calls nothing: “{what}(…)” is not allowed.")),
    ((nodes.BinExpr, nodes.UnaryExpr), N_("A template does not calculate. Write the result instead.")),
    ((nodes.Assign, nodes.AssignBlock), N_("A template sets no names of its own: take {% set %} out.")),
    (
        (nodes.Macro, nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block),
        N_("A template stands alone: macros, blocks and other templates are not allowed."),
    ),
    (
        (nodes.List, nodes.Tuple, nodes.Dict),
        N_("A template makes no lists of its own. Loops go over contact.tags."),
    ),
    (
        (nodes.Getitem, nodes.Slice),
        N_("Write fields with a dot, as contact.first_name; square brackets are not allowed."),
    ),
)


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """One complaint: in which field (subject, preheader, body), on which line of it, and what to do."""

    field: str
    line: int
    message: str


class Unusable(Exception):
    """The template breaks a rule; ``problems`` lists every complaint."""

    def __init__(self, problems: list[TemplateProblem]) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


def _default(value: Any, instead: Any = "", _boolean: bool = True) -> Any:
    return value or instead


def in_markdown(value: Any) -> str:
    """A value as Markdown shows it: whatever stands in a field is words, never a heading, a link or code."""
    lines = [re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", line.strip()) for line in str(value).splitlines()]
    return "\\\n".join(line for line in lines if line)


def _environment(finalize: Callable[[Any], str] | None) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,
        finalize=finalize,
        keep_trailing_newline=True,
        optimized=False,
    )
    environment.globals.clear()
    environment.filters = {n: f for n, f in environment.filters.items() if n in FILTERS}
    environment.filters |= {"default": _default, "d": _default}
    environment.tests = {}
    return environment


_ENVIRONMENT, _MARKDOWN = _environment(None), _environment(in_markdown)


def problems_of(field: str, source: str) -> list[TemplateProblem]:
    """Every complaint about one text of a template, by line; empty when it may be used."""
    try:
        tree = _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        return [TemplateProblem(field, error.lineno, _syntax(error))]
    except RecursionError:
        return [TemplateProblem(field, 1, _("This is nested too deeply. Make it simpler."))]
    _known.set(_fields(field))
    found: list[TemplateProblem] = []
    for count, (node, depth, loops) in enumerate(_walk(tree)):
        if count >= MOST_NODES:
            found.append(TemplateProblem(field, 1, _("This holds too many fields and conditions.")))
        elif depth > DEEPEST:
            found.append(
                TemplateProblem(field, _line(node), _("This is nested too deeply. Make it simpler."))
            )
        elif message := _complaint(node, loops):
            found.append(TemplateProblem(field, _line(node), message))
            continue
        else:
            continue
        break
    unique = dict.fromkeys(sorted(found, key=lambda p: p.line))
    return list(unique)


def _syntax(error: TemplateSyntaxError) -> str:
    said = (error.message or "").rstrip(".")
    return _("This cannot be read: {reason}.").format(reason=said)


def _walk(tree: nodes.Template) -> Iterator[tuple[nodes.Node, int, dict[str, tuple[str, str]]]]:
    """Every node but the fields inside a refused one, with its depth and the loop names that hold there."""
    stack: list[tuple[nodes.Node, int, dict[str, tuple[str, str]]]] = [(tree, 0, {})]
    while stack:
        node, depth, loops = stack.pop()
        yield node, depth, loops
        if _complaint(node, loops) or isinstance(node, nodes.Getattr):
            continue
        inner = loops
        if isinstance(node, nodes.For):
            assert isinstance(node.target, nodes.Name)
            inner = {**loops, node.target.name: _field_of(node.iter) or ("", "")}
            stack.extend((child, depth + 1, inner) for child in reversed((*node.body, *node.else_)))
            continue
        stack.extend((child, depth + 1, inner) for child in reversed([*node.iter_child_nodes()]))


def _field_of(node: nodes.Node) -> tuple[str, str] | None:
    """Group and field of ``group.field``."""
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return node.node.name, node.attr
    return None


def _line(node: nodes.Node) -> int:
    # Some nodes carry no line; the stub knows only those that do.
    return getattr(node, "lineno", None) or 1


def _complaint(node: nodes.Node, loops: Mapping[str, tuple[str, str]]) -> str:
    if isinstance(node, _PLAIN):
        return ""
    if isinstance(node, nodes.Getattr):
        return _unknown_field(node, loops)
    if isinstance(node, nodes.Name):
        return _unknown_name(node.name, loops)
    if isinstance(node, nodes.Filter):
        return _wrong_filter(node)
    if isinstance(node, nodes.Test):
        return _("“is {name}” is not known here. Write {{% if contact.city %}}.").format(name=node.name)
    if isinstance(node, nodes.For):
        return _wrong_loop(node, loops)
    for kinds, message in _REFUSED:
        if isinstance(node, kinds):
            called = getattr(node, "node", None)
            name = getattr(called, "name", None) or getattr(called, "attr", None) or "…"
            # The sentence may hold {% set %}, so it is filled by hand.
            return _(message).replace("{what}", str(name))
    return _("This is not allowed in a template.")


def _unknown_field(node: nodes.Getattr, loops: Mapping[str, tuple[str, str]]) -> str:
    found = _field_of(node)
    if found is None or found[0] in loops:
        return _("Only fields can be shown, as contact.first_name; nothing inside them.")
    group, field = found
    if group not in _known.get():
        return _unknown_name(group, loops)
    if field in _known.get()[group]:
        return ""
    near = get_close_matches(field, _known.get()[group], n=1, cutoff=0.5)
    if near:
        said = _("There is no field “{group}.{field}”. Did you mean “{group}.{near}”?")
        return said.format(group=group, field=field, near=near[0])
    if not _known.get()[group]:
        return _("“{group}” is a text and has no fields. Write {{{{ {group} }}}}.").format(group=group)
    said = _("There is no field “{group}.{field}”. {group} has: {known}.")
    return said.format(group=group, field=field, known=", ".join(_known.get()[group]))


def _unknown_name(name: str, loops: Mapping[str, tuple[str, str]]) -> str:
    if name in loops or _known.get().get(name) == {}:
        return ""
    if name in _known.get():
        example = next(iter(_known.get()[name]))
        said = _("“{group}” is a group of fields. Choose one, as {group}.{example}.")
        return said.format(group=name, example=example)
    near = get_close_matches(name, _known.get(), n=1, cutoff=0.6)
    if near:
        return _("“{name}” is not known. Did you mean “{near}”?").format(name=name, near=near[0])
    return _("“{name}” is not known. A template can show: {known}.").format(
        name=name, known=", ".join(_known.get())
    )


def _wrong_filter(node: nodes.Filter) -> str:
    if node.name not in FILTERS:
        said = _("“|{name}” is not known here. There are: {known}.")
        return said.format(name=node.name, known=", ".join(sorted(FILTERS)))
    is_list = node.node is not None and _field_of(node.node) in LISTS
    if node.name in ("join", "first", "last") and not is_list:
        return _("“|{name}” works on contact.tags only.").format(name=node.name)
    if node.name == "join" and any(not isinstance(a, nodes.Const) for a in node.args):
        return _('Join with a fixed text, as contact.tags | join(", ").')
    return ""


def _wrong_loop(node: nodes.For, loops: Mapping[str, tuple[str, str]]) -> str:
    if loops:
        return _("A loop inside a loop is not allowed.")
    if _field_of(node.iter) not in LISTS or not isinstance(node.target, nodes.Name):
        return _("A loop goes over contact.tags, as {% for tag in contact.tags %}, and nothing else.")
    if node.recursive or node.test is not None:
        return _("A loop has no conditions of its own. Put an {% if %} inside.")
    if node.target.name in _known.get():
        return _("Choose another name for the loop: “{name}” is taken.").replace("{name}", node.target.name)
    return ""


@lru_cache(maxsize=256)
def _compiled(field: str, source: str, markdown: bool) -> Template:
    if found := problems_of(field, source):
        raise Unusable(found)
    return (_MARKDOWN if markdown else _ENVIRONMENT).from_string(source)


def fill(field: str, source: str, values: Mapping[str, Any], *, markdown: bool = False) -> str:
    """The text with its fields filled in; missing values are empty.

    Parameters
    ----------
    markdown : bool
        The text is Markdown, so that the values must be escaped in it.
    values : mapping
        For each group of ``FIELDS`` a dict of its fields, or a text for a group without fields.

    Raises
    ------
    Unusable
        The template breaks a rule, or grows past ``LONGEST_OUTPUT`` characters.
    """
    parts: list[str] = []
    size = 0
    for part in _compiled(field, source, markdown).generate(**_bounded(values, _fields(field))):
        parts.append(part)
        size += len(part)
        if size > LONGEST_OUTPUT:
            raise Unusable([TemplateProblem(field, 1, _("The message gets too long. Shorten the text."))])
    return "".join(parts)


def _bounded(values: Mapping[str, Any], known: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Only what is listed in ``FIELDS``, as plain texts of bounded length; whatever is missing is empty."""
    return {
        group: {name: _plain((values.get(group) or {}).get(name)) for name in fields}
        if fields
        else _plain(values.get(group))
        for group, fields in known.items()
    }


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return [str(v)[:200] for v in value[:50]]
    # A subclass of str may bring behaviour along; join makes a plain one.
    return "".join(str(value)[:LONGEST_VALUE])
