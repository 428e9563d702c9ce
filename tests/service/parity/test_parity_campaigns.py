"""Campaigns, arms, members, consent, templates, web forms and posts: the same values end alike by form, API and file."""

from datetime import UTC, date, datetime

from crm.firm.firm import set_firm
from crm.records import records
from crm.work import SYSTEM, unit_of_work
from db.models import Campaign, CampaignArm, CampaignMember
from tests.service.parity.roads import NOW, At, EntityRoads

MAY = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
LATER = datetime(2030, 1, 1, 8, 0, tzinfo=UTC)
LONG = "Fresh beans every week. " * 13


def campaigning(actor):
    """Contacts, a segment, a draft, a campaign whose members are drawn, one that is over, and two accounts."""
    with unit_of_work(actor) as work:
        set_firm(work, name="Kavarna", currency="EUR")

        def make(entity, **values):
            return int(records.create_record(work, entity, values)["id"])

        named = {
            "ana": make("contact", name="Ana Olivares", email="ana@example.com"),
            "bo": make("contact", name="Bo Lind", email="bo@example.com"),
            "segment": make("segment", name="Customers in Berlin"),
            "draft": make("campaign", name="Autumn", number="K1", currency="USD"),
            "drawn": make("campaign", name="Winter", number="K2"),
            "yen": make("campaign", name="Tokyo", number="K4", currency="JPY"),
            "over": make("campaign", name="Spring", number="K3"),
            "x": make("social_account", name="Kavarna on X", network="x"),
            "facebook": make("social_account", name="Kavarna on Facebook", network="facebook"),
        }
        make("web_form", name="Ask us", slug="ask-us")
        make("campaign_arm", campaign_id=named["draft"], name="Letter", share=0.5)
        make("campaign_arm", campaign_id=named["drawn"], name="Letter", share=1.0)
    with unit_of_work(SYSTEM) as work:
        # As the buttons of its page leave it.
        drawn = work.session.get_one(Campaign, named["drawn"])
        drawn.status, drawn.drawn_at = "planned", MAY
        work.session.get_one(Campaign, named["over"]).status = "closed"
        work.session.add(CampaignMember(campaign_id=drawn.id, contact_id=named["ana"], arm="Letter"))
        work.session.add(CampaignArm(campaign_id=named["over"], name="Nobody", is_control=True, share=0.2))
    return named


class Campaigning(EntityRoads):
    """What all of these are about."""

    def scene(self, actor):
        return campaigning(actor)


class TestCampaign(Campaigning):
    entity = "campaign"
    good = (
        {"name": "Summer"},
        {"name": "Summer", "status": "draft", "channel": "letter", "purpose": "events"},
        {"name": "Summer", "starts_on": date(2026, 12, 1), "ends_on": date(2026, 12, 1)},
        {"name": "Summer", "segment_id": At("segment"), "budget_minor": 1_234_567, "currency": "JPY"},
        {"name": "Summer", "budget_minor": 1_000_00, "cost_minor": 900_00, "expected_response": 0.05},
        {"name": "Autumn", "number": "K9", "response_days": 14, "cap_messages": 0, "cap_days": 90},
    )
    bad = (
        ({"number": "K9", "goal": "Sell filters"}, "name"),
        ({"name": "x", "starts_on": date(2026, 12, 2), "ends_on": date(2026, 12, 1)}, "ends_on"),
        ({"name": "x", "status": "planned"}, "status"),
        ({"name": "x", "status": "running", "segment_id": At("segment")}, "status"),
        ({"name": "x", "status": "paused"}, "status"),
        ({"name": "x", "status": "cancelled"}, "status"),
        ({"name": "x", "channel": "pigeon"}, "channel"),
        ({"name": "x", "budget_minor": -100}, "budget_minor"),
        ({"name": "x", "expected_response": 1.5}, "expected_response"),
        ({"name": "x", "response_days": 0}, "response_days"),
        ({"name": "x", "starts_on": "soon"}, "starts_on"),
    )
    changes = (
        ({"name": "Summer", "number": "K9"}, {"starts_on": date(2026, 12, 1), "goal": "Sell filters"}),
        ({"name": "Summer", "number": "K9"}, {"currency": "USD", "cost_minor": 500}),
        ({"name": "Summer", "number": "K9", "channel": "phone"}, {"channel": "email", "purpose": "events"}),
        ({"name": "Summer", "number": "K9"}, {"name": "High Summer"}),
    )
    bad_changes = (
        ({"name": "Summer", "number": "K9"}, {"status": "running"}, "status"),
        (
            {"name": "Summer", "number": "K9", "starts_on": date(2026, 12, 1)},
            {"ends_on": date(2026, 11, 1)},
            "ends_on",
        ),
        (
            {"name": "Summer", "number": "K9", "ends_on": date(2026, 11, 1)},
            {"starts_on": date(2026, 12, 1)},
            "ends_on",
        ),
    )
    history = (
        ({"name": "Spring sale", "status": "closed"}, "status", "closed before it came in"),
        (
            {
                "name": "x",
                "status": "closed",
                "starts_on": date(2025, 1, 1),
                "ends_on": date(2025, 2, 1),
                "cost_minor": 5,
            },
            "status",
            "closed before it came in",
        ),
    )
    history_changes = (
        ({"name": "Summer", "number": "K9"}, {"status": "closed"}, "status", "closed in another program"),
    )


class TestArm(Campaigning):
    entity = "campaign_arm"
    key = "name"
    good = (
        {"campaign_id": At("draft"), "name": "Call"},
        {"campaign_id": At("draft"), "name": "Control", "is_control": True, "share": 0.1},
        {"campaign_id": At("over"), "name": "Letter", "share": 0.8},
    )
    bad = (
        ({"name": "Call"}, "campaign_id"),
        ({"campaign_id": At("draft"), "share": 0.5}, "name"),
        ({"campaign_id": At("drawn"), "name": "Call"}, "campaign_id"),
        ({"campaign_id": At("draft"), "name": "Call", "share": 1.5}, "share"),
        ({"campaign_id": At("draft"), "name": "x" * 81}, "name"),
    )
    changes = (
        ({"campaign_id": At("draft"), "name": "Call"}, {"share": 0.25}),
        ({"campaign_id": At("draft"), "name": "Call"}, {"is_control": True}),
    )
    bad_changes = (
        ({"campaign_id": At("draft"), "name": "Call"}, {"campaign_id": At("drawn")}, "campaign_id"),
    )


class TestMember(Campaigning):
    entity = "campaign_member"
    key = "arm"
    good = (
        {"campaign_id": At("draft"), "contact_id": At("ana"), "arm": "Letter"},
        {"campaign_id": At("draft"), "contact_id": At("ana"), "arm": "No mail", "responded": True},
        {"campaign_id": At("draft"), "contact_id": At("bo"), "arm": "A", "revenue_minor": 12_050},
        {"campaign_id": At("yen"), "contact_id": At("bo"), "arm": "A", "revenue_minor": 1200, "currency": "JPY"},
        {"campaign_id": At("over"), "contact_id": At("bo"), "arm": "Letter"},
        {"campaign_id": At("over"), "contact_id": At("bo"), "arm": "Nobody", "converted": True},
        {"campaign_id": At("over"), "contact_id": At("bo"), "arm": "Letter", "state": "bounced"},
    )  # fmt: skip
    bad = (
        ({"contact_id": At("ana"), "arm": "Letter"}, "campaign_id"),
        ({"campaign_id": At("draft"), "arm": "Letter"}, "contact_id"),
        ({"campaign_id": At("draft"), "contact_id": At("ana")}, "arm"),
        ({"campaign_id": At("drawn"), "contact_id": At("bo"), "arm": "Letter"}, "campaign_id"),
        ({"campaign_id": At("draft"), "contact_id": At("ana"), "arm": "A", "state": "lost"}, "state"),
    )
    changes = (
        ({"campaign_id": At("draft"), "contact_id": At("bo"), "arm": "A"}, {"responded": True}),
        (
            {"campaign_id": At("draft"), "contact_id": At("bo"), "arm": "A"},
            {"converted": True, "revenue_minor": 99_00},
        ),
        ({"campaign_id": At("over"), "contact_id": At("bo"), "arm": "A"}, {"state": "unsubscribed"}),
    )
    bad_changes = (
        (
            {"campaign_id": At("draft"), "contact_id": At("bo"), "arm": "A"},
            {"campaign_id": At("drawn")},
            "campaign_id",
        ),
    )


SAID = {"contact_id": At("ana"), "purpose": "offers", "channel": "email", "state": "given", "source": "Fair"}


class TestConsent(Campaigning):
    entity = "consent"
    key = "source"
    good = (
        SAID,
        {"contact_id": At("ana"), "purpose": "events", "channel": "phone", "state": "withdrawn"},
        {"contact_id": At("bo"), "purpose": "offers", "channel": "post", "state": "refused", "at": MAY},
        SAID | {"contact_id": At("bo"), "at": MAY, "source": "Contract", "basis": "contract"},
    )
    bad = (
        ({name: value for name, value in SAID.items() if name != "contact_id"}, "contact_id"),
        (SAID | {"purpose": "spam"}, "purpose"),
        (SAID | {"state": "maybe"}, "state"),
        (SAID | {"at": LATER}, "at"),
        (SAID | {"basis": "gut feeling"}, "basis"),
    )
    bad_changes = (
        (SAID, {"state": "withdrawn"}, "state"),
        (SAID, {"purpose": "events"}, "purpose"),
    )
    history = ((SAID | {"source": None, "at": MAY}, "source", "nobody knows where"),)


class TestTemplate(Campaigning):
    entity = "message_template"
    key = "name"
    good = (
        {"name": "Offer", "subject": "A filter for {{ contact.first_name }}", "body": "Dear {{ contact.name }},"},
        {"name": "Offer", "subject": "News", "body": "{% if contact.city %}Come by.{% endif %}", "preheader": "Now"},
    )  # fmt: skip
    bad = (
        ({"name": "Offer", "body": "Dear all,"}, "subject"),
        ({"name": "Offer", "subject": "News"}, "body"),
        ({"name": "Offer", "subject": "News", "body": "{% for %}"}, "body"),
        ({"name": "Offer", "subject": "News", "body": "Dear,\n{{ nobody.such }}"}, "body"),
        ({"name": "Offer", "subject": "{{ contact.such }}", "body": "Dear all,"}, "subject"),
        ({"name": "Offer", "subject": "News", "body": "x", "preheader": "{{ 1 + 1 }}"}, "preheader"),
        ({"name": "Offer", "subject": "n" * 301, "body": "x"}, "subject"),
    )
    changes = (
        ({"name": "Offer", "subject": "News", "body": "Dear all,"}, {"body": "Dear {{ contact.name }},"}),
    )
    bad_changes = (
        ({"name": "Offer", "subject": "News", "body": "Dear all,"}, {"body": "{{ contact.nme }}"}, "body"),
        ({"name": "Offer", "subject": "News", "body": "Dear all,"}, {"subject": "{% if %}"}, "subject"),
    )


class TestWebForm(Campaigning):
    entity = "web_form"
    key = "slug"
    good = (
        {"name": "Repair", "slug": "repair", "kind": "service"},
        {"name": "Beans", "slug": "  Fresh-Beans ", "purposes": ["newsletter", "offers"]},
        {"name": "Beans", "slug": "b", "campaign_id": At("draft"), "is_active": False, "title": "Ask"},
    )
    bad = (
        ({"slug": "beans"}, "name"),
        ({"name": "Beans"}, "slug"),
        ({"name": "Beans", "slug": "a b/c"}, "slug"),
        ({"name": "Beans", "slug": "-a"}, "slug"),
        ({"name": "Beans", "slug": "Über-uns"}, "slug"),
        ({"name": "Beans", "slug": " Ask-Us"}, "slug"),
        ({"name": "Beans", "slug": "beans", "purposes": ["spam"]}, "purposes"),
        ({"name": "Beans", "slug": "beans", "kind": "quiz"}, "kind"),
    )
    changes = (
        ({"name": "Beans", "slug": "beans"}, {"purposes": ["events"], "thanks": "We will write."}),
        ({"name": "Beans", "slug": "beans", "kind": "service"}, {"kind": "lead"}),
    )
    bad_changes = (({"name": "Beans", "slug": "beans"}, {"purposes": ["spam"]}, "purposes"),)


class TestPost(Campaigning):
    entity = "social_post"
    good = (
        {"title": "Idea"},
        {"body": LONG, "account_id": At("x")},
        {"body": "New beans\nare here", "account_id": At("facebook"), "status": "planned", "planned_at": LATER},
        {"body": LONG, "account_id": At("facebook"), "status": "published", "published_at": MAY},
        {"title": "Old", "published_at": MAY, "likes": 3, "shares": 2, "reach": 90},
        {"title": "Old", "published_at": MAY, "likes": 3, "interactions": 9, "weekday": 4, "hour": 7},
        {"published_at": MAY, "kind": "photo", "cost_minor": 5_00},
    )  # fmt: skip
    bad = (
        ({"title": "x", "status": "planned", "planned_at": LATER}, "account_id"),
        ({"title": "x", "status": "planned", "account_id": At("x")}, "planned_at"),
        ({"body": LONG, "status": "planned", "account_id": At("x"), "planned_at": LATER}, "body"),
        ({"body": LONG, "account_id": At("x"), "published_at": MAY}, "body"),
        ({"title": "x", "published_at": LATER}, "published_at"),
        ({"title": "x", "kind": "hologram"}, "kind"),
        ({"title": "x", "likes": -1}, "likes"),
        ({"title": "x", "published_at": MAY, "weekday": 8}, "weekday"),
    )
    changes = (
        ({"title": "x", "number": "P1"}, {"published_at": MAY}),
        ({"title": "x", "number": "P1", "published_at": MAY, "likes": 3}, {"shares": 4}),
        ({"title": "x", "number": "P1", "published_at": MAY, "likes": 3, "interactions": 9}, {"shares": 4}),
        ({"title": "x", "number": "P1", "published_at": NOW}, {"published_at": MAY}),
        ({"title": "x", "number": "P1", "published_at": MAY}, {"status": "draft"}),
        (
            {"title": "x", "number": "P1", "account_id": At("x")},
            {"status": "planned", "planned_at": LATER},
        ),
    )
    bad_changes = (
        (
            {"body": LONG, "number": "P1", "account_id": At("x")},
            {"status": "planned", "planned_at": LATER},
            "body",
        ),
        ({"title": "x", "number": "P1"}, {"status": "planned"}, "account_id"),
    )
    history = (
        ({"title": "x", "status": "published"}, "", "the time unknown"),
        ({"title": "x", "likes": 5, "weekday": 4, "hour": 3}, "", "the time unknown"),
    )


class TestSegment(Campaigning):
    entity = "segment"
    key = "name"
    good = ({"name": "Everybody"}, {"name": "Everybody", "description": "All contacts"})
    bad = (({"description": "All contacts"}, "name"), ({"name": "x", "kind": "frozen"}, "kind"))
    changes = (({"name": "Everybody"}, {"description": "All contacts"}),)


class TestAccount(Campaigning):
    entity = "social_account"
    key = "name"
    good = (
        {"name": "Kavarna", "network": "web"},
        {"name": "Kavarna", "network": "x", "url": "example.com/kavarna"},
    )
    bad = (
        ({"network": "x"}, "name"),
        ({"name": "Kavarna", "network": "fax"}, "network"),
        ({"name": "Kavarna", "network": "x", "url": "not an address"}, "url"),
    )
    changes = (({"name": "Kavarna", "network": "web"}, {"network": "x"}),)
