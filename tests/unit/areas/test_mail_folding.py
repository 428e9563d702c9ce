"""Quotes are folded, never cut: what is new stays open in whatever language and form the rest is quoted."""

import time

import pytest

from crm.mail.receiving.folding import fold, is_forward, new_words

HEADS = [
    "On Tue, 10 Mar 2026 at 12:00, Brew & Berg <hello@kavarna.example> wrote:",
    "Am Di., 10. März 2026 um 12:00 Uhr schrieb Brew & Berg <hello@kavarna.example>:",
    "Am 10.03.26 um 12:00 schrieb Brew & Berg:",
    "Le mar. 10 mars 2026 à 12:00, Brew & Berg <hello@kavarna.example> a écrit :",
    "El mar, 10 mar 2026 a las 12:00, Brew & Berg (<hello@kavarna.example>) escribió:",
    "Il giorno mar 10 mar 2026 alle ore 12:00 Brew & Berg <hello@kavarna.example> ha scritto:",
    "Op di 10 mrt 2026 om 12:00 schreef Brew & Berg <hello@kavarna.example>:",
    "Den tir. 10. mar. 2026 kl. 12.00 skrev Brew & Berg <hello@kavarna.example>:",
    "V V tor., 10. mar. 2026 ob 12:00 je oseba Brew & Berg <hello@kavarna.example> napisala:",
    "út 10. 3. 2026 v 12:00 odesílatel Brew & Berg <hello@kavarna.example> napsal:",
    "вт, 10 мар. 2026 г. в 12:00, Brew & Berg <hello@kavarna.example> пишет:",
    "10.03.2026 12:00, Brew & Berg написал(а):",
    "wt., 10 mar 2026 o 12:00 Brew & Berg <hello@kavarna.example> napisał(a):",
    "Em ter., 10 de mar. de 2026 às 12:00, Brew & Berg <hello@kavarna.example> escreveu:",
    "вт, 10 мар. 2026 г. в 12:00, Brew & Berg <hello@kavarna.example>:",
    "uto, 10. ožu 2026. u 12:00 Brew & Berg <hello@kavarna.example> napisao je:",
    "2026年3月10日(火) 12:00 Brew & Berg <hello@kavarna.example>:",
    "2026년 3월 10일 (화) 오후 12:00, Brew & Berg <hello@kavarna.example>님이 작성:",
    "Missatge de Brew & Berg <hello@kavarna.example> del dia dt., 10 de març 2026 a les 12:00:",
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("mark", ["> ", ""], ids=["marked", "bare"])
def test_a_quote_is_folded_with_the_line_that_introduces_it(head, mark):
    text = f"Yes please\n\n{head}\n{mark}Dear M1\n{mark}order"

    assert new_words(text) == "Yes please"
    assert "Dear M1" in fold(text)[-1].text


@pytest.mark.parametrize("head", [HEADS[0], HEADS[1], HEADS[0].replace(" wrote", "\nwrote")])
def test_own_lines_right_above_a_quote_stay_open(head):
    assert new_words(f"Thanks.\nYes please.\n{head}\nDear M1") == "Thanks.\nYes please."


@pytest.mark.parametrize(
    "text",
    [
        "See below\n\nBegin forwarded message:\n\nFrom: Boris <b@x.example>\nDate: 1 March 2026\nTo: Ana\n\nIt shows E42",
        "Siehe\n\nAnfang der weitergeleiteten Nachricht:\n\nVon: Boris <b@x.example>\nDatum: 1. März 2026\nAn: Ana\n\nE42",
        "See\n\n> Begin forwarded message:\n>\n> From: Boris\n> It shows E42",
    ],
)
def test_what_is_passed_on_is_news(text):
    assert [p.text for p in fold(text)] == [text]


@pytest.mark.parametrize("subject", ["FW: E42", "WG: E42", "TR : E42", "Fwd: [C-1] E42", "RV: E42", "I: E42"])
def test_a_message_below_is_news_where_the_subject_says_so(subject):
    text = "See\n\nVon: Boris <b@x.example>\nGesendet: Dienstag, 10. März 2026\nAn: Ana\nBetreff: E42\n\nEs zeigt E42."

    assert [p.is_quoted for p in fold(text, forwarded=is_forward(subject))] == [False]
    assert [p.is_quoted for p in fold(text, forwarded=is_forward(f"Re: {subject}"))] == [False, True]


@pytest.mark.parametrize(
    "block",
    [
        "From: Brew & Berg <hello@kavarna.example>\nSent: Tuesday, March 10, 2026\nTo: Ana\nSubject: A filter",
        "________________________________\nVon: Brew & Berg\nGesendet: Dienstag, 10. März 2026\nAn: Ana\nBetreff: Filter",
        "De : Brew & Berg\nEnvoyé : mardi 10 mars 2026\nÀ : Ana\nObjet : Filtre",
        "*Fra:* Brew & Berg\n*Sendt:* 10. marts 2026\n*Til:* Ana\n*Emne:* Filter",
        "От: Brew & Berg\nОтправлено: 10 марта 2026\nКому: Ana\nТема: Фильтр",
        "-----Original Message-----\nFrom: Brew & Berg",
        "发件人: Brew & Berg\n发送时间: 2026年3月10日 12:00\n收件人: Ana\n主题: 滤网",
        "Avsender: B <hello@kavarna.example>\nNår: 10.03.2026 12:00\nMottaker: Ana\nTittel: Filter",
        "-----Ursprüngliche Nachricht-----\nVon: Brew & Berg",
    ],
)
def test_a_whole_message_below_is_folded(block):
    assert new_words(f"Yes please\n\n{block}\n\nDear M1") == "Yes please"


@pytest.mark.parametrize(
    "own",
    [
        "The label says:\nFrom: factory@works.example\nSerial 99\nPlease help.",
        "The label says:\nFrom: factory@works.example\nTo: us\nSubject: gears\nSerial 99\nPlease help.",
        "Auf dem Schild steht:\nVon: werk@works.example\nNummer 99",
        "On the last invoice your colleague wrote:\nno charge. Is that right?",
        "Fill in here\n____________________\nand send it back",
        "FYI below.\n\n---------- Forwarded message ---------\nFrom: Boris <boris@works.example>\nDate: x\n\nIt shows E42.",
        "> 5 bar is what it shows",
        "Two things:\n- it leaks\n- it is loud",
        "",
    ],
)
def test_own_words_stay_open(own):
    assert [(p.text, p.is_quoted) for p in fold(own)] == ([(own, False)])


def test_answers_between_quoted_lines_stay_open():
    text = f"My answers are below.\n\n{HEADS[0]}\n> Serial number?\nV3-1188\n> Since when?\nMonday"

    assert [(p.text.split("\n")[-1], p.is_quoted) for p in fold(text)] == [
        ("My answers are below.", False),
        ("> Serial number?", True),
        ("V3-1188", False),
        ("> Since when?", True),
        ("Monday", False),
    ]


@pytest.mark.parametrize("text", [f"a\n{HEADS[0]}\n> b\n\n\nc\n", "x\n\n\n> y\n> z", "\n\n> q\n  own\n"])
def test_no_word_is_lost_by_folding(text):
    assert "\n".join(p.text for p in fold(text)).split() == text.split() or [p.text for p in fold(text)] == [
        text
    ]


@pytest.mark.parametrize(
    "line",
    [
        "<",
        "> ",
        "From: ",
        "On 10:00 wrote: ",
        "_",
        "-",
        "a:",
        "wrote ",
        "> >",
        "10.10.10",
        "-\n",
        "From: a\n",
    ],
)
def test_a_hostile_text_is_folded_at_once(line):
    began = time.perf_counter()
    fold(line * (200_000 // len(line)))
    assert time.perf_counter() - began < 2
