"""How many tests there are, as README says it: functions, whatever number of values and databases each runs with.

``python -m tests.counting`` writes the numbers into README, as ``make fix`` does.
"""

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
#: A row of README's table: kind, what it proves, how many.
ROW = re.compile(r"^(\| (?P<kind>\w+) \| [^|]+ \| )(?P<number>[\d,]+)( \|)", re.MULTILINE)
ALL = re.compile(r"^(?P<number>[\d,]+)( test functions in all)", re.MULTILINE)


def functions() -> Counter[str]:
    """Test functions by kind: the folder below ``tests``, or "house" for what lies beside them."""
    found: Counter[str] = Counter()
    for path in (ROOT / "tests").rglob("*.py"):
        folder, *rest = path.relative_to(ROOT / "tests").parts
        if folder != "load":
            tree = ast.parse(path.read_text("utf-8"))
            scopes = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]
            found[folder if rest else "house"] += sum(
                isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
                for scope in scopes
                for node in scope.body
            )
    return +found


def corrected(text: str) -> str:
    """README with the numbers as they are."""
    found = functions()
    text = ROW.sub(lambda row: f"{row[1]}{found[row['kind']]:,}{row[4]}", text)
    return ALL.sub(lambda line: f"{found.total():,}{line[2]}", text)


if __name__ == "__main__":
    README.write_text(corrected(README.read_text("utf-8")), "utf-8")
