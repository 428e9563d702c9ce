"""The firm's currency: what was set, else the one in use."""

from crm.firm.firm import firm, set_firm
from crm.work import reading, unit_of_work
from tests.factories import make


def seen(actor):
    with reading(actor) as session:
        return firm(session)


def test_without_a_setting_the_one_currency_in_use_counts(people):
    assert seen(people["mona"]).currency == "EUR"
    make(people["mona"], "deal", currency="USD")

    assert seen(people["mona"]).currency == "USD"


def test_with_several_currencies_the_default_counts(people):
    make(people["mona"], "deal", currency="USD")
    make(people["mona"], "deal", currency="DKK")

    assert seen(people["mona"]).currency == "EUR"


def test_what_was_set_counts_whatever_is_in_use(people):
    make(people["mona"], "deal", currency="USD")
    with unit_of_work(people["ada"]) as work:
        set_firm(work, name="Kaffe", currency="dkk")

    assert (seen(people["mona"]).name, seen(people["mona"]).currency) == ("Kaffe", "DKK")
