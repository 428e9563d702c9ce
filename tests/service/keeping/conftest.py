"""A firm of three contacts that is backed up."""

import pytest

from tests.service.keeping.firm import add


@pytest.fixture
def firm(sqlite_database):
    """A firm of three contacts on SQLite."""
    made = [add(f"Contact {n}") for n in range(3)]
    return [one["id"] for one in made]
