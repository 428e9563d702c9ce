"""Our own export brings everything back: into an empty database as it was, into the same one without a change."""

import random
from pathlib import Path

import pytest

from crm.exchange.asking.wizard import draft_of, files_of, importable, plan_of
from crm.exchange.export import FORMATS, Asked, export_rows
from crm.exchange.leaving.own import called, own_keys, own_names
from crm.exchange.storing.engine import run_import
from crm.records import registry
from crm.work import reading
from tests.service.exchange.exact_scene import differences, emptied, fill, picture


def everything(ada, folder, kind):
    """The files of all kinds of record, archived ones too, as an upload of them would be read."""
    drafts = []
    for about in importable(ada):
        if about.name in ("user", "team"):
            continue
        path = folder / f"{about.name}.{kind}"
        with reading(ada) as session:
            path.write_bytes(b"".join(export_rows(session, about.name, kind, Asked(archived=None))))
        drafts.append(draft_of(ada, path.name, path))
        assert drafts[-1]["entity"] == about.name
    return drafts


def brought_in(ada, drafts):
    """What became of the rows: made, changed, failed and parents made beside them."""
    files = {name: Path(path) for name, path in files_of(drafts).items()}
    steps = run_import(ada, plan_of(drafts, name="Back"), files).steps
    return [
        (s.entity, s.created, s.updated, s.failed, s.parents, s.examples)
        for s in steps
        if s.created or s.updated or s.failed or s.parents
    ]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2])
def test_all_cards_come_back_as_csv_and_as_a_spreadsheet(people, tmp_path, seed):
    ada = people["ada"]
    made = fill(ada, random.Random(seed))
    before = picture()
    files = {kind: everything(ada, tmp_path, kind) for kind in ("csv", "xlsx")}

    assert brought_in(ada, files["csv"]) == []
    assert brought_in(ada, files["xlsx"]) == []
    assert differences(before, picture()) == []
    for kind in ("csv", "xlsx"):
        emptied()
        came = brought_in(ada, files[kind])
        assert [
            (entity, failed, parents) for entity, _c, _u, failed, parents, _e in came if failed or parents
        ] == [], came
        assert differences(before, picture()) == [], kind
    assert sum(map(bool, made.values())) > 25


def test_no_two_columns_of_an_export_are_called_alike():
    for about in registry.entities():
        names = [called(f) for f in about.fields if f.exportable]
        assert len({*names, *own_keys(about), "id"}) == len(own_names(about)) + len(own_keys(about)) + 1, (
            about.name
        )


def test_every_format_has_the_rows_of_the_list(people):
    ada = people["ada"]
    fill(ada, random.Random(3), of_each=2)
    for about in registry.entities():
        for kind in FORMATS:
            with reading(ada) as session:
                assert b"".join(export_rows(session, about.name, kind, Asked()))
