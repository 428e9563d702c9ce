"""The cards of marketing: segments, campaigns, templates, web forms and social posts."""

from crm.i18n import N_
from crm.records.card import Card
from db.models import (
    Campaign,
    CampaignArm,
    CampaignMember,
    Consent,
    MessageTemplate,
    Segment,
    SocialAccount,
    SocialPost,
    WebForm,
)

CARDS = (
    Card(
        model=Segment,
        list="name kind counted counted_at owner_id",
        pill="kind",
        form="name description",
        more="owner_id team_id",
        facts="owner_id team_id",
        screen="segments",
        page="segment",
        empty=N_(
            "Groups of contacts by rules stand here, such as customers without an order for six months. Add one."
        ),
    ),
    Card(
        model=Campaign,
        list="name status channel segment_id starts_on ends_on budget_minor owner_id",
        pill="status",
        form="name channel purpose segment_id starts_on ends_on",
        more="goal offer expected_response response_days budget_minor cost_minor currency cap_messages cap_days "
        "owner_id team_id number notes",
        facts="segment_id purpose goal starts_on ends_on expected_response budget_minor cost_minor owner_id team_id",
        screen="campaigns",
        page="campaign",
        empty=N_(
            "An offer to a segment over one channel stands here, from plan to result. Plan the first one."
        ),
    ),
    Card(
        model=CampaignArm, list="campaign_id name is_control share", form="campaign_id name", page="campaign"
    ),
    Card(
        model=CampaignMember,
        list="campaign_id contact_id arm state sent_at responded_at response_by responded converted revenue_minor",
        form="campaign_id contact_id",
        page="campaign",
    ),
    Card(
        model=Consent,
        list="contact_id purpose channel state basis at source",
        form="contact_id purpose channel state basis at source",
        page="contact",
    ),
    Card(
        model=MessageTemplate,
        list="name subject owner_id changed_at",
        form="name subject preheader body",
        more="owner_id team_id",
        screen="templates",
        page="template",
        empty=N_(
            "A template is a message with places for names, written once and sent by campaigns. Write the first one."
        ),
    ),
    Card(
        model=WebForm,
        list="name slug kind campaign_id is_active owner_id",
        form="name slug kind title campaign_id queue_id intro thanks review",
        more="is_active owner_id team_id",
        screen="web_forms",
        page="web_form",
    ),
    Card(
        model=SocialAccount,
        list="name network url owner_id",
        form="name network url",
        more="owner_id team_id",
        page="social",
    ),
    Card(
        model=SocialPost,
        list="title account_id kind status is_paid published_at reach interactions",
        pill="status",
        sort="-published_at",
        form="title account_id kind status is_paid body link campaign_id planned_at",
        more="cost_minor currency owner_id team_id",
        screen="social",
        page="social",
        empty=N_("Write the first post, or bring in a file of metrics."),
    ),
)
