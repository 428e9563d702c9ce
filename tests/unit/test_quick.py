"""``make quick`` finds the tests that are nearest to what changed."""

import os
import subprocess
import sys

import pytest

from tests.quick import NONE_RAN, ROOT, UNTIL, last_start, nearest


@pytest.mark.parametrize(
    ("changed", "first"),
    [
        ("crm/money.py", "tests/unit/test_money.py"),
        ("crm/service/cases/merge.py", "tests/service/cases/test_cases_merge.py"),  # imported
        ("pages/people.py", "tests/pages/test_people.py"),  # named as a screen
        ("crm/ui/kit/board.js", "tests/unit/test_board.py"),  # read from beside a module
        ("crm/exchange/files/headers.toml", "tests/unit/exchange/test_exchange_mapping.py"),
        ("tests/browser/hands.py", "tests/browser/journeys/test_campaign_journey.py"),
        ("tests/http/conftest.py", "tests/http/test_api.py"),
        ("README.md", "tests/test_readme.py"),
        ("tests/unit/test_quick.py", "tests/unit/test_quick.py"),
    ],
)
def test_a_change_leads_to_its_tests(changed, first):
    assert first in nearest([changed])[:8]


def test_what_nobody_names_has_no_tests():
    assert nearest(["crm/" + "never_was.py"]) == []


def test_near_comes_before_far_and_quick_before_slow():
    found = nearest(["crm/money.py"])

    assert len(found) > 100
    kinds = [name.split("/")[1] for name in found]
    assert kinds.index("unit") < kinds.index("service") < kinds.index("browser")


def test_a_minute_that_is_over_before_the_first_test_is_an_error_and_said():
    command = [sys.executable, "-m", "pytest", "-q", "-n", "1", "-p", "tests.quick", "--noconftest"]

    done = subprocess.run(
        [*command, "tests/unit/test_money.py"],
        cwd=ROOT,
        env={**os.environ, UNTIL: "1"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert NONE_RAN in done.stdout


def test_what_takes_long_begins_earlier_or_not_at_all(monkeypatch):
    monkeypatch.setenv(UNTIL, "100")

    assert last_start("tests/unit/test_money.py::test_a") == 100
    assert last_start("tests/realdata/test_hillstrom.py::test_a") == 90
    assert last_start("tests/browser/board/test_board.py::test_a") == 80
