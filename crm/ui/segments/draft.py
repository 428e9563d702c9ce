"""The rules of a segment while somebody works on them: nodes with a name each, so that their inputs keep their values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crm.campaigns.segments.conditions import MANY, Tree

#: How the conditions of a group are joined, as people choose it.
ALL, ANY, NONE, NOT_ALL = "all", "any", "none", "not_all"
Node = dict[str, Any]


class Draft:
    """A tree of nodes under edit. ``root`` is a group; every node has a ``uid`` that no other node had before."""

    def __init__(self, tree: Tree) -> None:
        self._last = 0
        self.root = self._read(tree or {"all": []})
        if self.root["type"] != "group":
            self.root = self.group(ALL, [self.root])

    def _uid(self) -> str:
        self._last += 1
        return str(self._last)

    def group(self, join: str = ALL, parts: list[Node] | None = None) -> Node:
        """A group of conditions."""
        return {"type": "group", "uid": self._uid(), "join": join, "parts": parts or []}

    def leaf(self, of: str, field: str = "", wanted: str = "", value: Any = None) -> Node:
        """A condition on one field; ``start`` is the value its input begins with."""
        return {
            "type": "leaf",
            "uid": self._uid(),
            "of": of,
            "field": field,
            "is": wanted,
            "value": value,
            "start": value,
        }

    def has(self, of: str, **values: Any) -> Node:
        """A condition on the records that a contact has many of."""
        blank = {"has": "any", "n": 1, "field": "", "value": None, "start": None, "through": "contact"}
        where = values.pop("where", None) or self.group()
        return {"type": "has", "uid": self._uid(), "of": of, **blank, **values, "where": where}

    def _read(self, tree: Tree) -> Node:
        if "not" in tree:
            inner = tree["not"]
            if "any" in inner or "all" in inner:
                join, parts = (NONE, inner["any"]) if "any" in inner else (NOT_ALL, inner["all"])
                return self.group(join, [self._read(part) for part in parts])
            return self.group(NONE, [self._read(inner)])
        for join in (ALL, ANY):
            if join in tree:
                return self.group(join, [self._read(part) for part in tree[join]])
        if "has" in tree:
            where = self._read(tree["where"])
            if where["type"] != "group":
                where = self.group(ALL, [where])
            known = {key: tree[key] for key in ("has", "n", "field", "value", "through") if key in tree}
            return self.has(tree["of"], **known, start=known.get("value"), where=where)
        return self.leaf(tree["of"], tree["field"], tree["is"], tree.get("value"))

    def turned(self, node: Node, of: str) -> None:
        """Make a condition one about another kind of record, in its place."""
        fresh = self.has(of) if of in MANY else self.leaf(of)
        node.clear()
        node.update(fresh)

    def drop(self, uid: str) -> None:
        """Take a node out, with all it holds."""
        for group in self.groups():
            group["parts"] = [part for part in group["parts"] if part["uid"] != uid]

    def nodes(self) -> Iterator[Node]:
        """Every node, outer ones first."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.get("parts", [])
            waiting += [node["where"]] if node["type"] == "has" else []

    def groups(self) -> list[Node]:
        """Every group."""
        return [node for node in self.nodes() if node["type"] == "group"]

    def tree(self) -> tuple[Tree, int]:
        """The rules so far and how many conditions are not finished; those are left out."""
        unfinished = sum(1 for node in self.nodes() if not _is_whole(node))
        return _written(self.root) or {"all": []}, unfinished


def _is_whole(node: Node) -> bool:
    if node["type"] == "leaf":
        return bool(node["field"] and node["is"]) and (
            node["is"] in ("blank", "filled") or node["value"] not in (None, "", [])
        )
    if node["type"] == "has" and node["has"] == "sum":
        return bool(node["field"]) and node["value"] is not None
    return True


def _written(node: Node) -> Tree | None:
    if not _is_whole(node):
        return None
    if node["type"] == "leaf":
        made = {"of": node["of"], "field": node["field"], "is": node["is"]}
        return made if node["is"] in ("blank", "filled") else made | {"value": node["value"]}
    if node["type"] == "has":
        made = {"of": node["of"], "has": node["has"], "through": node["through"]}
        if node["has"] == "at_least":
            made["n"] = int(node["n"])
        if node["has"] == "sum":
            made |= {"field": node["field"], "value": node["value"]}
        return made | {"where": _written(node["where"]) or {"all": []}}
    parts = [tree for part in node["parts"] if (tree := _written(part)) is not None]
    if not parts:
        return None
    if node["join"] in (ALL, ANY):
        return {node["join"]: parts}
    return {"not": {"any" if node["join"] == NONE else "all": parts}}
