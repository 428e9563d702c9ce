"""Tracked links: to the stored address and nowhere else."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from crm.links import make_token
from crm.work import SYSTEM, reading, unit_of_work
from db.models import CampaignMember, LinkClick, TrackedLink
from tests.factories import make

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
GOAL = "https://shop.example.com/filter?size=2&src=mail#top"


@pytest.fixture
def clock(sqlite_database):
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def linked(clock, token):
    """A sent member of a campaign with one link; the ids."""
    campaign = make(SYSTEM, "campaign")
    eva = make(SYSTEM, "contact", name="Eva Novak", email="eva@example.com")
    with unit_of_work(SYSTEM) as work:
        link = TrackedLink(campaign_id=campaign["id"], url=GOAL)
        member = CampaignMember(
            campaign_id=campaign["id"], contact_id=eva["id"], arm="A", state="sent", sent_at=NOW
        )
        work.session.add_all([link, member])
        work.session.flush()
        found = link.id, member.id
    clock.shift(timedelta(minutes=5))
    return found


def clicks():
    with reading(SYSTEM) as session:
        return list(session.scalars(select(LinkClick).order_by(LinkClick.id)))


def test_a_click_leads_to_the_stored_address_and_is_written_down(web, linked):
    answer = web.get(f"/go/{make_token('go', *linked)}", headers=BROWSER)

    assert (answer.status_code, answer.headers["location"]) == (302, GOAL)
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    (click,) = clicks()
    assert ((click.link_id, click.member_id), click.by_machine) == (linked, False)
    with reading(SYSTEM) as session:
        member = session.get(CampaignMember, linked[1])
        assert (member.state, member.responded, member.responded_at) == ("sent", False, None)


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", BROWSER),
        ("GET", {"User-Agent": ""}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; bingbot/2.0)"}),
        ("GET", {"User-Agent": "Barracuda Sentinel (EE)"}),
        ("GET", {"User-Agent": "python-requests/2.32"}),
        ("GET", BROWSER | {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", BROWSER | {"X-Moz": "prefetch"}),
    ],
)
def test_machines_are_led_on_but_marked(web, linked, method, headers):
    answer = web.request(method, f"/go/{make_token('go', *linked)}", headers=headers)

    assert answer.headers["location"] == GOAL
    assert [click.by_machine for click in clicks()] == [True]


def test_a_click_within_three_seconds_of_the_message_is_a_machines(web, clock, linked):
    clock.move_to(NOW + timedelta(seconds=2))

    web.get(f"/go/{make_token('go', *linked)}", headers=BROWSER)

    assert [click.by_machine for click in clicks()] == [True]


def test_the_same_click_again_counts_once_a_minute(web, clock, linked):
    for _n in range(20):
        web.get(f"/go/{make_token('go', *linked)}", headers=BROWSER)
    clock.shift(timedelta(minutes=2))
    web.get(f"/go/{make_token('go', *linked)}", headers=BROWSER)

    assert len(clicks()) == 2


@pytest.mark.parametrize("path", [
    "go.1-1.00000000000000000000000000000000", "go.1-1", "x", "https:%2F%2Fevil.example", "%F0%9F%92%A5", "a" * 4000,
    "..%2F..%2Fetc", "go.1-1.%00",
])  # fmt: skip
def test_a_forged_token_leads_nowhere(web, linked, path):
    answer = web.get(f"/go/{path}", headers=BROWSER | {"Accept": "text/html"})

    assert answer.status_code == 404
    assert "location" not in answer.headers
    assert clicks() == []


def test_a_token_is_good_for_its_own_purpose_and_ids_only(web, linked):
    out = make_token("out", *linked)
    swapped = make_token("go", *linked).replace(f"go.{linked[0]}-", "go.999-", 1)

    assert web.get(f"/go/{out}").status_code == 404
    assert web.get(f"/go/{swapped}").status_code == 404
    assert web.get(f"/unsubscribe/{make_token('go', *linked)}").status_code == 404
    assert clicks() == []


@pytest.mark.parametrize("url", ["?url=https://evil.example", "?next=//evil.example"])
def test_no_parameter_changes_where_a_link_leads(web, linked, url):
    answer = web.get(f"/go/{make_token('go', *linked)}{url}", headers=BROWSER)

    assert answer.headers["location"] == GOAL


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil.example", "/people", "data:text/html,x", "https:///x"]
)
def test_a_stored_address_that_is_none_of_the_web_leads_nowhere(web, linked, url):
    with unit_of_work(SYSTEM) as work:
        work.session.get(TrackedLink, linked[0]).url = url

    answer = web.get(f"/go/{make_token('go', *linked)}", headers=BROWSER)

    assert answer.status_code == 404
    assert "location" not in answer.headers


def test_when_the_member_is_gone_the_link_still_leads_on(web, linked):
    with unit_of_work(SYSTEM) as work:
        work.session.delete(work.session.get(CampaignMember, linked[1]))

    answer = web.get(f"/go/{make_token('go', *linked)}", headers=BROWSER)

    assert answer.headers["location"] == GOAL
    assert clicks() == []
