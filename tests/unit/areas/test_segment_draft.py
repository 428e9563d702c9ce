"""A segment's rules under edit: read, changed and written again."""

from hypothesis import given
from hypothesis import strategies as st

from crm.campaigns.segments.conditions import check_rules
from crm.campaigns.segments.segments import segment_fields
from crm.ui.segments.draft import Draft
from crm.ui.segments.words import sentence

CITY = {"of": "contact", "field": "city", "is": "equals", "value": "Berlin"}
BLANK = {"of": "contact", "field": "phone", "is": "blank"}
WON = {"of": "deal", "field": "status", "is": "equals", "value": "won"}
DEAL = {
    "of": "deal",
    "has": "sum",
    "through": "organisation",
    "field": "amount_minor",
    "value": 90_000,
    "where": {"all": [WON]},
}
TREES = st.recursive(
    st.sampled_from([CITY, BLANK, DEAL]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).flatmap(
            lambda parts: st.sampled_from([{"all": parts}, {"any": parts}])
        )
        | st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"not": {"any": parts}})
        | st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"not": {"all": parts}})
    ),
    max_leaves=5,
).map(lambda tree: tree if "of" not in tree else {"all": [tree]})


@given(TREES)
def test_rules_that_nobody_touched_come_back_as_they_were(tree):
    written, unfinished = Draft(tree).tree()

    assert written == tree
    assert unfinished == 0


def test_no_rules_are_an_empty_group():
    assert Draft({}).tree() == ({"all": []}, 0)


def test_what_is_not_finished_is_counted_and_left_out():
    draft = Draft({"all": [CITY]})
    draft.root["parts"] += [
        draft.leaf("contact"),
        draft.leaf("contact", "city", "equals"),
        draft.has("deal", has="sum"),
    ]

    assert draft.tree() == ({"all": [CITY]}, 3)


def test_a_condition_turned_to_another_record_begins_anew():
    draft = Draft({"all": [CITY]})
    (leaf,) = draft.root["parts"]
    before = leaf["uid"]

    draft.turned(leaf, "deal")

    assert leaf["uid"] != before
    assert draft.tree() == (
        {"all": [{"of": "deal", "has": "any", "through": "contact", "where": {"all": []}}]},
        0,
    )


def test_dropping_a_node_takes_all_it_holds():
    draft = Draft({"all": [CITY, {"any": [BLANK, DEAL]}]})
    group = draft.root["parts"][1]

    draft.drop(group["uid"])

    assert draft.tree()[0] == {"all": [CITY]}


def test_every_node_has_a_name_of_its_own():
    names = [node["uid"] for node in Draft({"any": [CITY, DEAL, {"all": [BLANK, CITY]}]}).nodes()]

    assert len(set(names)) == len(names)


def test_rules_are_said_in_one_sentence():
    tree = {"all": [CITY, {"not": {"any": [BLANK]}}, {"any": [DEAL, WON | {"of": "deal"}]}]}

    said = sentence(
        check_rules(tree, segment_fields()), currency="EUR", titles=lambda entity, i: f"{entity} {i}"
    )

    assert said == (
        "Contacts: City is “Berlin” and not (Phone is blank) and (its organisation: Amount of each deal adds up to €900 or more "
        "where Status is Won or has a deal where Status is Won)."
    )
