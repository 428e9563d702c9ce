"""The first hour of a firm: the list that ticks itself, and the way from the sample company to the own start."""

import pytest

from crm.access import setup, sign_in
from crm.access.actors import find_actor_by_email
from crm.access.users import add_user
from crm.errors import NotAllowed, Refused
from crm.firm.firm import firm, put_setting, set_firm
from crm.firm.first_hour import first_hour, put_away, saw_dashboard
from crm.records.records import create_record
from crm.sample.leave import start_for_real
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Contact, User

PASSWORD = "blue teapot sings"
ANA = setup.FirstPerson("Ana Kos", "ana@kavarna.si", PASSWORD, firm="Kavarna", country="SI")


def steps():
    with reading(SYSTEM) as session:
        return first_hour(session)


def done():
    return [name for name, is_done in (steps() or {}).items() if is_done]


def test_each_step_ticks_itself(database):
    setup.start_empty(ANA)
    assert done() == ["firm"]
    ana = find_actor_by_email("ana@kavarna.si")

    with unit_of_work(ana) as work:
        create_record(work, "contact", {"last_name": "Novak"})
        add_user(work, email="bo@kavarna.si", name="Bo", role="staff")
        saw_dashboard(work)
    assert done() == ["firm", "contact", "colleague", "dashboard"]

    with unit_of_work(SYSTEM) as work:
        put_away(work)
    assert steps() is None


@pytest.fixture
def sample(database, tmp_path, monkeypatch):
    """A firm that says it is the sample: Maren administers by a click, Bo has a password of his own."""
    monkeypatch.chdir(tmp_path)
    with unit_of_work(SYSTEM) as work:
        set_firm(work, name="Brew & Berg", currency="EUR", is_sample=True)
        put_setting(work, "sample", {"seed": 1})
        add_user(work, email="maren@example.com", name="Maren", role="administrator")
        add_user(work, email="bo@kavarna.si", name="Bo Dahl", role="staff", password="grey lantern walks")
        create_record(work, "contact", {"last_name": "Invented"})
    return find_actor_by_email("maren@example.com")


def test_the_sample_goes_after_a_backup_and_colleagues_stay(sample, tmp_path):
    where = start_for_real(sample, ANA, keep_people=True)

    assert (tmp_path / "backups") in (tmp_path / where).parents
    with reading(SYSTEM) as session:
        known = firm(session)
        assert (known.name, known.currency, known.is_sample) == ("Kavarna", "EUR", False)
        assert session.query(Contact).count() == 0
        assert {user.email for user in session.query(User)} == {"ana@kavarna.si", "bo@kavarna.si"}
    assert sign_in.sign_in(email="ana@kavarna.si", password=PASSWORD, address="192.0.2.7")
    assert sign_in.sign_in(email="bo@kavarna.si", password="grey lantern walks", address="192.0.2.7")
    assert sign_in.sample_people() == []
    assert done() == ["firm", "colleague"]


def test_nothing_goes_where_something_is_wrong(sample):
    staff = find_actor_by_email("bo@kavarna.si")
    with pytest.raises(NotAllowed):
        start_for_real(staff, ANA)
    with pytest.raises(Refused):
        start_for_real(sample, setup.FirstPerson("Ana", "ana@kavarna.si", "short", country="SI"))

    with reading(SYSTEM) as session:
        assert session.query(Contact).count() == 1
    with unit_of_work(SYSTEM) as work:
        put_setting(work, "sample", {})
        set_firm(work, name="Kavarna", currency="EUR")
    with pytest.raises(NotAllowed):
        start_for_real(sample, ANA)
