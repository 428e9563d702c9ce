"""The proof is whole: each kind of record is sent by every road, or it is said why not."""

import importlib
from pathlib import Path

from crm.records import registry
from tests.service.parity.roads import EntityRoads

#: Kinds of record without such a class, and why.
WITHOUT = {"user": "kept on the screen People, with role and password; see test_parity_users.py"}


def classes():
    for path in sorted(Path(__file__).parent.glob("test_parity_*.py")):
        module = importlib.import_module(f"tests.service.parity.{path.stem}")
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, EntityRoads) and thing.entity:
                yield thing


def test_every_kind_of_record_is_sent_by_every_road():
    assert {thing.entity for thing in classes()} | set(WITHOUT) == set(registry.names())


def test_every_kind_of_record_has_rows_that_are_stored_and_rows_that_are_refused():
    assert not [thing.entity for thing in classes() if not thing.good or not thing.bad]
