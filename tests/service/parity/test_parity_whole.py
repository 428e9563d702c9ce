"""The proof is whole: each kind of record is sent by every road, or it is said why not."""

import importlib
from pathlib import Path

from crm.records import registry
from crm.records.fields import Kind
from tests.service.parity.roads import EntityRoads, by_api, by_form

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


def test_a_link_to_nowhere_is_told_by_its_number_and_what_would_follow_from_it_is_not_asked_for(people):
    """Also where a rule would put another value in its place: a stage follows from its pipeline, a reason from its stage."""
    offenders = []
    for entity in set(registry.names()) - set(WITHOUT):
        bare = by_form(people["ada"], entity, {}).problems
        for field in registry.entity(entity).fields:
            if field.kind is Kind.LINK and field.importable:
                for road in (by_form, by_api):
                    told = road(people["ada"], entity, {field.name: 999_999}).problems - bare
                    named = [text for name, text in told if name == field.name and " 999999, or " in text]
                    if not (len(told) == len(named) == 1):
                        offenders.append((entity, field.name, road.__name__, sorted(told)))
    assert not offenders
