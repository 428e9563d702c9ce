"""Posts: how long they may be, what files bring, when they appear, and how they do."""

from datetime import UTC, date, datetime

import pytest

from crm.campaigns.social.social import accounts, posts_between, published
from crm.errors import Refused
from crm.exchange.storing.engine import run_import
from crm.exchange.storing.plan import Step
from crm.work import reading
from db.models import SocialPost
from tests.factories import change, make
from tests.service.exchange.import_scene import bring, counts, plan, stored

#: The shape of a page's exported metrics: semicolons, no id, no date, amounts of responses without likes in places.
METRICS = (
    b"Page total likes;Type;Category;Post Month;Post Weekday;Post Hour;Paid;Lifetime Post Total Reach;"
    b"Lifetime Post Total Impressions;Lifetime Engaged Users;Lifetime Post Consumptions;comment;like;share;"
    b"Total Interactions\n"
    b"139441;Photo;2;12;4;3;0;2752;5091;178;159;4;79;17;100\n"
    b"139441;Status;2;12;3;10;0;10460;19057;1457;1674;5;130;29;164\n"
    b"139441;Link;3;12;3;3;1;2413;4373;177;154;0;66;14;80\n"
    b"139441;Video;1;11;7;23;;50128;87991;2211;790;58;1572;147;1777\n"
)
COLUMNS = {
    "kind": "Type", "weekday": "Post Weekday", "hour": "Post Hour", "is_paid": "Paid",
    "reach": "Lifetime Post Total Reach", "impressions": "Lifetime Post Total Impressions",
    "engaged": "Lifetime Engaged Users", "clicks": "Lifetime Post Consumptions", "comments": "comment",
    "likes": "like", "shares": "share", "interactions": "Total Interactions",
}  # fmt: skip
PAGE = Step("posts.csv", "social_post", COLUMNS, key=("number",), templates={"number": "FB-{row}"})


@pytest.fixture
def x(people):
    """Our account on X."""
    return make(people["stan"], "social_account", name="Kavarna", network="x")


class TestMetricsFiles:
    def test_a_file_without_id_date_and_title_comes_in_as_published_posts(self, people):
        report = bring(people["mona"], PAGE, METRICS)

        assert counts(report) == (4, 0, 0, 0)
        assert stored(
            people["stan"],
            SocialPost,
            "title",
            "kind",
            "status",
            "weekday",
            "hour",
            "is_paid",
            "interactions",
        ) == [
            ("Photo, Thursday 3:00", "photo", "published", 4, 3, False, 100),
            ("Status, Wednesday 10:00", "status", "published", 3, 10, False, 164),
            ("Link, Wednesday 3:00", "link", "published", 3, 3, True, 80),
            ("Video, Sunday 23:00", "video", "published", 7, 23, None, 1777),
        ]

    def test_the_same_file_again_changes_nothing(self, people):
        bring(people["mona"], PAGE, METRICS)

        assert counts(bring(people["mona"], PAGE, METRICS)) == (0, 0, 4, 0)

    def test_a_time_gives_weekday_and_hour_of_the_firm(self, people):
        step = Step(
            "p.csv", "social_post", {"number": "id", "published_at": "at", "likes": "l"}, key=("number",)
        )
        run_import(people["mona"], plan(step), {"p.csv": b"id,at,l\nA,2026-07-05T22:30:00Z,3\n"})
        first = stored(people["stan"], SocialPost, "weekday", "hour", "status", "interactions", "title")
        moved = bring(people["mona"], step, b"id,at,l\nA,2026-07-06T08:00:00Z,3\n")

        # Berlin is two hours ahead in summer: Sunday evening in UTC is Monday there.
        assert first == [(1, 0, "published", 3, "Text, 2026-07-06 00:30")]
        assert counts(moved) == (0, 1, 0, 0)
        assert stored(people["stan"], SocialPost, "weekday", "hour") == [(1, 10)]

    def test_wrong_cells_are_told_by_row(self, people):
        bad = METRICS.replace(b"Photo;2;12;4;3", b"Photo;2;12;8;3").replace(
            b"Status;2;12;3;10", b"Hologram;2;12;3;99"
        )

        report = bring(people["mona"], PAGE, bad)

        assert counts(report) == (2, 0, 0, 2)

    def test_a_plan_for_later_stays_a_plan(self, people, x):
        columns = {"title": "t", "planned_at": "at", "status": "s", "account_id": "a"}
        step = Step("p.csv", "social_post", columns)

        bring(people["mona"], step, b"t,at,s,a\nNew beans,2030-01-01T10:00:00Z,Planned,Kavarna\nIdea,,,\n")

        assert stored(people["stan"], SocialPost, "title", "status") == [
            ("New beans", "planned"), ("Idea", "draft"),
        ]  # fmt: skip


class TestPosts:
    def test_a_draft_may_be_too_long_a_planned_post_may_not(self, people, x, dump):
        draft = make(people["stan"], "social_post", account_id=x["id"], body="a" * 281)
        before = dump()

        with pytest.raises(Refused, match=r"X takes 280 characters; this post has 281\. Shorten it by 1"):
            change(
                people["stan"],
                "social_post",
                draft,
                status="planned",
                planned_at=datetime(2030, 1, 1, tzinfo=UTC),
            )

        assert dump() == before

    def test_a_link_counts_with_the_text(self, people, x):
        long_link = "https://example.com/" + "a" * 300
        made = {"status": "published", "account_id": x["id"], "link": long_link}

        make(people["stan"], "social_post", body="a" * 256, **made)
        with pytest.raises(Refused, match="has 281"):
            make(people["stan"], "social_post", body="a" * 257, **made)

    def test_a_planned_post_needs_account_and_time(self, people, dump):
        before = dump()

        with pytest.raises(Refused) as refused:
            make(people["stan"], "social_post", status="planned")

        assert [p.field for p in refused.value.problems] == ["account_id", "planned_at"]
        assert dump() == before

    def test_a_published_post_gets_its_clock(self, people, x, at_noon):
        made = make(people["stan"], "social_post", account_id=x["id"], status="published")

        assert (made["published_at"], made["weekday"], made["hour"]) == (
            datetime(2026, 3, 10, 12, tzinfo=UTC),
            2,
            13,
        )

    def test_a_post_without_a_title_is_called_by_its_text(self, people):
        assert make(people["stan"], "social_post", title=None, body="New beans\nare here")["title"] == (
            "New beans are here"
        )


class TestReading:
    def test_the_calendar_has_the_posts_of_its_days_and_of_one_account(self, people, x):
        web = make(people["stan"], "social_account", name="Blog", network="web")
        for title, account, at in (
            ("Last of May", x, datetime(2030, 5, 31, 21, 59, tzinfo=UTC)),
            ("First of June", x, datetime(2030, 5, 31, 22, 0, tzinfo=UTC)),
            ("Last of June", web, datetime(2030, 6, 30, 21, 59, tzinfo=UTC)),
            ("First of July", web, datetime(2030, 6, 30, 22, 0, tzinfo=UTC)),
        ):
            made = {"title": title, "account_id": account["id"], "status": "planned", "planned_at": at}
            make(people["stan"], "social_post", **made)

        with reading(people["stan"]) as session:
            june = posts_between(session, date(2030, 6, 1), date(2030, 6, 30))
            ours = posts_between(session, date(2030, 6, 1), date(2030, 6, 30), account_id=web["id"])
        assert [(p.title, p.day, p.network) for p in june] == [
            ("First of June", date(2030, 6, 1), "x"), ("Last of June", date(2030, 6, 30), "web"),
        ]  # fmt: skip
        assert [p.title for p in ours] == ["Last of June"]

    def test_another_team_reads_none(self, people, x):
        bring(people["mona"], PAGE, METRICS)

        with reading(people["sue"]) as session:
            assert (len(published(session)), accounts(session)) == (0, [])

    def test_the_rate_is_per_hundred_people_reached(self, people):
        bring(people["mona"], PAGE, METRICS)

        with reading(people["vic"]) as session:
            frame = published(session)
        assert sorted(frame["rate"].round(3)) == [1.568, 3.315, 3.545, 3.634]
        assert sorted(frame["is_paid"].map(str)) == ["False", "False", "None", "True"]

    def test_accounts_are_counted_with_their_posts(self, people, x):
        for _n in range(2):
            make(people["stan"], "social_post", account_id=x["id"])

        with reading(people["stan"]) as session:
            assert [(a.name, a.network, a.posts) for a in accounts(session)] == [("Kavarna", "x", 2)]
