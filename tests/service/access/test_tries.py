"""Wrong tries are counted so that nobody guesses without end and no stranger keeps the right people out."""

import pytest

from crm.access import sessions, setup, sign_in
from crm.config import settings
from crm.errors import NotAllowed, Refused

PASSWORD = "blue teapot sings"
ANA = setup.FirstPerson(name="Ana Kos", email="ana@kavarna.si", password=PASSWORD, firm="Kavarna")


@pytest.fixture(autouse=True)
def fresh_settings(monkeypatch):
    monkeypatch.delenv("CRM_SETUP_TOKEN", raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def ana(database) -> str:
    """A house with one administrator; the token of her session."""
    return setup.start_empty(ANA)


def actor(token):
    return sessions.actor_of_session(sessions.hash_of(token))


def enter(password=PASSWORD, *, email="ana@kavarna.si", address="192.0.2.7", **more):
    return sign_in.sign_in(email=email, password=password, address=address, **more)


def test_strangers_do_not_keep_out_whoever_was_in_before(ana, at_noon):
    for number in range(12):
        with pytest.raises((Refused, sign_in.TooManyTries)):
            enter("wrong one here", address=f"192.0.2.{number}")
    with pytest.raises(sign_in.TooManyTries):
        enter(address="203.0.113.5")

    assert actor(enter(address="203.0.113.5", old_token=ana)) is not None


def test_a_known_browser_is_counted_too_and_knows_only_its_own_account(ana, at_noon):
    for _ in range(10):
        with pytest.raises(Refused):
            enter("wrong one here", old_token=ana)
    with pytest.raises(sign_in.TooManyTries):
        enter(old_token=ana)
    for _ in range(10):
        with pytest.raises(Refused):
            enter("wrong one here", email="bo@kavarna.si", old_token=ana, address="203.0.113.9")
    with pytest.raises(sign_in.TooManyTries):
        enter("wrong one here", email="bo@kavarna.si", old_token=ana, address="203.0.113.9")


def test_the_setup_token_is_not_tried_without_end(database, at_noon, monkeypatch):
    monkeypatch.setenv("CRM_SETUP_TOKEN", "a long random text")
    settings.cache_clear()
    for _ in range(10):
        with pytest.raises(NotAllowed):
            setup.start_empty(ANA, token="wrong", address="192.0.2.7")

    with pytest.raises(sign_in.TooManyTries):
        setup.start_empty(ANA, token="a long random text", address="192.0.2.7")
    assert setup.start_empty(ANA, token="a long random text", address="192.0.2.8")
