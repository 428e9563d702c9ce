"""Files that say who was in a campaign and how they responded: by profile and by the wizard."""

import pytest
from sqlalchemy import select

from crm.campaigns.runs.member_files import control_names
from crm.exchange.asking import wizard
from crm.exchange.storing.engine import run_import
from crm.exchange.storing.plan import Lookup, Plan, Step
from crm.exchange.undoing.undo import undo_import
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Campaign, CampaignArm, CampaignMember, Contact
from tests.factories import make
from tests.service.exchange.import_scene import bring, counts, rows_of, stored

FILE = (
    b"Campaign,E-mail,Arm,Responded,Converted,Revenue\n"
    b"Spring,ana@example.com,Letter,yes,yes,120.50\n"
    b"Spring,bo@example.com,Letter,no,no,\n"
    b"Spring,cy@example.com,Control group,yes,no,0\n"
)
STEP = Step(
    "m.csv",
    "campaign_member",
    {
        "campaign_id": "Campaign", "contact_id": "E-mail", "arm": "Arm", "responded": "Responded",
        "converted": "Converted", "revenue_minor": "Revenue",
    },
    lookups={"contact_id": Lookup(by="email"), "campaign_id": Lookup(by="name", missing="create")},
)  # fmt: skip
SHOWN = ("arm", "state", "responded", "converted", "revenue_minor", "currency", "response_by")


@pytest.fixture
def ada(people):
    """The administrator, beside three contacts."""
    for name in ("ana", "bo", "cy"):
        make(people["ada"], "contact", name=name.title(), email=f"{name}@example.com")
    return people["ada"]


def test_arms_are_made_and_the_control_group_is_known_by_its_name(ada):
    report = bring(ada, STEP, FILE)

    assert counts(report) == (3, 0, 0, 0)
    assert stored(ada, CampaignArm, "name", "is_control") == [("Letter", False), ("Control group", True)]
    assert [share for (share,) in stored(ada, CampaignArm, "share")] == pytest.approx([2 / 3, 1 / 3])
    assert stored(ada, CampaignMember, *SHOWN) == [
        ("Letter", "planned", True, True, 120_50, "EUR", "file"),
        ("Letter", "planned", False, False, 0, "EUR", None),
        ("Control group", "control", True, False, 0, "EUR", "file"),
    ]


def test_members_of_a_closed_campaign_were_sent_their_message(ada):
    make(ada, "campaign", name="Spring")
    with unit_of_work(SYSTEM) as work:
        work.session.scalars(select(Campaign)).one().status = "closed"

    bring(ada, STEP, FILE)

    assert [state for (state,) in stored(ada, CampaignMember, "state")] == ["sent", "sent", "control"]


def test_members_of_a_campaign_that_a_later_file_closes_were_sent_their_message(ada):
    bring(ada, STEP, FILE)
    step = Step("c.csv", "campaign", {"name": "name", "status": "status"}, key=("name",))

    report = bring(ada, step, b"name,status\nSpring,Closed\n")

    assert report.steps[0].history == {"closed before it came in": 1}
    assert [state for (state,) in stored(ada, CampaignMember, "state")] == ["sent", "sent", "control"]


def test_a_draw_of_ours_takes_responses_from_a_file_and_no_members(ada):
    campaign = make(ada, "campaign", name="Spring")
    with unit_of_work(SYSTEM) as work:
        work.session.get_one(Campaign, campaign["id"]).drawn_at = work.now
        ana = work.session.scalars(select(Contact.id).where(Contact.email == "ana@example.com")).one()
        arm = CampaignArm(campaign_id=campaign["id"], name="Letter", share=1.0)
        member = CampaignMember(campaign_id=campaign["id"], contact_id=ana, arm="Letter", state="sent")
        work.session.add_all([arm, member])

    report = bring(ada, STEP, FILE)

    assert counts(report) == (0, 1, 0, 2)
    reason = "The members are drawn already. Take the draw back, then change members."
    assert {example["reason"] for example in report.steps[0].examples} == {reason}
    assert stored(ada, CampaignMember, *SHOWN) == [("Letter", "sent", True, True, 120_50, "EUR", "file")]


def test_a_second_file_changes_the_members_that_are_there(ada):
    bring(ada, STEP, FILE)
    later = FILE.replace(b"Letter,no,no,", b"Letter,yes,no,7")

    report = bring(ada, STEP, later)

    assert counts(report) == (0, 1, 2, 0)
    assert stored(ada, CampaignMember, *SHOWN)[1] == ("Letter", "planned", True, False, 7_00, "EUR", "file")
    assert len(stored(ada, CampaignArm, "id")) == 2


def test_an_arm_that_is_there_keeps_its_share_and_its_meaning(ada):
    campaign = make(ada, "campaign", name="Spring")
    with unit_of_work(SYSTEM) as work:
        for name, control in (("Letter", True), ("Control group", False)):
            work.session.add(
                CampaignArm(campaign_id=campaign["id"], name=name, is_control=control, share=0.9)
            )

    bring(ada, STEP, FILE)

    assert stored(ada, CampaignArm, "name", "is_control", "share") == [
        ("Letter", True, 0.9),
        ("Control group", False, 0.9),
    ]
    assert [state for (state,) in stored(ada, CampaignMember, "state")] == ["control", "control", "planned"]


def test_undo_leaves_everything_as_before(ada, dump):
    before = rows_of(dump)

    undone = undo_import(ada, bring(ada, STEP, FILE).id)

    assert undone.kept == []
    assert undone.removed == {"campaign_member": 3, "campaign_arm": 2, "campaign": 1}
    assert rows_of(dump) == before


def test_the_same_contact_twice_with_other_values_fails_with_its_line(ada):
    report = bring(ada, STEP, FILE + b"Spring,ana@example.com,Control group,no,no,\n")

    assert counts(report) == (3, 0, 0, 1)
    assert "Line 2 has the same contact" in report.steps[0].examples[0]["reason"]


def test_an_unknown_contact_fails_and_is_named(ada):
    report = bring(ada, STEP, FILE + b"Spring,dee@example.com,Letter,no,no,\n")

    assert counts(report) == (3, 0, 0, 1)
    assert "dee@example.com" in report.steps[0].examples[0]["value"]


def test_the_wizard_takes_such_a_file(ada, tmp_path):
    make(ada, "campaign", name="Spring")
    path = tmp_path / "responses.csv"
    path.write_bytes(FILE)

    draft = wizard.draft_of(ada, "responses.csv", path)

    assert draft["entity"] == "campaign_member"
    report = run_import(
        ada, Plan("Responses", (wizard.step_of(draft),), currency="EUR"), {"responses.csv": FILE}
    )
    assert report.failed == 0, report.steps[0]
    assert [row[:5] for row in stored(ada, CampaignMember, *SHOWN)] == [
        ("Letter", "planned", True, True, 120_50),
        ("Letter", "planned", False, False, 0),
        ("Control group", "control", True, False, 0),
    ]


def test_rows_without_a_number_are_numbered_by_their_place(ada):
    step = Step("c.csv", "contact", {"city": "town"}, templates={"number": "N-{row}", "name": "Row {row}"},
                key=("number",))  # fmt: skip
    data = b"town\nPorto\nBrno\n"

    first, again = bring(ada, step, data), bring(ada, step, data)

    assert (counts(first), counts(again)) == ((2, 0, 0, 0), (0, 0, 2, 0))
    with reading(ada) as session:
        found = session.execute(
            select(Contact.number, Contact.name, Contact.city).where(Contact.city.is_not(None))
        )
        assert sorted(map(tuple, found)) == [("N-1", "Row 1", "Porto"), ("N-2", "Row 2", "Brno")]


def test_a_column_called_row_goes_before_the_place(ada):
    step = Step("c.csv", "contact", {}, templates={"number": "{row}", "name": "Row {row}"}, key=("number",))

    bring(ada, step, b"Row\n77\n")

    assert ("77", "Row 77") in stored(ada, Contact, "number", "name")


@pytest.mark.parametrize(
    ("names", "control"),
    [
        (["Mens E-Mail", "Womens E-Mail", "No E-Mail"], {"No E-Mail"}),
        (["treatment", "CONTROL"], {"CONTROL"}),
        (["1", "0"], {"0"}),
        (["0", "2"], set()),
        (["ad", "psa"], {"psa"}),
        (["A", "B"], set()),
        (["Hold-out", "Mail"], {"Hold-out"}),
        (["Kontrollgruppe", "Brief"], {"Kontrollgruppe"}),
        (["Control price", "Half price"], set()),
    ],
)  # fmt: skip
def test_names_that_mean_no_message(names, control):
    assert control_names(names) == control
