"""A page's metrics file by the wizard and by a profile: the way a person brings it in."""

from crm.campaigns.social.social import accounts
from crm.exchange.asking import wizard
from crm.exchange.asking.service import load_profile
from crm.exchange.storing.engine import run_import
from crm.work import reading
from db.models import SocialPost
from tests.service.campaigns.test_social import METRICS
from tests.service.exchange.import_scene import counts, stored

PROFILE = """
[import]
name = "Page metrics"

[[step]]
file = "page.csv"
entity = "social_post"
key = "number"
templates = { number = "page-{row}" }
constants = { account_id = "Our page" }
lookup.account_id = { by = "name", missing = "create", create = { network = "facebook" } }

[step.columns]
"Type" = "kind"
"Post Weekday" = "weekday"
"Post Hour" = "hour"
"Paid" = "is_paid"
"Lifetime Post Total Reach" = "reach"
"Total Interactions" = "interactions"
"""


def test_the_wizard_takes_the_file_for_posts_and_asks_for_no_title(people, tmp_path):
    path = tmp_path / "dataset_Facebook.csv"
    path.write_bytes(METRICS)

    draft = wizard.draft_of(people["mona"], path.name, path)

    assert draft["entity"] == "social_post"
    fields = draft["fields"]
    assert (fields["Type"], fields["Post Weekday"], fields["Post Hour"]) == ("kind", "weekday", "hour")
    assert (fields["Paid"], fields["Total Interactions"]) == ("is_paid", "interactions")
    assert [title for title, _remedy in wizard.worries(draft, currency="EUR") if "is needed" in title] == []

    report = run_import(people["mona"], wizard.plan_of([draft], name="Page"), {path.name: METRICS})
    assert counts(report) == (4, 0, 0, 0)


def test_a_profile_brings_the_file_in_under_its_page(people):
    plan = load_profile(PROFILE)

    first = run_import(people["mona"], plan, {"page.csv": METRICS})
    again = run_import(people["mona"], plan, {"page.csv": METRICS})

    assert (counts(first), counts(again)) == ((4, 0, 0, 0), (0, 0, 4, 0))
    with reading(people["mona"]) as session:
        assert [(a.name, a.network, a.posts) for a in accounts(session)] == [("Our page", "facebook", 4)]
    assert stored(people["mona"], SocialPost, "number", "status")[0] == ("page-1", "published")
