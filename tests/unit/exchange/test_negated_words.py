import pandas as pd
import pytest

from crm.exchange.asking.wizard import _by_name
from crm.exchange.files.column import Reading
from crm.exchange.values.values import convert
from crm.records import registry
from crm.records.matching import near_matches, opposed


def stored(entity, field, word):
    made = convert(
        registry.entity(entity)[field], pd.Series([word], dtype="str"), exact=None, reading=Reading()
    )
    return made.values.tolist()[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Unqualified", "Qualified"),
        ("Disqualified", "Qualified"),
        ("Un-qualified", "Qualified"),
        ("Not urgent", "urgent"),
        ("Non-critical", "Critical"),
        ("Unresolved", "Resolved"),
        ("Ex-Customer", "Customer"),
        ("Inactive customer", "Active customer"),
        ("No offer sent", "Offer sent"),
        ("Nicht qualifiziert", "Qualifiziert"),
        ("Kein Kunde", "Kunde"),
        ("Non qualifié", "Qualifié"),
        ("Ancien client", "Client"),
        ("Niet gekwalificeerd", "Gekwalificeerd"),
        ("Não resolvido", "Resolvido"),
        ("Nunca cliente", "Cliente"),
    ],
)
def test_a_negated_word_is_never_near_its_opposite(one, other):
    assert opposed(one, other)
    assert opposed(other, one)
    assert near_matches([one], [other], least=50.0) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("Qualifed", "Qualified"), ("Unqualifed", "Unqualified"), ("Incidnet", "Incident"), ("Denmrak", "Denmark"),
     ("Offer sent", "Offers sent"), ("Not qualifed", "Not qualified")],
)  # fmt: skip
def test_a_slip_of_the_pen_is_no_negation(one, other):
    assert not opposed(one, other)
    assert [match.candidate for match in near_matches([one], [other], least=70.0)] == [other]


@pytest.mark.parametrize(
    ("entity", "field", "word", "value"),
    [
        ("lead", "status", "Unqualified", "dropped"),
        ("lead", "status", "Not qualified", "dropped"),
        ("lead", "status", "Disqualified", "dropped"),
        ("lead", "status", "Not converted", None),
        ("lead", "status", "Qualifed", "qualified"),
        ("case", "status", "Unresolved", "open"),
        ("case", "status", "Not solved", "open"),
        ("case", "priority", "Not urgent", None),
        ("case", "priority", "Non-critical", None),
        ("case", "priority", "Urgent", "critical"),
        ("contact", "lifecycle", "Not a customer", None),
        ("contact", "lifecycle", "Non-customer", None),
        ("contact", "lifecycle", "Ex-partner", None),
        ("contact", "lifecycle", "Ex-Customer", "past"),
        ("contact", "lifecycle", "Inactive customer", "past"),
        ("contact", "lifecycle", "Ehemaliger Kunde", "past"),
        ("contact", "lifecycle", "Kein Kunde", None),
    ],
)
def test_a_negated_word_comes_in_as_what_it_says_or_waits_for_the_person(entity, field, word, value):
    assert stored(entity, field, word) == value


def test_a_stage_is_proposed_by_a_slip_and_never_by_its_opposite():
    nearest = _by_name({name: name for name in ("Qualified", "Offer sent", "Won")})

    assert [nearest(word) for word in ("Offer snt", "No offer sent", "Unqualified", "Not won")] == [
        "Offer sent",
        "",
        "",
        "",
    ]


@pytest.mark.parametrize(
    "word", ["Unspecified", "Not specified", "Keine Angabe", "k.A.", "Non spécifié", "Sin especificar"]
)
def test_a_word_for_no_choice_is_empty_and_is_counted(word):
    cells = pd.Series(["female", word], dtype="str")
    made = convert(registry.entity("contact")["gender"], cells, exact=None, reading=Reading())

    assert (made.values.tolist(), made.problems, made.blanks) == (["female", None], {}, 1)


def test_a_person_may_give_a_word_for_no_choice_a_meaning():
    told = Reading(values={"Keine Angabe": "other"})
    made = convert(
        registry.entity("contact")["gender"],
        pd.Series(["Keine Angabe"], dtype="str"),
        exact=None,
        reading=told,
    )

    assert (made.values.tolist(), made.blanks) == (["other"], 0)
