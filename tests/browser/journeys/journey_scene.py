"""A server that sends its mail to a real mail server on loopback, and what a journey asks of both."""

import re
from contextlib import contextmanager

from crm.access.actors import find_actor
from tests.browser.hands import in_process
from tests.factories import make_people
from tests.service.mail.mail_scene import Inbox, mail_settings, smtp_server

#: What a person's browser says of itself; the one of the tests calls itself headless, as scanners do.
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@contextmanager
def mailing_house(app_server):
    """A server with the people of ``tests.factories``, the inbox that its mail goes to, and the actors by name."""
    with smtp_server(Inbox()) as inbox:
        env = mail_settings(inbox.port)
        # Links in the messages lead to the server itself.
        del env["CRM_PUBLIC_URL"]
        house = app_server(env=env)
        with in_process(house):
            people = {name: find_actor(user_id) for name, user_id in make_people().items()}
        yield house, inbox, people


def letters(inbox, to, subject=""):
    """What this address got, the subject holding these words."""
    return [message for address, message in inbox.taken if address == to and subject in message["subject"]]


def address_in(message, start):
    """The address in a message's plain text that begins like this."""
    text = message.get_body(("plain",)).get_content()
    return re.search(rf"{re.escape(start)}\S+", text)[0]
