"""Saying no by the link in a message, and choosing what to get."""

import pytest
from sqlalchemy import select

from crm.campaigns.consent.consent import consents_of, set_consent
from crm.campaigns.consent.preferences import masked
from crm.links import make_token
from crm.work import SYSTEM, reading, unit_of_work
from db.models import CampaignMember, Consent
from tests.factories import make

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def eva(token):
    """A contact who agreed to offers and news by e-mail and to calls about offers."""
    made = make(SYSTEM, "contact", name="Eva Novak", email="eva.novak@example.com", phone="+4930123456")
    with unit_of_work(SYSTEM) as work:
        for purpose, channel in (("offers", "email"), ("newsletter", "email"), ("offers", "phone")):
            set_consent(work, made["id"], purpose=purpose, channel=channel, state="given", source="fair")
    return made["id"]


@pytest.fixture
def campaign(eva):
    """A running campaign of offers by e-mail; eva got its message."""
    return campaign_with(eva, state="sent")


def campaign_with(contact_id, *, state):
    made = make(SYSTEM, "campaign", purpose="offers", channel="email")
    with unit_of_work(SYSTEM) as work:
        sent_at = work.now if state == "sent" else None
        work.session.add(
            CampaignMember(
                campaign_id=made["id"], contact_id=contact_id, arm="A", state=state, sent_at=sent_at
            )
        )
    return made["id"]


def now_of(contact_id):
    with reading(SYSTEM) as session:
        return {(c.purpose, c.channel): c.latest.state for c in consents_of(session, contact_id)}


def rows():
    with reading(SYSTEM) as session:
        return len(session.scalars(select(Consent.id)).all())


def member_states():
    with reading(SYSTEM) as session:
        return list(session.scalars(select(CampaignMember.state)))


def path(contact_id, campaign_id=0, page="unsubscribe"):
    return f"/{page}/{make_token('out', contact_id, campaign_id)}"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(web, eva, campaign, method):
    before = rows()

    answer = web.request(method, path(eva, campaign))

    assert answer.status_code == 200
    assert (rows(), member_states()) == (before, ["sent"])
    assert "set-cookie" not in answer.headers


def test_the_page_shows_no_more_than_a_masked_address(web, eva, campaign):
    text = web.get(path(eva, campaign)).text + web.get(path(eva, page="preferences")).text

    assert "e…@example.com" in text
    for secret in ("Eva", "Novak", "eva.novak", "123456", "autumn"):
        assert secret not in text


def test_one_click_of_a_mail_program_withdraws_what_the_campaign_is_about(web, eva, campaign):
    answer = web.post(path(eva, campaign), data=ONE_CLICK)

    assert answer.status_code == 200
    assert now_of(eva) == {
        ("offers", "email"): "withdrawn", ("newsletter", "email"): "given", ("offers", "phone"): "given",
    }  # fmt: skip
    assert member_states() == ["unsubscribed"]
    with reading(SYSTEM) as session:
        newest = session.scalars(select(Consent).order_by(Consent.id.desc())).first()
        assert (newest.source, newest.basis, newest.user_id) == ("unsubscribe link", "consent", None)


@pytest.mark.parametrize(
    "sent",
    [
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"data": ONE_CLICK, "headers": {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}},
        {"content": b"", "headers": {"Content-Type": "text/plain"}},
        {"content": b"\xff" * 100_000, "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    ],
    ids=["multipart", "from the mail program's page", "empty", "anything"],
)
def test_whatever_a_mail_program_posts_is_a_no(web, eva, campaign, sent):
    answer = web.post(path(eva, campaign), **sent)

    assert answer.status_code == 200
    assert now_of(eva)["offers", "email"] == "withdrawn"


def test_saying_no_again_adds_nothing(web, eva, campaign):
    web.post(path(eva, campaign), data=ONE_CLICK)
    before = rows()

    answers = [web.post(path(eva, campaign), data=ONE_CLICK) for _n in range(5)]

    assert {a.status_code for a in answers} == {200}
    assert rows() == before


def test_without_a_campaign_every_purpose_by_mail_is_withdrawn(web, eva):
    web.post(path(eva), data=ONE_CLICK)

    by_mail = {purpose: state for (purpose, channel), state in now_of(eva).items() if channel == "email"}
    assert by_mail == dict.fromkeys(("newsletter", "offers", "events", "surveys", "service"), "withdrawn")
    assert now_of(eva)["offers", "phone"] == "given"


def test_undo_gives_back_what_was_given_before_and_no_more(web, eva):
    web.post(path(eva), data=ONE_CLICK)

    answer = web.post(path(eva), data={"undo": "1"})

    assert answer.status_code == 200
    by_mail = {purpose: state for (purpose, channel), state in now_of(eva).items() if channel == "email"}
    assert by_mail == {
        "newsletter": "given", "offers": "given",
        "events": "withdrawn", "surveys": "withdrawn", "service": "withdrawn",
    }  # fmt: skip


def test_undo_without_a_no_before_gives_nothing(web, eva, campaign):
    web.post(path(eva, page="preferences"), data={})
    before = rows()

    web.post(path(eva, campaign), data={"undo": "1"})

    assert rows() == before
    assert now_of(eva)["offers", "email"] == "withdrawn"


def test_undo_puts_the_member_back(web, eva, campaign):
    web.post(path(eva, campaign), data=ONE_CLICK)

    web.post(path(eva, campaign), data={"undo": "1"})

    assert member_states() == ["sent"]


@pytest.mark.parametrize("state", ["control", "bounced", "failed", "skipped"])
def test_members_who_got_nothing_keep_their_state(web, eva, state):
    campaign_id = campaign_with(eva, state=state)

    web.post(path(eva, campaign_id), data=ONE_CLICK)

    assert member_states() == [state]
    assert now_of(eva)["offers", "email"] == "withdrawn"


def test_the_preference_page_shows_what_holds(web, eva):
    text = web.get(path(eva, page="preferences")).text

    ticked = {part.split('"')[0] for part in text.split('name="') if " checked" in part.split(">")[0]}
    assert ticked == {"offers.email", "newsletter.email", "offers.phone"}


def test_saved_preferences_hold_and_the_same_again_adds_nothing(web, eva):
    wanted = {"offers.email": "yes", "events.post": "yes"}

    answer = web.post(path(eva, page="preferences"), data=wanted)

    assert "Your choices are stored." in answer.text
    assert {pair for pair, state in now_of(eva).items() if state == "given"} == {
        ("offers", "email"), ("events", "post"),
    }  # fmt: skip
    before = rows()
    web.post(path(eva, page="preferences"), data=wanted)
    assert rows() == before


def test_nothing_any_more_means_nothing(web, eva):
    web.post(path(eva, page="preferences"), data={"offers.email": "yes", "none": "1"})

    assert "given" not in now_of(eva).values()


@pytest.mark.parametrize("page", ["unsubscribe", "preferences"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("forged", ["out.1-0.00000000000000000000000000000000", "out.1-0", "💥", "a" * 3000])
def test_a_forged_link_changes_nothing(web, eva, page, method, forged):
    before = rows()

    answer = web.request(method, f"/{page}/{forged}", data={} if method == "POST" else None)

    assert answer.status_code == 404
    assert "not valid" in answer.text
    assert rows() == before


def test_the_link_of_a_contact_who_is_gone_says_so(web, eva):
    answer = web.post(path(987_654), data=ONE_CLICK)

    assert answer.status_code == 404
    assert "no address of yours" in answer.text


def test_preferences_are_not_posted_from_other_sites(web, eva):
    headers = {"Origin": "https://evil.example"}

    assert web.post(path(eva, page="preferences"), data={}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("address", "shown"), [("eva@example.com", "e…@example.com"), ("x@y", "x…@y"), (None, ""), ("broken", "")]
)
def test_an_address_is_masked(address, shown):
    assert masked(address) == shown
