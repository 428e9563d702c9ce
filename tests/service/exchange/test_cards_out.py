"""Contacts out as vCards come back as they were, and never beyond the scope."""

from datetime import date

import pytest

from crm.errors import NotAllowed
from crm.exchange.asking import wizard
from crm.exchange.cards_out import VERSIONS, export_cards
from crm.exchange.storing.engine import run_import
from crm.work import reading
from tests.factories import make
from tests.rows import all_rows
from tests.service.exchange.import_scene import counts
from tests.service.exchange.test_export_comes_back import STORY
from tests.service.exchange.test_import_beside import bring_in


def cards(actor, version="3.0"):
    with reading(actor) as session:
        return b"".join(export_cards(session, version=version))


@pytest.mark.parametrize("version", VERSIONS)
def test_cards_of_contacts_come_back_and_change_nothing(people, tmp_path, version):
    ada = people["ada"]
    bring_in(ada, tmp_path)
    make(
        ada, "contact", name="José Núñez", first_name="José", last_name="Núñez", email="jose@x.example",
        birth_date=date(1980, 2, 29), notes="one\ntwo; three, four" + " é" * 60, tags=["press", "vip"],
    )  # fmt: skip
    data = cards(ada, version)
    path = tmp_path / "contacts.vcf"
    path.write_bytes(data)
    before = all_rows(without=STORY)

    report = run_import(
        ada, wizard.plan_of(wizard.drafts_of(ada, path.name, path), name="Back"), {path.name: path}
    )

    assert data.count(b"BEGIN:VCARD") == 3
    assert counts(report) == (0, 0, 3, 0), report.steps[0]
    assert all_rows(without=STORY) == before


def test_cards_stay_within_the_scope(people):
    make(people["stan"], "contact", name="North person")
    make(people["sue"], "contact", name="South person")

    assert cards(people["mona"]).count(b"BEGIN:VCARD") == 2
    with pytest.raises(NotAllowed):
        cards(people["stan"])
