"""What received messages are taken for, and what is read from them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.config import settings
from crm.mail.receiving.bounce_rules import is_about_address, read
from tests.service.mail import mail_letters as letters

MARK = "mail.12." + "a" * 32


def test_a_standard_bounce_names_address_reason_and_mark():
    received = read(letters.postfix(mark=MARK))

    assert received.kind == "bounce"
    assert received.refused == (("m1@example.com", "5.1.1 550 5.1.1 nobody here"),)
    assert received.marks == (MARK,)


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        ("5.1.1", "550 5.1.1 user unknown", "bounce"),
        ("5.2.1", "550 5.2.1 disabled", "bounce"),
        ("5.4.4", "host not found", "bounce"),
        ("5.0.0", "550 user unknown", "bounce"),
        ("5.0.0", "554 5.7.1 rejected for policy", "soft"),
        ("5.2.2", "552 5.2.2 mailbox full", "soft"),
        ("5.7.1", "550 5.7.1 message looks like spam", "soft"),
        ("5.0.0", "no words that a program knows", "soft"),
        ("5.0.0", "550 message rejected as spam", "soft"),
        ("5.5.0", "550 5.5.0 blocked by our policy", "soft"),
        ("5.0.0", "550 Access denied", "soft"),
        ("5.7.1", "550 5.7.1 user unknown to our policy", "soft"),
        ("5.1.0", "550 5.1.0 sender rejected: reputation", "soft"),
        ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable", "bounce"),
        ("5.5.0", "user unknown", "bounce"),
        ("5.0.0", "554 Der Empfänger ist unbekannt", "bounce"),
        ("5.1.1", "550-5.1.1 The account does not exist. See our policy page", "bounce"),
        ("5.2.2", "552 5.2.2 user unknown or over quota", "soft"),
    ],
)
def test_only_an_address_that_is_not_there_is_a_hard_bounce(status, said, kind):
    assert read(letters.postfix(status=status, said=said)).kind == kind


def test_a_warning_of_delay_is_no_bounce():
    assert read(letters.postfix(action="delayed", status="4.4.1")).kind == "automatic"
    assert read(letters.postfix(action="delivered", status="2.0.0")).kind == "automatic"


def test_a_bounce_in_plain_words_names_only_who_was_refused():
    received = read(letters.qmail(mark=MARK))

    assert received.kind == "bounce"
    assert [address for address, _reason in received.refused] == ["m1@example.com"]
    assert received.marks == (MARK,)


def test_a_daemon_that_says_nothing_definite_changes_nothing():
    assert read(letters.qmail(said="I will keep trying")).kind == "automatic"


def test_a_complaint_names_who_complained():
    received = read(letters.complaint(mark=MARK))

    assert (received.kind, received.refused) == ("complaint", (("m1@example.com", "complaint"),))
    assert received.marks == (MARK,)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"subject": "Automatic reply: A filter"},
        {"subject": "Out of Office"},
        {"subject": "Abwesenheitsnotiz: bis Montag"},
    ],
)
def test_automatic_answers_are_nobodys_words(headers):
    assert read(letters.answer(**headers)).kind == "automatic"


def test_an_answer_keeps_all_its_words():
    text = "Yes please\n\nOn Tue, 10 Mar 2026 at 12:00, Brew & Berg wrote:\n> Dear M1\n> order"

    received = read(letters.answer(text=text, to_message=f"<{MARK}@kavarna.example>"))

    assert (received.kind, received.text, received.sender) == ("reply", text, "m1@example.com")
    assert received.marks == (MARK,)


def test_an_answer_between_the_lines_of_ours_is_kept():
    received = read(
        letters.answer(text="> Which colour?\nBlue\n> How many?\nTwo", subject="Re: [C-12] Grinder")
    )

    assert received.text == "> Which colour?\nBlue\n> How many?\nTwo"
    assert received.case_numbers == ("C-12",)


def test_an_answer_in_html_is_read_as_words():
    content = letters.answer().replace(b"text/plain", b"text/html")
    content = content.replace(b"Yes please", b"<style>p{}</style><p>Yes &amp; no</p><br>Bye")

    assert read(content).text == "Yes & no\n\nBye"


def test_a_mark_in_the_words_of_a_stranger_counts_for_nothing():
    assert read(letters.answer(text=f"look {MARK}")).marks == ()


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        (550, "5.1.1 x", True),
        (550, "5.7.1 x", False),
        (550, "no such user", True),
        (552, "full", False),
        (550, "rejected as spam", False),
        (554, "No such mailbox here", True),
        (550, "5.5.0 mailbox unavailable", True),
    ],
)
def test_which_refusals_are_about_the_address(code, said, expected):
    assert is_about_address(code, said) is expected


@given(st.binary(max_size=400))
def test_nothing_that_arrives_breaks_the_reader(content):
    assert read(content).kind


@given(st.integers(0, 1200), st.integers(0, 255))
def test_a_bounce_with_a_broken_byte_is_still_read(at, byte):
    whole = bytearray(letters.postfix(mark=MARK))
    whole[at % len(whole)] = byte

    assert read(bytes(whole)).kind in {"bounce", "soft", "automatic", "reply", "complaint"}


@pytest.mark.parametrize(
    "piece", ["550 5.1.1 aaaa ", "a@", "a.", "5.", "user ", "no ", "<", "a@a.a", "5.1.1.", "mailbox unkno"]
)
def test_a_hostile_bounce_is_read_at_once(piece):
    text = piece * (200_000 // len(piece))
    began = time.perf_counter()
    read(letters.qmail(said=text))
    read(letters.postfix(said=text[:60_000]))
    is_about_address(550, text)
    assert time.perf_counter() - began < 2


AWAY = [
    "Automatic reply: A filter", "Out of office until Monday", "Abwesenheit: bis 3. März", "Automatische Antwort: Filter",
    "Réponse automatique : Filtre", "Absence du bureau", "Respuesta automática: filtro", "Fuera de la oficina",
    "Risposta automatica: filtro", "Fuori ufficio", "Automatisch antwoord: filter", "Afwezig tot maandag", "Autosvar: Filter",
    "Automatisk svar: Filter", "Samodejni odgovor: filter", "Odsoten do ponedeljka", "Automatická odpověď: filtr",
    "Mimo kancelář", "Автоматический ответ: фильтр", "Отсутствую до понедельника", "Automatyczna odpowiedź: filtr",
    "Răspuns automat: filtru", "Автоматичен отговор: филтър", "Αυτόματη απάντηση: φίλτρο", "自動応答: フィルター",
    "自动答复: 滤网", "Out of Office AutoReply: A filter", "I am out of the office this week", "Automatic reply from Ana",
    "Urlaub: AW: Filter",
    "Resposta automática: filtro", "Fora do escritório", "Automatiskt svar: Filter", "Frånvaro: till måndag",
]  # fmt: skip


@pytest.mark.parametrize("subject", AWAY)
def test_an_away_note_is_known_in_its_language(subject):
    assert read(letters.answer(subject=subject)).kind == "automatic"


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Auto_Submitted": "auto-replied"}, {"X_Auto_Response_Suppress": "All"}, {"Precedence": "auto_reply"},
        {"Precedence": "junk"}, {"List_Id": "<news.far.example>"}, {"X_Precedence": "auto_reply"}, {"X_Autorespond": ""},
        {"X_MS_Exchange_Generated_Message_Source": "Mailbox Rules Agent"}, {"Delivered_To": "Autoresponder"},
        {"X_POST_MessageClass": "9; Autoresponder"}, {"X_FC_MachineGenerated": "true"},
        {"Return_Path": "<>"}, {"Auto_Submitted": "auto-generated"},
    ],
)  # fmt: skip
def test_every_header_that_means_a_machine_is_heeded(headers):
    assert read(letters.answer(**headers)).kind == "automatic"


@pytest.mark.parametrize(
    "subject",
    ["Absence of the courier", "Re: Grinder", "Urlaubsreif: die Mühle", "Vacation house needs a grinder", "AW: Automat kaputt",
     "Odsotnost signala na stroju", "Assenza di pressione", "Urlaub: wer vertritt Sie?", "Out of office supplies",
     "Automatic answer key missing", "Automatic reply does not work on our machine", "Automatisches Reinigen"],
)  # fmt: skip
def test_what_a_person_writes_about_is_no_away_note(subject):
    assert read(letters.answer(subject=subject, Auto_Submitted="no")).kind == "reply"


def test_a_list_of_our_own_hands_on_what_people_write(monkeypatch):
    monkeypatch.setenv("CRM_MAIL_FROM", "Brew & Berg <service@berg.example>")
    settings.cache_clear()
    try:
        ours = {"List_Id": "Service <service.berg.example>", "Precedence": "list"}
        assert read(letters.answer(**ours)).kind == "reply"
        assert read(letters.answer(**ours, Auto_Submitted="auto-replied")).kind == "automatic"
        assert read(letters.answer(List_Id="<news.notberg.example>", Precedence="list")).kind == "automatic"
    finally:
        monkeypatch.undo()
        settings.cache_clear()
