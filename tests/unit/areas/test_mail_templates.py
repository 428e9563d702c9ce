"""What templates may do and what they become: refusals come at once, values are words, links are counted."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.mail.templates.places import FIELDS, Unusable, fill, problems_of
from crm.mail.templates.render import Source, check, render

ANA = {
    "contact": {
        "name": "Ana Olivares",
        "first_name": "Ana",
        "last_name": None,
        "tags": ["filter", "espresso"],
    },
    "offer": "20 % off",
    "firm": {"name": "Brew & Berg"},
}


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ('{{ "a" * 10**9 }}', "does not calculate"),
        ("{{ 2 ** 999999999 }}", "does not calculate"),
        ("{{ -1 }}", "does not calculate"),
        ("{% for i in range(10**9) %}x{% endfor %}", "goes over contact.tags"),
        ("{% for t in contact.tags %}{% for u in contact.tags %}x{% endfor %}{% endfor %}", "inside a loop"),
        ("{% for t in contact.tags recursive %}{{ loop(t) }}{% endfor %}", "no conditions"),
        ("{% for t in contact.tags if t %}x{% endfor %}", "no conditions"),
        ("{% for contact in contact.tags %}x{% endfor %}", "is taken"),
        ("{{ ''.__class__ }}", "Only fields"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "calls nothing"),
        ("{{ contact.__class__ }}", "no field"),
        ("{{ contact.name.upper() }}", "calls nothing"),
        ("{{ contact.name.__init__ }}", "nothing inside them"),
        ("{{ contact['name'] }}", "square brackets"),
        ("{{ contact | attr('__class__') }}", "not known"),
        ("{{ contact.name | replace('a', 'bbbb') }}", "not known"),
        ("{{ contact.name | center(1000000000) }}", "not known"),
        ("{{ contact.name | join('x') }}", "contact.tags only"),
        ("{{ contact.name | default(lipsum()) }}", "calls nothing"),
        ("{{ self }}", "not known"),
        ("{{ self._TemplateReference__context }}", "not known"),
        ("{{ cycler('a') }}", "calls nothing"),
        ("{{ lipsum(1000) }}", "calls nothing"),
        ("{{ namespace(a=1) }}", "calls nothing"),
        ("{{ joiner }}", "not known"),
        ("{{ config }}", "not known"),
        ("{% set a = contact.name %}", "sets no names"),
        ("{% set a %}x{% endset %}", "sets no names"),
        ("{% macro f() %}{{ caller() }}{% endmacro %}", "stands alone"),
        ("{% include '/etc/passwd' %}", "stands alone"),
        ("{% import 'os' as os %}", "stands alone"),
        ("{% extends 'x' %}", "stands alone"),
        ("{% block a %}{% endblock %}", "stands alone"),
        ("{% filter upper %}x{% endfilter %}", "not allowed"),
        ("{% with a = 1 %}{% endwith %}", "not allowed"),
        ("{% autoescape true %}{% endautoescape %}", "not allowed"),
        ("{{ [1, 2] }}", "no lists"),
        ("{{ {'a': 1} }}", "no lists"),
        ("{{ contact.name is none }}", "not known"),
        ("{{ contact }}", "group of fields"),
        ("{{ offer.amount }}", "is a text"),
        ("{{ contakt.name }}", "Did you mean “contact”"),
        ("{{ contact.firstname }}", "Did you mean “contact.first_name”"),
        ("{{ contact.first_name", "cannot be read"),
        ("{% if contact.city %}", "cannot be read"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "nested too deeply"),
        ("{{ " + "not " * 3000 + "1 }}", "nested too deeply"),
        ("{% if offer %}" * 60 + "{% endif %}" * 60, "nested too deeply"),
        ("{{ offer }}" * 4000, "too many"),
    ],
)
def test_a_template_that_loops_or_reads_what_it_may_not_is_refused_at_once(template, said):
    began = time.process_time()

    problems = problems_of("body", template)

    assert time.process_time() - began < 1
    assert any(said in problem.message for problem in problems), problems
    with pytest.raises(Unusable):
        fill("body", template, ANA)


def test_the_line_of_each_problem_is_told():
    found = problems_of("body", "fine\n{{ contact.x }}\n\n{{ 1 + 1 }}")

    assert [(problem.line, problem.field) for problem in found] == [(2, "body"), (4, "body")]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi {{ contact.first_name }}", "Hi Ana"),
        ('Hi {{ contact.last_name or "there" }}', "Hi there"),
        ('Hi {{ contact.last_name | default("you") }}', "Hi you"),
        ("{{ contact.city }}{{ organisation.name }}{{ campaign.starts_on }}", ""),
        ("{% if contact.city %}in {{ contact.city }}{% else %}somewhere{% endif %}", "somewhere"),
        ('{% if contact.first_name == "Ana" %}it is you{% endif %}', "it is you"),
        ("{{ contact.tags | join(', ') }}", "filter, espresso"),
        ("{% for tag in contact.tags %}[{{ tag | upper }}]{% endfor %}", "[FILTER][ESPRESSO]"),
        ("{{ contact.first_name ~ contact.last_name }}", "Ana"),
        ("{{ 'Ms' if contact.last_name else 'You' }}{# a note #}", "You"),
        ("{{ contact.name | urlencode }}", "Ana%20Olivares"),
    ],
)
def test_what_a_template_may_do(template, text):
    assert fill("body", template, ANA) == text


def test_every_field_can_be_shown_and_a_missing_one_is_empty():
    for group, fields in FIELDS.items():
        for name in fields or [""]:
            if (group, name) != ("contact", "tags"):
                assert fill("body", f"{{{{ {group}{'.' if name else ''}{name} }}}}", {}) == ""


def test_a_value_is_words_in_the_message_whatever_stands_in_it():
    evil = {"contact": {"name": "[click](http://evil) <script>alert(1)</script> **x** # h\n\n- a"}}

    made = render(Source("s", "Dear {{ contact.name }}!"), evil)

    assert "<script" not in made.html
    assert "<a " not in made.html
    assert "<strong>" not in made.html
    assert "[click](http://evil) <script>alert(1)</script> **x** # h" in made.text


def test_html_in_a_template_stays_visible_as_text():
    made = render(Source("s", "<img src=x onerror=alert(1)> [x](javascript:alert(1))"), {})

    assert "<img" not in made.html
    assert "href" not in made.html.partition("<body")[2]


def test_a_subject_is_one_line_whatever_a_name_holds():
    made = render(Source("For {{ contact.name }}", "x"), {"contact": {"name": "Ana\r\nBcc: all@example.com"}})

    assert made.subject == "For Ana Bcc: all@example.com"
    assert check(Source("a\nBcc: b", "x"))[0].field == "subject"


def test_web_addresses_are_followed_and_others_stay():
    body = "[a](https://a.example/?x=1&y=2) <https://b.example> [m](mailto:x@y.example) **[Go](http://c.example)**"

    made = render(
        Source("s", body), {}, follow=lambda address: f"https://go/{len(address)}", leave="https://out"
    )

    assert made.html.count("https://go/") == 3
    assert "mailto:x@y.example" in made.html
    assert "a: https://go/26" in made.text
    assert "b.example" not in made.text
    assert "https://out" in made.text
    assert 'href="https://out"' in made.html


def test_the_plain_text_says_the_same_words():
    body = "# Hello\n\nOne\ntwo\n\n1. first\n2. second\n   - below\n\n> quoted\n\n---\n\n    code"

    text = render(Source("s", body), {}).text

    assert text == (
        "Hello\n\nOne\ntwo\n\n1. first\n2. second\n  - below\n\n> quoted\n\n----------------------------------------\n\ncode\n"
    )


def test_the_footer_speaks_the_language_of_the_message():
    made = render(Source("s", "x", language="da"), ANA, leave="https://out")

    assert '<html lang="da">' in made.html
    assert "Brew &amp; Berg" in made.html


def test_an_empty_subject_is_refused():
    with pytest.raises(Unusable, match="empty for this contact"):
        render(Source("{{ contact.last_name }}", "x"), ANA)


@pytest.mark.parametrize(
    "piece", ["[", "*", "> ", "`", "`a", "[a](<", "![[]()", "_a", "a\n", "<", "*a_ ", "[]("]
)
def test_the_longest_text_is_laid_out_in_a_moment_whatever_it_holds(piece):
    began = time.process_time()

    render(Source("s", (piece * 50_000)[:50_000]), {})

    assert time.process_time() - began < 5


@given(st.text(max_size=200))
def test_any_text_is_a_message_or_a_sentence(text):
    source = Source("s", text)

    problems = check(source)

    if problems:
        assert all(problem.message and problem.line >= 1 for problem in problems)
    else:
        assert render(source, ANA).html.startswith("<!doctype html>")


@given(st.text(max_size=100))
def test_any_name_arrives_as_it_is(name):
    made = render(Source("s", "A{{ contact.name }}Z"), {"contact": {"name": name}})

    expected = "\n".join(line.strip() for line in name.splitlines() if line.strip())
    assert "".join(made.text.split()) == "".join(f"A{expected}Z".replace("\x00", "\ufffd").split())
