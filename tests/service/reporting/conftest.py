"""The sample company, counted a second time by statements of the tests' own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.reporting import sample_firm


@pytest.fixture(scope="module")
def firm(sqlite_template: Path) -> Iterator[None]:
    """The small sample company as of 30 November 2026, in force for all tests of a module; they only read it."""
    with sample_firm.sample_firm(sqlite_template):
        yield
