"""Any SMTP server by settings: in the clear, by STARTTLS, by TLS, with a password; and what keeps us out is said."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crm.config import settings
from crm.mail.sending.outbox import queue_mail
from crm.mail.sending.postman import Postman, send_all
from crm.mail.sending.smtp import Trouble
from crm.work import SYSTEM, unit_of_work
from db.models import Outbox
from tests.service.mail.mail_scene import Inbox, mail_settings, rows, smtp_server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of 127.0.0.1 that only those believe who are told to; the file with it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@pytest.fixture
def server_side(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def sends(database, monkeypatch):
    """Set this program up for a server and send one message through it."""

    def send(port, to="ana@example.com", **more):
        for name, value in mail_settings(port, **more).items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        with unit_of_work(SYSTEM) as work:
            queue_mail(work, key=f"k:{to}", to=to, subject="Grüße, ☕", text="Schön")
        return send_all(Postman())

    yield send
    monkeypatch.undo()
    settings.cache_clear()


def right_password(server, session, envelope, mechanism, data):
    assert isinstance(data, LoginPassword)
    return AuthResult(success=data == LoginPassword(b"crm", b"right"), handled=False)


def test_starttls_with_a_password(sends, server_side, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    secure = {"tls_context": server_side, "require_starttls": True, "authenticator": right_password}
    with smtp_server(Inbox(), auth_required=True, **secure) as inbox:
        sends(inbox.port, CRM_SMTP_SECURITY="starttls", CRM_SMTP_USER="crm", CRM_SMTP_PASSWORD="right")

    ((to, message),) = inbox.taken
    assert to == "ana@example.com"
    assert message["subject"] == "Grüße, ☕"
    assert message.get_content().strip() == "Schön"


def test_tls_from_the_first_byte(sends, server_side, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with smtp_server(Inbox(), ssl_context=server_side) as inbox:
        sends(inbox.port, CRM_SMTP_SECURITY="tls")

    assert inbox.addresses() == ["ana@example.com"]


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(sends, server_side):
    secure = {"tls_context": server_side, "require_starttls": True}
    with smtp_server(Inbox(), **secure) as inbox, pytest.raises(Trouble, match="certificate"):
        sends(inbox.port, CRM_SMTP_SECURITY="starttls")

    assert inbox.taken == []


def test_a_server_without_encryption_gets_nothing_when_encryption_is_asked_for(sends):
    with smtp_server(Inbox()) as inbox, pytest.raises(Trouble, match="STARTTLS"):
        sends(inbox.port, CRM_SMTP_SECURITY="starttls")

    assert inbox.taken == []


def test_a_wrong_password_is_said_and_the_message_waits(sends, server_side, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    secure = {"tls_context": server_side, "require_starttls": True, "authenticator": right_password}
    with smtp_server(Inbox(), auth_required=True, **secure) as inbox, pytest.raises(Trouble, match="535"):
        sends(inbox.port, CRM_SMTP_SECURITY="starttls", CRM_SMTP_USER="crm", CRM_SMTP_PASSWORD="wrong")

    ((state, problem),) = rows(Outbox.state, Outbox.problem)
    assert state == "queued"
    assert "535" in problem
    assert "wrong" not in problem


def test_an_address_in_another_script_goes_to_a_server_that_can_write_it(sends):
    with smtp_server(Inbox(), enable_SMTPUTF8=True) as inbox:
        sends(inbox.port, to="jörg@example.com")

    assert inbox.addresses() == ["jörg@example.com"]


def test_an_address_that_the_server_cannot_write_fails_by_itself(sends):
    with smtp_server(Inbox(), enable_SMTPUTF8=False) as inbox:
        sends(inbox.port, to="jörg@example.com")

    assert inbox.taken == []
    ((state, problem),) = rows(Outbox.state, Outbox.problem)
    assert state == "failed"
    assert "cannot write this address" in problem


def test_a_sender_with_a_comma_and_an_envelope_of_its_own(sends):
    with smtp_server(Inbox()) as inbox:
        seen = []
        handle = inbox.handle_MAIL

        async def noted(server, session, envelope, address, options):
            seen.append(address)
            return await handle(server, session, envelope, address, options)

        inbox.handle_MAIL = noted
        sends(
            inbox.port,
            CRM_MAIL_FROM='"Brew, Bäcker & Berg" <hello@kavarna.example>',
            CRM_MAIL_BOUNCE="bounces@kavarna.example",
        )

    assert seen == ["bounces@kavarna.example"]
    assert inbox.taken[0][1]["from"] == '"Brew, Bäcker & Berg" <hello@kavarna.example>'
