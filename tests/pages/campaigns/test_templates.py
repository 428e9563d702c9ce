"""The screens of templates: list, editor, preview, test; what is wrong is said at its line."""

import re
from base64 import b64decode

import pytest
from sqlalchemy import select

from crm.config import settings
from crm.errors import NotFound, Refused
from crm.mail.templates.render import Source
from crm.mail.templates.templates import copy_template, preview, send_test
from crm.work import SYSTEM, reading, unit_of_work
from db.models import MessageTemplate, Outbox, User
from tests.factories import change, make


@pytest.fixture
def template(house, actor_of):
    """A template of Mona's; the stored record."""
    return make(actor_of("mona"), "message_template", body="Dear {{ contact.name }},\n\nwe have {{ offer }}.")


def stored(template):
    with reading(SYSTEM) as session:
        return session.get(MessageTemplate, template["id"])


def element(page, kind, label):
    (found,) = [one for one in getattr(page, kind) if one.label == label]
    return found


def write(page, label, text):
    kind = "text_area" if label == "Text" else "text_input"
    element(page, kind, label).set_value(text)
    return page.run()


def press(page, label):
    (found,) = [one for one in page.button if one.label == label]
    found.click()
    return page.run()


def words(page):
    said = " ".join(str(one.value) for one in [*page.markdown, *page.caption, *page.error, *page.code])
    return re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", said)


def shown(page):
    """The HTML of the preview."""
    (frame,) = page.get("iframe")
    return b64decode(frame.proto.src.partition("base64,")[2]).decode()


def test_the_list_shows_templates_and_is_empty_with_a_way_to_fill_it(open_page, actor_of):
    page = open_page("templates", as_="mona")
    assert not page.exception
    assert "A template is a message with places for names" in words(page)

    make(actor_of("mona"), "message_template")
    page = open_page("templates", as_="mona")
    assert "1 template" in words(page)


def test_a_template_is_previewed_with_sample_values(open_page, template):
    page = open_page("template", as_="mona", id=template["id"])

    assert not page.exception
    assert "A filter for Ana" in words(page)
    assert "Dear Ana Olivares," in shown(page)
    assert "20 % off the first three months" in shown(page)
    assert "Unsubscribe" in shown(page)


def test_a_chosen_contact_is_shown_their_own_message(open_page, template, actor_of):
    contact = make(actor_of("mona"), "contact", name="Bo *Bold* <b>", first_name="Bo")
    page = open_page("template", as_="mona", id=template["id"])

    element(page, "selectbox", "Contact").select(contact["id"])
    page.run()

    assert "A filter for Bo" in words(page)
    assert "Dear Bo *Bold* &lt;b&gt;," in shown(page)


def test_the_plain_text_is_what_goes_out_beside_the_html(open_page, template):
    page = open_page("template", as_="mona", id=template["id"], template_shape="Plain text")

    assert "Dear Ana Olivares," in words(page)
    assert page.get("iframe") == []


def test_what_is_wrong_is_said_at_its_line_and_nothing_is_stored(open_page, template):
    page = open_page("template", as_="mona", id=template["id"])

    page = write(page, "Text", "Dear {{ contact.firstname }}\n{% for i in range(10**9) %}x{% endfor %}")
    assert "Line 1: There is no field “contact.firstname”. Did you mean “contact.first_name”?" in words(page)
    assert "Line 2: A loop goes over contact.tags" in words(page)
    assert page.get("iframe") == []

    page = press(page, "Save")
    assert "The template was not stored." in page.error[0].value
    assert element(page, "text_area", "Text").value.startswith("Dear {{ contact.firstname }}")
    assert stored(template).body == template["body"]


def test_what_was_written_is_stored(open_page, template):
    page = open_page("template", as_="mona", id=template["id"])

    page = write(page, "Subject", "New for {{ contact.name }}")
    assert "Not stored yet" in " ".join(t.value for t in page.title)
    element(page, "selectbox", "Language of the message").select("da")
    page = press(page, "Save")

    assert not page.exception
    row = stored(template)
    assert (row.subject, row.language, row.body) == ("New for {{ contact.name }}", "da", template["body"])
    assert "Not stored yet" not in " ".join(t.value for t in page.title)


def test_two_people_who_change_different_texts_both_keep_theirs(open_page, template, actor_of):
    page = open_page("template", as_="mona", id=template["id"])
    page = write(page, "Subject", "Mine")
    change(actor_of("ada"), "message_template", template, body="Theirs")

    page = press(page, "Save")

    assert not page.exception
    row = stored(template)
    assert (row.subject, row.body) == ("Mine", "Theirs")


def test_two_people_who_change_the_same_text_are_asked(open_page, template, actor_of):
    page = open_page("template", as_="mona", id=template["id"])
    page = write(page, "Subject", "Mine")
    change(actor_of("ada"), "message_template", template, subject="Theirs")

    page = press(page, "Save")
    assert "Someone else changed this template" in words(page)
    assert "Theirs" in words(page)
    assert stored(template).subject == "Theirs"

    page = press(press(page, "Keep mine"), "Save")
    assert stored(template).subject == "Mine"


def test_the_stored_text_can_be_taken_instead(open_page, template, actor_of):
    page = open_page("template", as_="mona", id=template["id"])
    page = write(page, "Subject", "Mine")
    change(actor_of("ada"), "message_template", template, subject="Theirs")

    page = press(press(page, "Save"), "Take the stored texts")

    assert element(page, "text_input", "Subject").value == "Theirs"
    assert stored(template).subject == "Theirs"


def test_a_test_goes_to_my_own_address_as_it_stands_here(open_page, template, monkeypatch):
    monkeypatch.setenv("CRM_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("CRM_MAIL_FROM", "Kavarna <hello@kavarna.example>")
    settings.cache_clear()
    page = open_page("template", as_="mona", id=template["id"])
    page = write(page, "Subject", "Not stored")

    page = press(page, "Send me a test")

    with reading(SYSTEM) as session:
        (payload,) = session.scalars(select(Outbox.payload)).all()
    assert (payload["to"], payload["subject"]) == ("mona@example.com", "[Test] Not stored")
    assert "Dear Ana Olivares," in payload["text"]
    assert "mona@:small[]example.com in a moment" in page.toast[0].value
    settings.cache_clear()


def test_without_a_mail_server_it_is_said_that_the_test_waits(open_page, template):
    page = press(open_page("template", as_="mona", id=template["id"]), "Send me a test")

    assert "No mail server is set up" in page.toast[0].value


def test_someone_without_the_right_to_change_only_looks(open_page, template):
    page = open_page("template", as_="vic", id=template["id"])

    assert not page.exception
    assert "Dear Ana Olivares," in shown(page)
    assert [one.label for one in page.button if one.label == "Save"] == []
    assert element(page, "text_area", "Text").disabled


def test_a_template_of_another_team_is_not_there(open_page, template):
    page = open_page("template", as_="sue", id=template["id"])

    assert "There is no template" in words(page)


def test_nobody_sees_a_template_without_signing_in(open_page, template):
    page = open_page("template", as_=None, id=template["id"])

    assert "Dear" not in words(page)
    assert page.get("iframe") == []


def test_a_contact_of_another_team_does_not_show_in_a_preview(actor_of, template):

    theirs = make(actor_of("sue"), "contact", name="Secret")

    with reading(actor_of("stan")) as session, pytest.raises(NotFound):
        preview(session, Source("x", "{{ contact.name }}"), theirs["id"])


def test_someone_without_an_address_is_told_so(actor_of, template):

    with unit_of_work(SYSTEM) as work:
        work.session.scalars(select(User).where(User.name == "Mona")).one().email = None

    with pytest.raises(Refused, match="no e-mail address"), unit_of_work(actor_of("mona")) as work:
        send_test(work, Source("x", "y"), None)


def test_a_copy_has_the_same_texts_and_its_own_name(actor_of, template):

    with unit_of_work(actor_of("mona")) as work:
        made = copy_template(work, template["id"])

    row = stored({"id": made})
    assert (row.name, row.body, row.owner_id) == (
        "Copy of Autumn offer",
        template["body"],
        template["owner_id"],
    )


def test_the_fields_of_a_message_are_listed(open_page, template):
    page = open_page("template", as_="mona", id=template["id"])

    (table,) = page.table
    fields = list(table.value.iloc[:, 0])
    assert "`{{ contact.first_name }}`" in fields
    assert "`{{ offer }}`" in fields
