"""Products: what we sell, by category, with list prices."""

from crm.i18n import _
from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import ListScreen, show_list

actor = current_actor()

show_list(
    actor,
    ListScreen(
        entity="product",
        page="products",
        columns=("name", "code", "category_id", "list_price_minor", "is_active"),
        form=("name", "code", "category_id", "list_price_minor", "cost_minor", "currency", "is_active"),
        empty_text=_(
            "What you sell stands here, with its list price. Add a product, or import a price list."
        ),
    ),
)
