"""Whatever stands in a file, it is read or refused in a sentence; nothing breaks."""

import contextlib

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.errors import Refused
from crm.exchange.asking.mapping import guess_entity
from crm.exchange.files.reading import read_table
from crm.exchange.values.values import convert
from crm.records import registry
from crm.records.fields import Choice, Field, Kind

CELLS = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from("0123456789.,-+/: €$%()eE'@[]")
    ),
    max_size=25,
)
KINDS = [kind for kind in Kind if kind is not Kind.LINK]


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(CELLS, min_size=1, max_size=4))
def test_any_cell_becomes_a_value_or_a_complaint(kind, cells):
    about = Field("f", "Field", kind, choices=(Choice("a", "A"),), max_length=10)

    made = convert(about, pd.Series([cell.strip() for cell in cells], dtype="str"))

    assert len(made.values) == len(cells)
    assert all(made.values[row] is None for row in made.problems)


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_refused(data):
    with contextlib.suppress(Refused):
        table = read_table(data, name="x.csv")
        assert len(table.lines) == len(table)


@settings(max_examples=200)
@given(st.text(alphabet=st.sampled_from("ab1,;|\t\"'\n\r \\0.é€=:"), max_size=120))
def test_any_text_can_be_guessed_about(text):
    with contextlib.suppress(Refused):
        table = read_table(text.encode(), name="x.csv")
        assert guess_entity(table, [registry.entity("contact")])[0].entity == "contact"


def test_tags_that_nobody_could_read_are_told():
    cells = pd.Series(["vip", "vip, " + "x" * 61, ", ".join(f"t{n}" for n in range(51))], dtype="str")

    made = convert(Field("tags", "Tags", Kind.TAGS), cells)

    assert made.values.tolist() == [["vip"], None, None]
    assert "61 characters" in made.problems[1]
    assert "at most 50" in made.problems[2]
