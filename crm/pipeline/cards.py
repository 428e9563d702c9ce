"""The cards of selling: deals and orders, each with its lines."""

from crm.i18n import N_
from crm.records.card import Card
from db.models import Deal, DealLine, LossReason, Order, OrderLine, Pipeline, Stage

CARDS = (
    Card(model=Pipeline, is_small=True),
    Card(model=Stage, is_small=True),
    Card(model=LossReason, is_small=True),
    Card(
        model=Deal,
        list="title organisation_id stage_id amount_minor expected_close_on owner_id",
        pill="status",
        over="won lost",
        due="expected_close_on",
        find="number status",
        add="title organisation_id contact_id product_id amount_minor expected_close_on stage_id",
        form="title organisation_id contact_id product_id amount_minor currency expected_close_on",
        more="next_step next_step_on stage_id source campaign_id competitors owner_id team_id number notes",
        later="opened_on closed_on",
        facts="pipeline_id product_id opened_on source number team_id competitors loss_reason_id",
        screen="deals",
        page="deal",
        empty=N_("A deal is a chance to sell something to somebody. Add the first one, or import a file."),
    ),
    Card(
        model=DealLine,
        list="product_id description quantity unit_price_minor discount amount_minor owner_id",
        form="deal_id product_id description quantity unit_price_minor discount",
        page="deal",
    ),
    Card(
        model=Order,
        list="number ordered_on organisation_id contact_id total_minor channel owner_id",
        sort="-ordered_on",
        form="number ordered_on organisation_id contact_id deal_id",
        more="total_minor tax_minor shipping_minor discount_minor currency shipped_on channel ship_mode segment city region "
        "country owner_id team_id",
        facts="ordered_on shipped_on organisation_id contact_id deal_id total_minor tax_minor shipping_minor discount_minor "
        "channel ship_mode segment city region country owner_id team_id",
        screen="orders",
        page="order",
        menu="Sales",
        empty=N_("Agreed sales stand here, each with its lines. Add one, or import a file."),
    ),
    Card(
        model=OrderLine,
        list="sold_on product_id quantity amount_minor discount profit_minor number",
        sort="-sold_on",
        form="order_id product_id sold_on quantity amount_minor currency discount",
        more="profit_minor number organisation_id contact_id channel region owner_id team_id",
        beside="order",
    ),
)
