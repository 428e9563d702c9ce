import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.records.matching import name_key, near_matches


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GTXPro", "GTX Pro"),
        ("gtx-pro", "GTX  Pro "),
        ("Škoda Auto", "SKODA AUTO"),
        ("Müller & Söhne", "Muller and Sohne"),
        ("Ørsted", "Orsted"),
        ("O'Neill", "O’Neill"),
        ("Straße 7", "STRASSE 7"),
        ("Ёлка", "елка"),
    ],
)
def test_spellings_of_one_name_share_a_key(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("GTX Pro", "GTX Plus Pro"), ("C", "C++"), ("か", "が"), ("!!!", "???"), ("Acme Inc", "Acme Ltd")],
)
def test_different_names_keep_different_keys(one, other):
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    "name",
    [
        "Acme, Inc.",
        "ACME Ltd",
        "Acme GmbH & Co. KG",
        "Acme s.r.o.",
        "Acme spol. s r.o.",
        "Acme d.o.o.",
        "Acme ApS",
        "Acme A/S",
        "Acme B.V.",
        "Acme Sp. z o.o.",
    ],
)
def test_legal_forms_can_be_left_out(name):
    assert name_key(name, drop_legal_form=True) == "acme"


def test_a_name_that_is_only_a_legal_form_stays():
    assert name_key("Co", drop_legal_form=True) == "co"


@given(st.text(min_size=1).filter(str.strip))
def test_every_name_has_a_key_and_the_key_is_stable(text):
    key = name_key(text)

    assert key
    assert name_key(key) == key


def test_near_matches_offer_the_meant_name_first():
    found = near_matches(["GTXPro", "technolgy", "Pro GTX", "zzz"], ["GTX Basic", "GTX Pro", "technology"])

    first = {match.value: match for match in reversed(found)}
    assert {value: match.candidate for value, match in first.items()} == {
        "GTXPro": "GTX Pro",
        "technolgy": "technology",
        "Pro GTX": "GTX Pro",
    }
    assert first["GTXPro"].score == 100
    assert first["technolgy"].score < 100


def test_nothing_is_offered_for_nothing():
    assert near_matches([], ["a"]) == []
    assert near_matches(["a"], []) == []
