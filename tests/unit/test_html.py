"""The pages before sign-in: what they post, that they need no script, that nothing typed becomes markup."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from crm.access.sign_in import SamplePerson
from crm.http.html import (
    Link,
    content_security_policy,
    render_message,
    render_setup,
    render_sign_in,
)
from crm.i18n import set_language
from crm.money import CURRENCIES, NONE, codes

NASTY = "\"><script>alert(1)</script><b x='"
PEOPLE = (
    SamplePerson(7, "Maren Solberg", "Manager", "Sees all teams"),
    SamplePerson(9, "Jia <i>Lin</i>", "Staff", "Answers cases"),
)


class Reader(HTMLParser):
    """Tags with their attributes, forms with the fields in them, ids and labels."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.forms: list[dict[str, object]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag == "form":
            self.forms.append({"action": found["action"], "method": found["method"], "fields": {}})
        if tag in ("input", "select") and "name" in found:
            self.forms[-1]["fields"][found["name"]] = found.get("value")

    def all(self, tag):
        return [found for name, found in self.tags if name == tag]


@pytest.fixture(autouse=True)
def _english():
    set_language("en")
    yield
    set_language("en")


def every_page():
    return {
        "sign-in": render_sign_in(next_url="/deals", error="No.", email="a@b.cz", oidc=True, setup=True),
        "sample sign-in": render_sign_in(next_url="/", sample_people=PEOPLE, wait_seconds=5),
        "setup": render_setup(token_needed=True, values={}),
        "message": render_message("Not for you", "Ask an administrator.", Link("/", "Back")),
    }


@pytest.mark.parametrize("name", ["sign-in", "sample sign-in", "setup", "message"])
def test_a_page_works_without_script(name):
    page = Reader(every_page()[name])

    assert not page.all("script")
    assert not [key for _tag, found in page.tags for key in found if key.startswith("on")]
    assert all(form["method"] == "post" for form in page.forms)


@pytest.mark.parametrize("name", ["sign-in", "sample sign-in", "setup"])
def test_every_field_that_is_seen_has_a_label(name):
    page = Reader(every_page()[name])

    labelled = {found["for"] for found in page.all("label")}
    seen = [found for found in page.all("input") + page.all("select") if found.get("type") != "hidden"]

    assert seen
    assert {found["id"] for found in seen} == labelled
    assert len(labelled) == len(seen)


@pytest.mark.parametrize("name", ["sign-in", "sample sign-in", "setup", "message"])
def test_a_page_has_one_first_heading_and_a_language(name):
    page = Reader(every_page()[name])

    assert len(page.all("h1")) == 1
    assert page.all("html") == [{"lang": "en"}]


@pytest.mark.parametrize("name", ["sign-in", "sample sign-in", "setup", "message"])
def test_the_policy_allows_the_style_of_the_page_and_no_other(name):
    text = every_page()[name]

    styles = re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL)
    digests = [b64encode(sha256(style.encode()).digest()).decode() for style in styles]

    assert len(digests) == 1
    assert f"style-src 'sha256-{digests[0]}';" in content_security_policy()
    assert "style=" not in text
    assert "script-src" not in content_security_policy()
    assert content_security_policy().startswith("default-src 'none';")


def test_sign_in_posts_what_the_server_reads():
    page = Reader(render_sign_in(next_url="/deals?stage=won&x=1", email="ana@example.com"))

    assert page.forms == [
        {
            "action": "/sign-in",
            "method": "post",
            "fields": {"next": "/deals?stage=won&x=1", "email": "ana@example.com", "password": None},
        }
    ]


def test_password_managers_know_the_fields():
    sign_in = {
        found["name"]: found.get("autocomplete") for found in Reader(every_page()["sign-in"]).all("input")
    }
    setup = {found["name"]: found.get("autocomplete") for found in Reader(every_page()["setup"]).all("input")}

    assert (sign_in["email"], sign_in["password"]) == ("username", "current-password")
    assert (setup["email"], setup["password"], setup["password_again"]) == (
        "username",
        "new-password",
        "new-password",
    )


def test_a_person_of_the_sample_company_is_one_click():
    page = Reader(render_sign_in(next_url="/forecast", sample_people=PEOPLE))

    clicks = [form["fields"] for form in page.forms if form["action"] == "/sign-in/as"]

    assert clicks == [{"user_id": "7", "next": "/forecast"}, {"user_id": "9", "next": "/forecast"}]


def test_people_are_offered_in_a_sample_company_only():
    assert "/sign-in/as" not in render_sign_in(next_url="/")


@pytest.mark.parametrize(
    "address", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x", ""]
)
def test_the_way_on_stays_on_this_server(address):
    page = Reader(render_sign_in(next_url=address))

    assert page.forms[0]["fields"]["next"] == "/"
    with pytest.raises(ValueError, match="within Rapport"):
        Link(address, "On")


def test_nothing_typed_becomes_markup_at_sign_in():
    text = render_sign_in(next_url="/" + NASTY, error=NASTY, email=NASTY, sample_people=PEOPLE)
    page = Reader(text)

    fields = page.forms[-1]["fields"]

    assert not page.all("script")
    assert not page.all("i")
    assert (fields["email"], fields["next"]) == (NASTY, "/" + NASTY)


def test_nothing_typed_becomes_markup_at_setup_or_in_a_message():
    setup = Reader(
        render_setup(token_needed=False, error=NASTY, values={"firm": NASTY, "name": NASTY, "email": NASTY})
    )
    message = Reader(render_message(NASTY, NASTY, Link("/?x=" + NASTY, NASTY)))

    assert not setup.all("script")
    assert not message.all("script")
    assert setup.forms[1]["fields"]["firm"] == NASTY


def test_the_first_visit_offers_two_ways():
    page = Reader(render_setup(token_needed=False, values={"currency": "CZK", "firm": "Kavárna"}))

    sample, empty = page.forms

    assert (sample["action"], sample["fields"]) == ("/setup", {"choice": "sample"})
    assert list(empty["fields"]) == [
        "choice",
        "firm",
        "country",
        "currency",
        "time_zone",
        "name",
        "email",
        "password",
        "password_again",
    ]
    assert empty["fields"]["choice"] == "empty"
    assert [found["value"] for found in page.all("option") if "selected" in found] == ["CZK"]


def test_both_ways_ask_for_the_token_when_there_is_one():
    page = Reader(render_setup(token_needed=True, values={}))

    assert ["setup_token" in form["fields"] for form in page.forms] == [True, True]


def test_passwords_and_token_are_never_written_back():
    values = {
        "password": "s3cret-words",
        "password_again": "s3cret-words",
        "setup_token": "t0ken",
        "email": "a@b.cz",
    }

    text = render_setup(token_needed=True, error="They differ.", values=values)

    assert "s3cret" not in text
    assert "t0ken" not in text
    assert 'value="a@b.cz"' in text


def test_an_unknown_currency_falls_back_to_that_of_the_country():
    page = Reader(render_setup(token_needed=False, values={"currency": "XXX", "country": "CZ"}))

    assert [found["value"] for found in page.all("option") if "selected" in found] == ["CZ"]
    assert [found.get("value") for found in page.all("option")].count("") == 2


def test_where_clocks_differ_within_the_country_only_its_own_are_asked():
    text = render_setup(token_needed=False, values={"country": "PT"}, wrong=["time_zone"])

    assert "Atlantic/Azores" in text
    assert "Europe/Prague" not in text


def test_every_currency_that_rapport_knows_is_offered_once():
    assert sorted([*codes(), *NONE]) == sorted(CURRENCIES)
    page = render_setup(token_needed=False, values={"country": "KE"})
    assert 'value="KES"' in page


def test_currencies_are_named_in_the_readers_language():
    set_language("cs")

    text = render_setup(token_needed=False, values={})

    assert "CZK · česká koruna" in text
    assert '<html lang="cs">' in text


@pytest.mark.parametrize(("seconds", "said"), [(1, "in 1 second."), (42, "in 42 seconds."), (0, None)])
def test_too_many_attempts_say_how_long_to_wait(seconds, said):
    text = render_sign_in(next_url="/", wait_seconds=seconds)

    assert (said in text) if said else ("Too many attempts" not in text)


def test_the_own_sign_in_of_an_organisation_is_offered_when_there_is_one():
    assert 'href="/sign-in/oidc"' in render_sign_in(next_url="/", oidc=True)
    assert "/sign-in/oidc" not in render_sign_in(next_url="/")
