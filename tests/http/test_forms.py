"""Web forms over HTTP: what strangers see, what they may send, and how often."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from crm.campaigns.forms import forms
from crm.links import make_token
from crm.work import SYSTEM, reading, unit_of_work
from db.models import FormAnswer, Lead, Outbox, WebForm
from tests.factories import make

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
NAUGHTY = [
    "<script>alert(1)</script>", "{{ 7*7 }}{% for %}", "'; DROP TABLE leads; --", "عربي\u202e", "\u200b\ufeff",
    "田中さん 👩‍👩‍👧", "a\r\nBcc: x@evil.example", "\\x00 %00 ../../etc/passwd", "=cmd|' /C calc'!A0",
]  # fmt: skip


@pytest.fixture
def clock(sqlite_database):
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ask_us(clock, token):
    """An active lead form of nobody's team, asking two consents."""
    return make(SYSTEM, "web_form", title="Ask us", purposes=["newsletter", "offers"])


def token_on(page):
    return page.text.split('name="token" value="')[1].split('"')[0]


def rows(cls):
    with reading(SYSTEM) as session:
        return list(session.scalars(select(cls).order_by(cls.id)))


def count(cls):
    with reading(SYSTEM) as session:
        return session.scalar(select(func.count()).select_from(cls))


def send(web, clock, *, slug="ask-us", token=None, wait=10, **sent):
    """Open the form, take one's time, send it."""
    token = token or token_on(web.get(f"/forms/{slug}"))
    clock.shift(timedelta(seconds=wait))
    values = {"f_name": "Eva Novak", "f_email": "eva@example.com", "f_message": "Two grinders, please"} | sent
    return web.post(f"/forms/{slug}", data={"token": token} | values)


def test_a_stranger_sees_the_form_without_cookie_or_script(web, ask_us):
    page = web.get("/forms/ask-us", headers={"Accept-Language": "en"})

    assert page.status_code == 200
    assert "set-cookie" not in page.headers
    assert "<script" not in page.text
    assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
    assert 'name="f_email" type="email"' in page.text
    assert page.text.count('name="consent_') == 2
    assert "checked" not in page.text


def test_an_answer_makes_one_lead_and_thanks(web, clock, ask_us):
    answer = send(web, clock)

    assert answer.status_code == 200
    assert "Thank you" in answer.text
    (lead,) = rows(Lead)
    assert (lead.name, lead.email, lead.interest, lead.source) == (
        "Eva Novak", "eva@example.com", "Two grinders, please", "Ask us",
    )  # fmt: skip
    (stored,) = rows(FormAnswer)
    assert (stored.lead_id, stored.answers["email"]) == (lead.id, "eva@example.com")
    assert stored.sender not in ("", "testclient")


def test_the_same_answer_sent_again_counts_once(web, clock, ask_us):
    token = token_on(web.get("/forms/ask-us"))

    answers = [send(web, clock, token=token) for _again in range(3)]

    assert {a.status_code for a in answers} == {200}
    assert (count(FormAnswer), count(Lead), count(Outbox)) == (1, 1, 1)


def make_straight(form):
    with unit_of_work(SYSTEM) as work:
        work.session.get_one(WebForm, form["id"]).review = "nothing"


def test_a_thousand_posts_leave_what_the_limits_allow(web, clock, ask_us):
    form = forms.public_form("ask-us")
    tokens = [make_token("form", form.id, int(NOW.timestamp()), n) for n in range(1000)]
    clock.shift(timedelta(seconds=10))
    body = {"f_name": "Bot", "f_email": "bot@example.com"}

    answers = [web.post("/forms/ask-us", data=body | {"token": t}) for t in tokens]

    kept = forms.PER_MINUTE + forms.HELD_OF_ONE
    assert [a.status_code for a in answers] == [200] * kept + [429] * (1000 - kept)
    assert [row.is_held for row in rows(FormAnswer)] == [False] * forms.PER_MINUTE + [
        True
    ] * forms.HELD_OF_ONE
    assert (count(Lead), count(Outbox)) == (1, 1)
    assert len({a.text for a in answers[:kept]}) == 1
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 3601


def test_an_hour_has_its_own_limit(web, clock, ask_us):
    statuses = [send(web, clock, wait=15).status_code for _n in range(forms.PER_HOUR + 1)]

    assert statuses == [200] * (forms.PER_HOUR + 1)
    assert [row.is_held for row in rows(FormAnswer)] == [False] * forms.PER_HOUR + [True]


def test_everybody_together_has_a_limit(web, clock, ask_us, monkeypatch):
    monkeypatch.setattr(forms, "EVERYBODY", 3)
    send(web, clock)
    with unit_of_work(SYSTEM) as work:
        form_id = ask_us["id"]
        work.session.add_all(
            FormAnswer(form_id=form_id, key=f"other-{n}", at=work.now, answers={}, sender="x") for n in (1, 2)
        )

    assert send(web, clock, wait=5).status_code == 200
    assert [row.is_held for row in rows(FormAnswer)][-1]


def test_after_the_wait_the_next_answer_is_taken(web, clock, ask_us):
    for _n in range(forms.PER_MINUTE):
        send(web, clock, wait=3)
    send(web, clock, wait=3)

    clock.shift(timedelta(seconds=60))
    send(web, clock, wait=3)

    assert [row.is_held for row in rows(FormAnswer)] == [False] * forms.PER_MINUTE + [True, False]


def test_a_form_that_lets_everything_in_refuses_what_is_too_much(web, clock, ask_us):
    make_straight(ask_us)
    answers = [send(web, clock, wait=3) for _n in range(forms.PER_MINUTE + 1)]

    assert [a.status_code for a in answers] == [200] * forms.PER_MINUTE + [429]
    clock.shift(timedelta(seconds=int(answers[-1].headers["retry-after"])))
    assert send(web, clock, wait=3).status_code == 200


def test_a_robot_in_the_trap_is_thanked_and_held(web, clock, ask_us):
    answer = send(web, clock, website="https://buy.example")
    wrong = send(web, clock, website="https://buy.example", f_email="no address")
    forged = send(web, clock, website="https://buy.example", token="forged")

    assert [a.status_code for a in (answer, wrong, forged)] == [200, 200, 200]
    assert answer.text == wrong.text == forged.text
    assert "Thank you" in answer.text
    assert [(row.is_held, row.answers["email"]) for row in rows(FormAnswer)] == [
        (True, "eva@example.com"),
        (True, "no address"),
    ]
    assert (count(Lead), count(Outbox)) == (0, 0)


def test_what_is_sent_at_once_is_looked_at_again(web, clock, ask_us):
    token = token_on(web.get("/forms/ask-us"))

    quick = send(web, clock, token=token, wait=1)
    later = send(web, clock, token=token_on(quick), wait=5)

    assert (quick.status_code, later.status_code) == (422, 200)
    assert token_on(quick) == token
    assert "Two grinders, please" in quick.text
    assert count(FormAnswer) == 1


def test_a_page_left_open_for_days_asks_once_more(web, clock, ask_us):
    old = send(web, clock, wait=90_000)

    again = send(web, clock, token=token_on(old), wait=5)

    assert (old.status_code, again.status_code) == (422, 200)
    assert "Two grinders, please" in old.text


@pytest.mark.parametrize(
    "forged", ["", "form.1-1-1.0000", "form.x", "go.1-1.abc", "form.1-1-1-1.ff", "💥", "a" * 5000]
)
def test_a_forged_token_stores_nothing(web, clock, ask_us, forged):
    answer = send(web, clock, token=forged or " ")

    assert answer.status_code == 422
    assert "once more" in answer.text
    assert (count(FormAnswer), count(Lead)) == (0, 0)


def test_the_token_of_another_form_does_not_count(web, clock, ask_us):
    make(SYSTEM, "web_form", name="Other", slug="other")

    answer = send(web, clock, token=token_on(web.get("/forms/other")))

    assert answer.status_code == 422
    assert count(FormAnswer) == 0


def test_every_wrong_field_is_told_at_once_and_what_was_typed_is_kept(web, clock, ask_us):
    answer = send(
        web, clock, f_name="", f_email="eva@", f_phone="12", f_message="Keep me", consent_offers="yes"
    )

    assert answer.status_code == 422
    assert "3 answers need another look." in answer.text
    for name in ("name", "email", "phone"):
        assert f'id="{name}-problem"' in answer.text
        assert f'href="#{name}"' in answer.text
    assert "Keep me" in answer.text
    assert 'value="eva@"' in answer.text
    assert 'name="consent_offers" value="yes" checked' in answer.text
    assert 'name="consent_newsletter" value="yes">' in answer.text
    assert (count(FormAnswer), count(Lead)) == (0, 0)


@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_naughty_texts_in_every_field_are_escaped_and_kept_whole(web, clock, ask_us, text):
    wrong = send(web, clock, f_name=text, f_email=text, f_phone=text, f_company=text, f_message=text)
    right = send(web, clock, f_name=f"Eva {text}", f_company=text, f_message=text)

    assert (wrong.status_code, right.status_code) == (422, 200)
    assert "<script" not in wrong.text + right.text
    (lead,) = rows(Lead)
    assert lead.name == " ".join(f"Eva {text}".split())
    (mail,) = rows(Outbox)
    assert "\n" not in mail.payload["subject"]
    assert text not in mail.payload["text"]


def test_a_null_is_refused_in_a_sentence(web, clock, ask_us):
    answer = send(web, clock, f_message="before\x00after")

    assert answer.status_code == 422
    assert "cannot be stored" in answer.text
    assert count(FormAnswer) == 0


def test_too_much_is_not_read(web, clock, ask_us):
    long = send(web, clock, f_message="x" * 300_000)
    longish = send(web, clock, f_message="x" * 5_000)

    assert (long.status_code, longish.status_code) == (422, 422)
    assert "too large" in long.text
    assert "5000 characters long; at most 4000 fit" in longish.text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe%ZZ=&&&==", "application/x-www-form-urlencoded"),
        (b"--b\r\nbroken", "multipart/form-data; boundary=b"),
        (b'--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\nx\r\n--b--\r\n',
         "multipart/form-data; boundary=b"),
        (b'--b\r\nContent-Disposition: form-data; name="f_name"\r\n\r\n+2AA-\r\n--b--\r\n',
         "multipart/form-data; boundary=b; charset=utf-7"),
        (b"a=1&" * 200, "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
    ],
)  # fmt: skip
def test_a_broken_post_is_refused_on_a_page(web, ask_us, body, kind):
    answer = web.post("/forms/ask-us", content=body, headers={"Content-Type": kind})

    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert count(FormAnswer) == 0


@pytest.mark.parametrize("slug", ["nothing", "ASK-US", "../setup", "ask-us'--", "%00", "x" * 3000])
def test_an_unknown_address_is_a_page_that_says_so(web, ask_us, slug):
    answer = web.get(f"/forms/{slug}", headers={"Accept": "text/html"})

    assert answer.status_code in (303, 404)
    assert "ask-us" not in answer.text


def test_a_closed_form_is_gone_for_readers_and_senders(web, clock, ask_us):
    token = token_on(web.get("/forms/ask-us"))
    with unit_of_work(SYSTEM) as work:
        work.session.get(WebForm, ask_us["id"]).is_active = False

    assert web.get("/forms/ask-us").status_code == 404
    assert send(web, clock, token=token).status_code == 404
    assert count(FormAnswer) == 0


def test_known_and_unknown_senders_read_the_same(web, clock, ask_us):
    make(SYSTEM, "contact", name="Eva Novak", email="eva@example.com")

    known = send(web, clock)
    unknown = send(web, clock, f_email="nobody@example.com", f_name="No Body")

    assert known.text == unknown.text


def test_another_site_cannot_post_for_its_visitors(web, clock, ask_us):
    answer = web.post("/forms/ask-us", data={}, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403


def test_a_request_that_waits_for_a_yes_is_thanked_with_what_is_true(web, clock, token):
    make(SYSTEM, "web_form", slug="fix", kind="service", review="everything")

    answer = send(web, clock, slug="fix", f_subject="Burrs")

    assert (
        "Somebody reads it first. Then its number comes to the e-mail address that you gave." in answer.text
    )
    assert "as soon as we can" not in answer.text
