"""What cached reads are kept under: own writes show at once, other people's scope never."""

from crm.work import cache_key
from tests.factories import make


def test_a_write_of_mine_gives_me_another_key_and_nobody_else(people):
    before = {name: cache_key(actor) for name, actor in people.items()}

    make(people["stan"], "organisation")

    after = {name: cache_key(actor) for name, actor in people.items()}
    assert [name for name in people if before[name] != after[name]] == ["stan"]


def test_a_refused_write_changes_no_key(people):
    import pytest

    from crm.errors import NotAllowed

    before = cache_key(people["vic"])

    with pytest.raises(NotAllowed):
        make(people["vic"], "organisation")

    assert cache_key(people["vic"]) == before


def test_two_teams_never_share_a_key(people):
    assert cache_key(people["stan"]) != cache_key(people["sue"])
    assert cache_key(people["stan"]) != cache_key(people["mona"])
