"""Messages as other mail programs write them: bounces of several makes, a complaint, an absence, answers."""

from email.message import EmailMessage


def postfix(*, to="m1@example.com", status="5.1.1", said="550 5.1.1 nobody here", action="failed", mark=""):
    """RFC 3464, as Postfix writes it."""
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example.com (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: hello@kavarna.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

<{to}>: host mx.example.com said: {said}

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
Arrival-Date: Tue, 10 Mar 2026 12:00:00 +0000

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--B
Content-Type: text/rfc822-headers

Message-ID: <{mark or "other"}@kavarna.example>
Subject: A filter for M1

--B--
""".encode()


def qmail(*, to="m1@example.com", said="550 sorry, no mailbox here by that name (#5.1.1)", mark=""):
    """Plain words, as qmail writes them."""
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example.com
To: hello@kavarna.example
Subject: failure notice

Hi. This is the qmail-send program at mx.example.com.
I'm afraid I wasn't able to deliver your message to the following addresses.

<{to}>:
{said}

--- Below this line is a copy of the message.

X-Rapport-Key: {mark}
To: somebody.else@example.com
""".encode()


def complaint(*, to="m1@example.com", mark=""):
    """RFC 5965: somebody pressed "spam"."""
    return f"""\
From: feedback@isp.example
Subject: FW: A filter for M1
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <{to}>

--B
Content-Type: message/rfc822

Message-ID: <{mark or "other"}@kavarna.example>
Subject: A filter for M1

Dear M1
--B--
""".encode()


def answer(*, sender="m1@example.com", text="Yes please", subject="Re: A filter", to_message="", **headers):
    """Somebody answers one of our messages."""
    message = EmailMessage()
    message["From"] = f"Somebody <{sender}>"
    message["To"] = "hello@kavarna.example"
    message["Subject"] = subject
    message["Message-ID"] = headers.pop("message_id", "<answer-1@example.com>")
    if to_message:
        message["In-Reply-To"] = to_message
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return bytes(message)


def with_file(
    *,
    sender="m1@example.com",
    text="See the picture",
    subject="A picture",
    content=b"\xff\xd8\xff\xe0\x00\x10JFIF....",
    name="grinder.jpg",
):
    """Somebody sends a photo."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        f"Somebody <{sender}>",
        "hello@kavarna.example",
        subject,
    )
    message["Message-ID"] = "<photo@example.com>"
    message.set_content(text)
    message.add_attachment(content, maintype="image", subtype="jpeg", filename=name)
    return bytes(message)
