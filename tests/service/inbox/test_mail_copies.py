"""Copies of what colleagues sent: talks with whom they wrote to, once, about the right deal, and only from colleagues."""

from email.message import EmailMessage

import pytest
from sqlalchemy import select

from crm.config import settings
from crm.interactions.timeline import talks_of
from crm.mail.inbox.filing import take_back
from crm.mail.receiving.intake import take_in
from crm.work import SYSTEM, reading, unit_of_work
from db.models import IncomingMessage, Interaction, StoredFile
from tests.factories import make

DROPBOX = "log@berg.example"


@pytest.fixture
def ana(people, monkeypatch):
    """A contact of Stan's; copies are taken at an address of ours."""
    monkeypatch.setenv("CRM_MAIL_DROPBOX", f"Log <{DROPBOX}>")
    settings.cache_clear()
    firm = make(people["stan"], "organisation", name="Kavarna")
    yield make(people["stan"], "contact", name="Ana", email="ana@kavarna.example", organisation_id=firm["id"])
    monkeypatch.undo()
    settings.cache_clear()


def letter(*, sender="stan@example.com", to="ana@kavarna.example", cc=DROPBOX, subject="Offer", **headers):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Message-ID"] = sender, to, subject, "<1@x>"
    if cc:
        made["Cc"] = cc
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content("As promised, the offer.")
    made.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="offer.pdf")
    return made.as_bytes()


def talks():
    with reading(SYSTEM) as session:
        return session.scalars(
            select(Interaction).where(Interaction.archived_at.is_(None)).order_by(Interaction.id)
        ).all()


def message():
    with reading(SYSTEM) as session:
        return session.scalars(select(IncomingMessage).order_by(IncomingMessage.id.desc())).first()


@pytest.mark.parametrize(
    "more",
    [{}, {"cc": "", "Delivered_To": DROPBOX}, {"cc": "", "X_Original_To": DROPBOX, "Bcc": DROPBOX}],
    ids=["cc", "bcc", "hidden"],
)
def test_a_copy_is_what_we_said_to_whom_it_went(people, ana, more):
    assert take_in(letter(**more), source="x") == "logged"

    (talk,) = talks()
    assert (talk.direction, talk.kind, talk.contact_id, talk.owner_id) == (
        "out",
        "email",
        ana["id"],
        people["stan"].user_id,
    )
    assert talk.body.strip() == "As promised, the offer."
    with reading(people["stan"]) as session:
        (entry,) = talks_of(session, "contact", ana["id"])
        assert ([file.name for file in entry.files], entry.incoming_id) == (["offer.pdf"], message().id)
        assert session.scalars(select(StoredFile.contact_id)).one() == ana["id"]


def test_the_same_copy_never_counts_twice(ana):
    take_in(letter(), source="x")
    take_in(letter(), source="x")
    take_in(letter(cc="", Delivered_To=DROPBOX), source="x")
    take_in(letter().replace(b"the offer.", b"the offer.\n--\nfooter of the server"), source="x")

    assert len(talks()) == 1


def test_each_known_person_has_the_talk_and_it_is_taken_back_from_all(people, ana):
    bob = make(people["stan"], "contact", name="Bob", email="bob@far.example")
    take_in(
        letter(to="Ana <ana@kavarna.example>, bob@far.example, mona@example.com, who@nobody.example"),
        source="x",
    )
    assert [talk.contact_id for talk in talks()] == [ana["id"], bob["id"]]

    with unit_of_work(people["stan"]) as work:
        take_back(work, message().id)
    assert (talks(), message().state) == ([], "waiting")


def test_the_deal_is_the_one_named_else_the_only_open_one(people, ana):
    def told(**more):
        take_in(letter(**more), source="x")
        return talks()[-1].deal_id

    first = make(people["stan"], "deal", title="One", number="D-71", contact_id=ana["id"])
    assert told(Message_Id2="1") == first["id"]
    second = make(people["stan"], "deal", title="Two", number="D-72", contact_id=ana["id"])
    assert told(subject="Which one") is None
    assert told(subject="Re: [D-72] Offer") == second["id"]
    assert told(cc="log+d-71@berg.example", subject="By address") == first["id"]
    make(people["sue"], "deal", title="Other", number="D-90")
    assert told(subject="[D-90] not theirs") is None


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        (
            {"Authentication_Results": "mx.berg.example; dmarc=pass header.from=example.com; spf=fail"},
            "logged",
        ),
        ({"Authentication_Results": "mx.berg.example; auth=pass smtp.auth=stan"}, "logged"),
        ({"Authentication_Results": "mx.berg.example; dmarc=fail; dkim=pass header.d=evil.example"}, "waits"),
        ({"Authentication_Results": "mx.berg.example; spf=softfail; dkim=none"}, "waits"),
    ],
)
def test_a_copy_that_our_server_doubts_waits(ana, headers, outcome):
    assert take_in(letter(**headers), source="x") == outcome

    assert (len(talks()), message().kind) == (outcome == "logged", "copy")


def test_only_colleagues_log_and_who_went_unknown_waits(ana):
    assert take_in(letter(sender="ana@kavarna.example", to="eve@far.example"), source="x") == "waits"
    assert (message().kind, talks()) == ("question", [])
    assert take_in(letter(to="eve@far.example", subject="b"), source="x") == "waits"
    assert (message().kind, message().reason) == (
        "copy",
        "Nobody it went to is known. Put it where it belongs.",
    )
