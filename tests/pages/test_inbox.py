"""The inbox: what waits, one click to file it, the way back, and who may."""

import pytest
from sqlalchemy import select

from crm.access.actors import find_actor
from crm.campaigns.forms.held import hold
from crm.campaigns.forms.questions import fields_of
from crm.mail.inbox.chosen import mailbox_rules
from crm.mail.inbox.filing import file_message, ignore, take_back
from crm.mail.receiving.intake import take_in
from crm.ui.frame import routes
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Case, CaseMessage, FormAnswer, IncomingMessage, Interaction, Lead, WebForm
from tests.factories import make
from tests.service.mail import mail_letters as letters


@pytest.fixture
def ana(house):
    """A contact of Stan's with an open case."""
    stan = find_actor(house["stan"])
    ana = make(stan, "contact", name="Ana Novak", email="ana@kavarna.example")
    return ana | {"case": make(stan, "case", subject="Grinder stops", contact_id=ana["id"])}


def click(page, name):
    """Press the one button of this name; its key says for which message it is."""
    (found,) = [button for button in page.button if str(button.key).startswith(name)]
    return found.click().run()


def message(row_id=None):
    with reading(SYSTEM) as session:
        return session.scalars(select(IncomingMessage)).first()


def count(cls, *where):
    with reading(SYSTEM) as session:
        return len(session.scalars(select(cls.id).where(cls.archived_at.is_(None), *where)).all())


def test_nothing_waits(open_page):
    page = open_page("inbox", as_="stan")

    assert not page.exception
    assert page.title[0].value.startswith("Inbox")


def test_a_question_is_put_into_the_case_it_probably_belongs_to(open_page, ana):
    take_in(
        letters.with_file(sender="ana@kavarna.example", subject="It stopped again", text="Now what?"),
        source="x",
    )

    page = open_page("inbox", as_="stan")
    assert not page.exception
    assert "an open case of Ana Novak" in " ".join(m.value for m in page.markdown)
    click(page, "inbox_first")

    assert not page.exception
    found = message()
    assert (found.state, found.case_id) == ("filed", ana["case"]["id"])
    with reading(SYSTEM) as session:
        assert session.scalars(select(CaseMessage.body)).all() == ["Now what?"]

    # What was just done is named with a link, and taken back from there or from the list of what is filed.
    assert "Done: It stopped again" in " ".join(m.value for m in page.markdown)
    click(page, "inbox_undo")
    assert (message().state, message().case_id) == ("waiting", None)
    click(page, "inbox_first")

    page = open_page("inbox", as_="stan", inbox_show="Filed")
    click(page, "inbox_back")
    assert not page.exception
    assert (message().state, message().case_id) == ("waiting", None)
    with reading(SYSTEM) as session:
        assert session.scalars(select(CaseMessage.body)).all() == []


@pytest.mark.parametrize(
    ("key", "cls"), [("inbox_first", Case), ("inbox_other_0", Lead)], ids=["case", "lead"]
)
def test_a_stranger_becomes_a_case_or_lead_and_the_way_back_puts_it_away(open_page, house, key, cls):
    take_in(letters.answer(sender="eve@far.example", subject="A question"), source="x")
    page = open_page("inbox", as_="mona")
    click(page, key)

    assert not page.exception
    assert [e.value for e in page.error] == []
    assert count(cls) == 1
    page = open_page("inbox", as_="mona", inbox_show="Filed")
    click(page, "inbox_back")
    assert not page.exception
    assert count(cls) == 0
    assert message().state == "waiting"


def test_a_stranger_becomes_a_contact_with_a_talk(open_page, house):
    take_in(letters.answer(sender="eve@far.example", subject="A question"), source="x")
    page = open_page("inbox", as_="stan")
    click(page, "inbox_new_contact")

    assert not page.exception
    assert count(Interaction, Interaction.subject == "A question") == 1
    assert message().contact_id is not None


def test_what_is_not_for_us_is_put_aside_and_kept(open_page, house):
    take_in(letters.answer(sender="eve@far.example"), source="x")
    click(open_page("inbox", as_="stan"), "inbox_ignore")
    assert message().state == "ignored"

    click(open_page("inbox", as_="stan", inbox_show="Not for us"), "inbox_back")
    assert message().state == "waiting"


def test_the_menu_says_how_many_wait(house, monkeypatch):
    take_in(letters.answer(sender="eve@far.example"), source="x")
    monkeypatch.setattr(routes, "_made", lambda _screen, title, _shown: title)

    def titles(name):
        return [title for group in routes.menu(find_actor(house[name])).values() for title in group]

    assert "Inbox · 1" in titles("stan")
    assert "Inbox" in titles("sue")


def test_another_team_and_who_only_looks_file_nothing(open_page, ana):
    take_in(letters.answer(sender="ana@kavarna.example", subject="Hello"), source="x")

    other = open_page("inbox", as_="sue")
    assert not other.exception
    assert not [button for button in other.button if str(button.key).startswith("inbox_first")]
    looking = open_page("inbox", as_="vic")
    assert not looking.exception
    assert not [button for button in looking.button if str(button.key).startswith("inbox_first")]


def test_nobody_signed_in_sees_nothing(open_page):
    page = open_page("inbox", as_=None)

    assert not page.radio
    assert "signed out" in page.title[0].value


def test_two_messages_that_read_alike_are_two_rows(open_page, house):
    for number in (1, 2):
        take_in(
            letters.answer(sender="eve@far.example", message_id=f"<{number}@x>", text=f"Words {number}"),
            source="x",
        )
    page = open_page("inbox", as_="stan")

    assert len(set(page.radio[0].options)) == 2
    page.radio[0].set_value(message_ids()[1]).run()

    assert not page.exception
    assert "Words 2" in " ".join(m.value for m in page.markdown)
    click(page, "inbox_ignore")
    with reading(SYSTEM) as session:
        states = session.scalars(select(IncomingMessage.state).order_by(IncomingMessage.id)).all()
    assert states == ["waiting", "ignored"]


def message_ids():
    with reading(SYSTEM) as session:
        return session.scalars(select(IncomingMessage.id).order_by(IncomingMessage.id)).all()


def test_the_menu_follows_each_click_at_once(house, monkeypatch):
    monkeypatch.setattr(routes, "_made", lambda _screen, title, _shown: title)
    stan = find_actor(house["stan"])

    def shown():
        return [t for group in routes.menu(stan).values() for t in group if t.startswith("Inbox")]

    take_in(letters.answer(sender="eve@far.example"), source="x")
    assert shown() == ["Inbox · 1"]
    with unit_of_work(stan) as work:
        ignore(work, message_ids()[0])
    assert shown() == ["Inbox"]
    with unit_of_work(stan) as work:
        take_back(work, message_ids()[0])
    assert shown() == ["Inbox · 1"]


def test_an_administrator_says_what_becomes_of_questions(open_page, house):
    page = open_page("settings", as_="ada", settings_part="Mail")
    assert not page.exception
    page.number_input(key="mail_reopen").set_value(14)
    next(button for button in page.button if button.label == "Save").click().run()

    assert not page.exception
    with reading(SYSTEM) as session:
        assert mailbox_rules(session).reopen_days == 14


def test_a_click_for_a_message_that_a_colleague_filed_files_no_other(open_page, house):
    for number in (1, 2):
        take_in(
            letters.answer(sender="eve@far.example", message_id=f"<{number}@x>", text=f"Words {number}"),
            source="x",
        )
    page = open_page("inbox", as_="stan")
    page.radio[0].set_value(message_ids()[1]).run()
    with unit_of_work(find_actor(house["mona"])) as work:
        ignore(work, message_ids()[1])

    click(page, "inbox_first")

    assert not page.exception
    assert count(Case) == 0
    with reading(SYSTEM) as session:
        states = session.scalars(select(IncomingMessage.state).order_by(IncomingMessage.id)).all()
    assert states == ["waiting", "ignored"]
    assert "dealt with" in " ".join(i.value for i in page.info)


def test_what_went_out_of_reach_by_the_click_leaves_the_list_usable(open_page, house):
    case = make(find_actor(house["sue"]), "case", subject="Of the other team")
    for number in (1, 2):
        take_in(
            letters.answer(sender="eve@far.example", message_id=f"<{number}@x>", text=f"Words {number}"),
            source="x",
        )
    page = open_page("inbox", as_="stan")
    page.radio[0].set_value(message_ids()[0]).run()
    with unit_of_work(find_actor(house["mona"])) as work:
        file_message(work, message_ids()[0], "case", case["id"])

    click(page, "inbox_ignore")

    assert not page.exception
    assert [e.value for e in page.error] == []
    assert page.radio[0].value == message_ids()[1]


def test_a_very_long_message_is_drawn_in_part_until_all_is_asked_for(open_page, ana):
    words = "It stopped again.\n" * 9_000 + "The end."
    take_in(letters.answer(sender="eve@far.example", text=words), source="x")

    page = open_page("inbox", as_="mona")
    assert sum(len(m.value) for m in page.markdown) < 20_000
    page = click(page, "inbox_words")
    assert page.text[-1].value.endswith("The end.")
    click(page, "inbox_first")

    page = open_page("case", as_="mona", id=message().case_id)
    assert sum(len(m.value) for m in page.markdown) < 30_000
    page = click(page, "words_")
    assert page.text[-1].value.endswith("The end.")


def test_a_message_without_words_says_so(open_page, house):
    take_in(letters.with_file(sender="eve@far.example", text=""), source="x")

    page = open_page("inbox", as_="mona")

    assert "This message has no words." in [c.value for c in page.caption]


def test_an_answer_that_was_held_is_let_in_refused_and_taken_back(open_page, house):
    form = make(find_actor(house["stan"]), "web_form", title="Ask us", review="everything")
    with unit_of_work(SYSTEM) as work:
        row = work.session.get_one(WebForm, form["id"])
        answer = FormAnswer(
            form_id=row.id, key="1", answers={"name": "Eva [x](http://x.example)", "email": "eva@far.example"}
        )
        hold(work, row, answer, fields_of(row.fields), ["it has links"], "")

    day = open_page("my_day", as_="stan")
    assert not day.exception
    assert r"Eva \[x\]" in " ".join(m.value for m in day.markdown)
    bell = "1 answer to a web form waits for a decision"
    assert bell in [link.proto.label for link in day.get("page_link")]
    other = open_page("my_day", as_="vic")
    assert bell not in [link.proto.label for link in other.get("page_link")]
    led = click(day, "my_day_held")
    assert not led.exception
    assert "Held: it has links" in " ".join(c.value for c in led.caption)
    page = open_page("inbox", as_="stan")
    assert [
        b.label for b in page.button if str(b.key).startswith(("inbox_first", "inbox_ignore", "inbox_new"))
    ] == [
        "Let it in",
        "Refuse",
    ]
    click(page, "inbox_first")
    assert not page.exception
    assert (message().state, count(Lead)) == ("filed", 1)
    click(page, "inbox_undo")
    assert (message().state, count(Lead)) == ("waiting", 0)
    click(page, "inbox_ignore")
    assert not page.exception
    assert (message().state, count(Lead)) == ("ignored", 0)


def test_a_message_that_find_leads_to_stands_first_and_is_shown(open_page, house):
    for at in range(22):
        take_in(
            letters.answer(sender="eve@far.example", subject=f"Question {at}", message_id=f"<{at}@x>"),
            source="x",
        )
    with reading(SYSTEM) as session:
        last = session.scalars(select(IncomingMessage.id).order_by(IncomingMessage.id.desc())).first()

    page = open_page("inbox", as_="stan", message=str(last))

    assert not page.exception
    assert "Question 21" in " ".join(m.value for m in page.markdown)
