"""The page of a product: facts, sales by year, the deals it is in, what was changed."""

from __future__ import annotations

from functools import partial

from crm.contacts import sums
from crm.contacts.dealings import deals_of
from crm.i18n import _, ngettext
from crm.records.view import record_view
from crm.reporting.book import firm_book
from crm.ui.contacts import dealings
from crm.ui.kit import look
from crm.ui.kit.formats import money, percent, short_money
from crm.ui.records import facts
from crm.ui.records.record_page import Tab, counted, record_body, record_header
from crm.ui.records.timeline import show_timeline
from crm.work import Actor, reading
from db.scope import READ


def show_product(actor: Actor, record_id: int) -> None:
    """Draw the whole page; statements as for a contact."""
    with reading(actor) as session:
        view = record_view(session, "product", record_id)
        book = firm_book(session)
        deals = sums.deal_sums(session, "product", record_id, book=book)
        sales = sums.sales_by_year(session, "product", record_id, book=book)
        rows = deals_of(session, "product", record_id, book=book)
    values, currency = view.values, view.values.get("currency") or book.currency
    code, category = values.get("code"), view.titles.get("category_id")
    tags = [] if values["is_active"] else [look.tag(_("No longer sold"), tone=look.WATCH)]
    record_header(actor, view, context=" · ".join(p for p in (code, category) if p), tags=tags)
    lines = int(sales.years["lines"].sum())
    price, cost = values.get("list_price_minor"), values.get("cost_minor")
    sold = look.Explained(
        _("Sold so far"),
        short_money(sales.total_minor, sales.currency),
        formula=_("Sum of all sales lines of this product, at the rate of the day of each sale."),
        n=lines,
        n_text=ngettext("{n} sales line", "{n} sales lines", 2).format(n=lines),
    )
    list_price = look.Explained(_("List price"), money(price, currency) or "–")
    margin = look.Explained(
        _("Margin"),
        percent((price - cost) / price) if price and cost is not None else "–",
        formula=_("List price less cost, as a share of the list price."),
    )
    figures = [list_price, margin, sold]
    if actor.may("deal", READ):
        figures.append(dealings.deal_kpis(view, deals)[0])
    nothing = _("No deal has this as its main product.")
    shown = rows if deals.count else rows.head(0)
    tabs: dict[str, Tab] = {
        "deals": (
            counted(_("Deals"), deals.count),
            partial(dealings.show_deals, shown, count=deals.count, empty_text=nothing),
        ),
        "changes": (_("Changes"), partial(show_timeline, actor, view)),
    }
    sold_card = partial(dealings.sales_card, sales, title=_("How did it sell?"))
    record_body(tabs, [partial(facts.about_card, view), sold_card], figures=figures)
