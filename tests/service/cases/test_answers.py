"""What goes back to the customer, and two people who answer at once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.errors import Refused
from crm.mail.receiving.intake import take_in
from crm.mail.sending.postman import Postman, send_all
from crm.service.cases import cases
from crm.service.cases.answers import Attached, Extras
from crm.service.cases.crossing import Crossed, others_writing, seen_now, stop_writing, write_on
from crm.service.cases.merge import merge_cases
from crm.work import SYSTEM, reading, unit_of_work
from db.models import AddressProblem, StoredFile
from tests.factories import make
from tests.service.cases.case_scene import do, outbox, view
from tests.service.mail.mail_scene import inbox  # noqa: F401

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
LETTER = (
    "From: Ana Olivares <ana@casa.example>\r\nTo: hello@kavarna.example\r\nSubject: Re: [{number}] Grinder\r\n"
    "Message-ID: <abc.1@casa.example>\r\nReferences: <first@casa.example>\r\n\r\nSince <Monday>.\r\n\r\n> Since when?\r\n"
)


@pytest.fixture
def case(people):
    """A case of Stan's whose contact has an address."""
    ana = make(people["stan"], "contact", name="Ana Olivares", email="ana@casa.example")
    return make(people["stan"], "case", contact_id=ana["id"], description="It stops.")


def sent(box):
    send_all(Postman())
    return box.taken[-1][1]


def seen(actor, case):
    with reading(actor) as session:
        return seen_now(session, case["id"])


class TestReply:
    def test_it_goes_out_as_a_person_writes(self, people, case, inbox):  # noqa: F811
        take_in(LETTER.format(number=case["number"]).encode(), source="test")
        files = [Attached("Ažur\r\n.png", "text/html", PICTURE), Attached("list.txt", "text/plain", b"one\n")]

        extras = Extras(["bo@casa.example", "Bo@casa.example ", "ana@casa.example"], files)
        do(
            people["stan"],
            cases.reply,
            case["id"],
            "See <https://a.example/x?y=1&z>.",
            key="k",
            extras=extras,
        )
        message = sent(inbox)

        assert message["From"] == "Stan <hello@kavarna.example>"
        assert (message["To"], message["Cc"]) == ("ana@casa.example", "bo@casa.example")
        assert message["In-Reply-To"] == "<abc.1@casa.example>"
        assert message["References"].split()[1:] == ["<first@casa.example>", "<abc.1@casa.example>"]
        text, html = (message.get_body((k,)).get_content().replace("\r\n", "\n") for k in ("plain", "html"))
        assert text.startswith("See <https://a.example/x?y=1&z>.\n\nStan")
        assert "Ana Olivares wrote:\n> Since <Monday>.\n" in text
        assert '<a href="https://a.example/x?y=1&amp;z">' in html
        assert "Since &lt;Monday&gt;." in html
        assert "Since when?" not in text
        got = [(f.get_filename(), f.get_content_type(), f.get_content()) for f in message.iter_attachments()]
        assert got == [("Ažur .png", "image/png", PICTURE), ("list.txt", "text/plain", "one\n")]
        (shown,) = [m for m in view(people["stan"], case).messages if m.kind == "reply"]
        assert [f.name for f in shown.files] == ["Ažur .png", "list.txt"]
        assert shown.cc == "bo@casa.example"

    def test_without_mail_of_theirs_it_answers_our_last_one(self, people, case, inbox):  # noqa: F811
        do(people["stan"], cases.reply, case["id"], "One", key="a")
        first = sent(inbox)
        do(people["stan"], cases.reply, case["id"], "Two", key="b", extras=Extras(quote=False))
        second = sent(inbox)

        assert "> It stops." in first.get_body(("plain",)).get_content()
        assert "It stops." not in second.get_body(("plain",)).get_content()
        assert second["In-Reply-To"] == first["Message-ID"]
        assert first["References"] == second["References"].split()[0]

    def test_a_copy_that_the_server_refuses_costs_nobody_else_their_message(self, people, case, inbox):  # noqa: F811
        inbox.on = lambda step, to: "550 no such user" if (step, to) == ("rcpt", "bo@casa.example") else None
        extras = Extras(["bo@casa.example"])
        do(people["stan"], cases.reply, case["id"], "Hello", key="k", extras=extras)

        assert sent(inbox)["To"] == "ana@casa.example"
        (shown,) = [m for m in view(people["stan"], case).messages if m.kind == "reply"]
        assert shown.mail == "copyless"
        with reading(SYSTEM) as session:
            assert session.scalars(select(AddressProblem.address)).all() == []

    @pytest.mark.parametrize(
        ("extras", "said"),
        [
            (Extras(["ana"]), "Copy to “ana”"),
            (Extras(["dead@casa.example"]), "dead@casa.example does not take mail"),
            (Extras([f"p{n}@casa.example" for n in range(21)]), "At most 20 people"),
            (Extras(files=[Attached("x", "", b"x")] * 21), "At most 20 files"),
            (Extras(files=[Attached("x", "", b"x" * 11_000_000)] * 2), "at most 20 MB"),
        ],
    )
    def test_what_cannot_go_along_stores_nothing(self, people, case, dump, extras, said):
        with unit_of_work(SYSTEM) as work:
            work.session.add(AddressProblem(address="dead@casa.example", kind="bounce"))
        before = dump()

        with pytest.raises(Refused, match=said):
            do(people["stan"], cases.reply, case["id"], "Hello", key="k", extras=extras)

        assert dump() == before

    def test_without_an_address_files_stay_and_copies_are_refused(self, people):
        case = make(people["stan"], "case")
        do(
            people["stan"],
            cases.reply,
            case["id"],
            "One",
            key="a",
            extras=Extras(files=[Attached("x", "", b"x")]),
        )

        with pytest.raises(Refused, match="So no copy goes out either"):
            do(people["stan"], cases.reply, case["id"], "Two", key="b", extras=Extras(["bo@casa.example"]))

        with reading(people["stan"]) as session:
            assert session.scalars(select(StoredFile.name)).all() == ["x"]
        assert outbox() == []

    def test_a_bounce_of_a_copy_does_not_silence_the_customer(self, people, case, inbox):  # noqa: F811
        do(people["stan"], cases.reply, case["id"], "Hello", key="k", extras=Extras(["bo@casa.example"]))
        token = sent(inbox)["X-Rapport-Key"]
        bounce = (
            "From: <mailer-daemon@casa.example>\r\nTo: hello@kavarna.example\r\nSubject: Undelivered\r\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nNot delivered.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; casa.example\r\n\r\n"
            "Final-Recipient: rfc822; bo@casa.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
            f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nX-Rapport-Key: {token}\r\n\r\n--b--\r\n"
        )
        take_in(bounce.encode(), source="test")

        with reading(SYSTEM) as session:
            assert session.scalars(select(AddressProblem.address)).all() == ["bo@casa.example"]


class TestCrossing:
    def test_an_answer_that_crosses_another_is_refused_with_what_came(self, people, case, dump):
        read = seen(people["stan"], case)
        do(people["mona"], cases.reply, case["id"], "We come tomorrow.", key="m")
        before = dump()

        with pytest.raises(Crossed, match="Mona answered a moment ago: read it before you send") as crossed:
            do(people["stan"], cases.reply, case["id"], "Send it in.", key="s", seen=read)

        assert dump() == before
        assert [(m.who, m.text) for m in crossed.value.messages] == [("Mona", "We come tomorrow.")]
        do(people["stan"], cases.reply, case["id"], "As Mona says.", key="s", seen=crossed.value.seen)

    def test_the_customers_word_and_a_colleagues_note_count_too(self, people, case):
        for act, more in ((cases.customer_message, {"key": "c"}), (cases.add_note, {})):
            read = seen(people["stan"], case)
            do(people["mona"], act, case["id"], "It works again.", **more)
            with pytest.raises(Crossed):
                do(people["stan"], cases.reply, case["id"], "Hello", key="s", seen=read)

    def test_an_own_note_and_what_was_read_do_not(self, people, case):
        read = seen(people["stan"], case)
        do(people["stan"], cases.add_note, case["id"], "Burrs?")

        do(people["stan"], cases.reply, case["id"], "Hello", key="s", seen=read)

    def test_a_merge_counts_as_news(self, people, case):
        other = make(people["stan"], "case", subject="Other")
        do(people["stan"], cases.customer_message, other["id"], "Older", key="o")
        do(people["stan"], cases.customer_message, case["id"], "Newer", key="n")
        read = seen(people["stan"], case)
        do(people["mona"], merge_cases, other["id"], case["id"])

        with pytest.raises(Crossed, match="merged into this one"):
            do(people["stan"], cases.reply, case["id"], "Hello", key="s", seen=read)

    def test_a_repeat_of_what_was_sent_is_no_crossing(self, people, case):
        read = seen(people["stan"], case)
        first = do(people["stan"], cases.reply, case["id"], "Hello", key="s", seen=read)

        assert do(people["stan"], cases.reply, case["id"], "Hello", key="s", seen=read) == first

    def test_who_writes_is_shown_to_others_for_a_while(self, people, case):
        def writing(name, after=0):
            with reading(people[name]) as session, unit_of_work(SYSTEM) as work:
                return others_writing(session, case["id"], work.now + timedelta(seconds=after))

        for _twice in range(2):
            do(people["stan"], write_on, case["id"])
        do(people["sue"], write_on, case["id"])

        assert (writing("mona"), writing("stan"), writing("sue")) == (["Stan"], [], [])
        assert writing("mona", after=60) == []
        do(people["stan"], stop_writing, case["id"])
        assert writing("mona") == []

    def test_sending_ends_the_writing(self, people, case):
        do(people["stan"], write_on, case["id"])
        do(people["stan"], cases.reply, case["id"], "Hello", key="s")

        with reading(people["mona"]) as session, unit_of_work(SYSTEM) as work:
            assert others_writing(session, case["id"], work.now) == []
