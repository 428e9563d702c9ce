"""Passwords, default rights and the edge's signature, without a database."""

import time
from statistics import median

import pytest

from crm.access import passwords, roles, signing
from crm.http.routes import next_of


@pytest.mark.parametrize(
    "password",
    [
        "password12", "P4ssw0rd2024!", "passwordpassword", "drowssap2024", "qwertyuiop", "poiuytrewq", "Sommer2025!!",
        "1234567890", "aaaaaaaaaaaa", "abababababab", "1q2w3e4r5t6y", "WelcomeHome1!", "...........",
    ],
)  # fmt: skip
def test_what_everybody_chooses_is_refused(password):
    assert passwords.password_problems(password)


@pytest.mark.parametrize(
    "password",
    [
        "blue teapot sings",
        "correct-mare-9-lantern",
        "копыто ветер лампа",
        "vT9#kq2!Lm0z",
        "æblegrød på torsdag",
    ],
)
def test_a_password_of_ones_own_is_taken(password):
    assert passwords.password_problems(password, name="Ana Kos", email="ana@kavarna.si") == []


@pytest.mark.parametrize(
    "password", ["AnaNovak2024", "marta.novak77", "kavarna-2026", "marta.novak@kavarna.si"]
)
def test_ones_own_name_and_firm_are_refused(password):
    (problem,) = passwords.password_problems(password, name="Ana Novak", email="marta.novak@kavarna.si")

    assert "contains the name" in problem.message


def test_the_whole_address_is_refused_whatever_its_domain():
    (problem,) = passwords.password_problems("ana@firm.example", name="Ana Kos", email="ana@firm.example")

    assert "the e-mail address" in problem.message


def test_short_and_endless_passwords_are_refused():
    assert "at least 10" in passwords.password_problems("ab cd ef")[0].message
    assert "at most 200" in passwords.password_problems("teapot " * 40)[0].message


@pytest.mark.usefixtures("full_passwords")
def test_a_password_belongs_to_its_hash_only():
    stored = passwords.hash_password("blue teapot sings")

    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify_password("blue teapot sings", stored)
    assert not passwords.verify_password("blue teapot sing", stored)
    assert not passwords.verify_password("nobody has this password", None)


@pytest.mark.usefixtures("full_passwords")
def test_nobody_costs_as_much_as_somebody():
    stored = passwords.hash_password("blue teapot sings")

    def cost(password_hash):
        times = []
        for _ in range(7):
            start = time.process_time()
            passwords.verify_password("wrong password", password_hash)
            times.append(time.process_time() - start)
        return median(times)

    assert 0.4 < cost(stored) / cost(None) < 2.5


def test_rights_are_denied_unless_granted():
    assert roles.effective_grants("", ()) == frozenset()
    assert roles.effective_grants("superuser", ()) == frozenset()
    assert all(action == "read" for _, action, _ in roles.effective_grants("viewer", ()))


def test_administrators_may_do_everything_to_everything():
    granted = roles.effective_grants("administrator", ())

    assert {(e, a) for e, a, scope in granted if scope == "all"} == {
        (e, a) for e in roles.entities() for a in roles.ACTIONS if "all" in roles.reaches(e, a)
    }


def test_staff_work_on_the_team_and_archive_their_own():
    granted = {(e, a): s for e, a, s in roles.effective_grants("staff", ())}

    assert granted["deal", "update"] == "team"
    assert granted["deal", "delete"] == "own"
    assert ("deal", "export") not in granted
    assert ("contact", "import") not in granted
    assert ("user", "update") not in granted


def test_a_stored_grant_replaces_the_default():
    granted = roles.effective_grants(
        "staff", [("deal", "read", "own"), ("deal", "export", "team"), ("task", "read", "none")]
    )

    assert ("deal", "read", "own") in granted
    assert ("deal", "read", "team") not in granted
    assert ("deal", "export", "team") in granted
    assert not {g for g in granted if g[:2] == ("task", "read")}


def test_administrators_cannot_lose_the_keys():
    granted = roles.effective_grants("administrator", [("user", "update", "none"), ("deal", "read", "none")])

    assert ("user", "update", "all") in granted
    assert not {g for g in granted if g[:2] == ("deal", "read")}


def test_a_stored_grant_of_nonsense_gives_nothing():
    assert roles.effective_grants("viewer", [("deal", "read", "everything")]) == roles.effective_grants(
        "viewer", ()
    )


def test_only_this_process_signs(monkeypatch):
    monkeypatch.setenv("RAPPORT_EDGE_KEY", "")
    assert not signing.edge_is_live()
    with pytest.raises(RuntimeError):
        signing.sign("a" * 64)

    signing.open_edge()
    signed = signing.sign("a" * 64)
    assert signing.verified(signed) == "a" * 64

    monkeypatch.setenv("RAPPORT_EDGE_KEY", "1:" + "0" * 64)
    assert signing.verified(signed) is None
    assert not signing.edge_is_live()


@pytest.mark.parametrize(
    "value", [None, True, 7, "", "a" * 64, "a" * 64 + ".", "." + "0" * 64, object(), b"x", "é.é"]
)
def test_anything_but_a_signature_is_nobody(monkeypatch, value):
    monkeypatch.setenv("RAPPORT_EDGE_KEY", "")
    signing.open_edge()

    assert signing.verified(value) is None


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ("/people?id=3", "/people?id=3"), ("/", "/"), ("", "/"), (None, "/"), ("//evil.example", "/"), ("/\\evil", "/"),
        ("https://evil.example", "/"), ("javascript:alert(1)", "/"), ("/\t/evil.example", "/"), ("/a\r\nSet-Cookie: x", "/"),
        ("/sign-in", "/"), ("/sign-out", "/"), ("/setup", "/"), ("people", "/"),
    ],
)  # fmt: skip
def test_sign_in_leads_nowhere_else(wanted, taken):
    assert next_of(wanted) == taken
