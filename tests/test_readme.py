"""README says what is so."""

import re

from tests.counting import README, ROOT, ROW, corrected, functions

TEXT = README.read_text("utf-8")


def test_readme_counts_the_test_functions():
    assert {row["kind"] for row in ROW.finditer(TEXT)} == set(functions())
    assert corrected(TEXT) == TEXT, "make fix brings the numbers up to date"


def test_every_make_command_is_told_by_make_help_and_is_one():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    goals = {*re.findall(r"^([a-z]+):", makefile, re.MULTILINE)} - {"help", "install"}

    assert {*re.findall(r'echo "make (\w+)', makefile)} == goals
    assert {*re.findall(r"`make (\w+)", TEXT)} <= goals
    assert {*re.findall(r"^make (\w+)", TEXT, re.MULTILINE)} <= goals


def test_the_files_that_readme_and_docs_name_exist():
    texts = [README, *(ROOT / "docs").rglob("*.md")]
    named = {
        (page.name, path)
        for page in texts
        for path in re.findall(r"`((?:crm|db|pages|tests|docs)(?:/[\w.]+)+/?)`", page.read_text("utf-8"))
    }

    assert not {(page, path) for page, path in named if not (ROOT / path).exists()}


def test_every_screen_has_its_pictures():
    from crm.ui.frame.routes import sections
    from tests.load.pictures import MODES, OUT, SCREENS

    named = {screen.name for group in sections().values() for screen in group} | set(SCREENS)
    wanted = {f"{name}-{mode}.png" for name in named for mode in MODES}

    assert {path.name for path in OUT.glob("*.png")} == wanted
    assert set(SCREENS) == named
