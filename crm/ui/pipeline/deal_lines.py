"""The products of a deal: what, how many, at what price; the deal's amount follows."""

from __future__ import annotations

from typing import Any

import streamlit as st

from crm.errors import Refused
from crm.i18n import _
from crm.money import exponent, to_major, to_minor
from crm.pipeline.deal_page import DealView, Line, list_prices
from crm.pipeline.deals.rules import line_amount
from crm.records import records
from crm.ui.frame.guard import act_in_callback, current_actor, showing_problems, storing
from crm.ui.kit import look
from crm.ui.kit.formats import money, number, percent
from crm.ui.kit.inputs import choose
from crm.work import Actor, reading


def show_lines(actor: Actor, deal: DealView) -> None:
    """The lines with their sum; who may change the deal adds, edits and removes them."""
    currency = deal.record["currency"]
    may = deal.view.may_change and not deal.view.archived
    with look.card(_("Products")):
        if not deal.lines:
            st.caption(_("No products yet. With products, the deal's amount is their sum."))
        for line in deal.lines:
            _row(actor, deal, line, currency, may)
        if deal.lines:
            total = sum(line.amount_minor or 0 for line in deal.lines)
            st.markdown(f"**{_('Total')} {look.plain(money(total, currency))}**", text_alignment="right")
        if may and st.button(_("Add product"), key="deal_line_add", icon=":material/add:"):
            line_dialog(deal, None)


def _row(actor: Actor, deal: DealView, line: Line, currency: str, may: bool) -> None:
    title = line.product or line.description or _("Line")
    how = _("{n} × {price}").format(
        n=number(line.quantity, decimals=0 if line.quantity == int(line.quantity) else 2),
        price=money(line.unit_price_minor, currency) or "–",
    )
    if line.discount:
        how += _(", {share} off").format(
            share=percent(line.discount, decimals=0 if line.discount * 100 % 1 == 0 else 1)
        )
    if line.product and line.description not in ("", line.product):
        how += f" · {line.description}"
    with look.row():
        look.two_lines(title, why=how)
        st.markdown(look.plain(money(line.amount_minor, currency) or "–"), width="content")
        if not may:
            return
        if look.icon_button(
            "edit", _("Change {product}").format(product=title), key=f"deal_line_edit_{line.id}"
        ):
            line_dialog(deal, line)
        look.icon_button(
            "delete",
            _("Remove {product}").format(product=title),
            key=f"deal_line_remove_{line.id}",
            on_click=_remove,
            args=(actor, line, title),
        )


def _remove(actor: Actor, line: Line, title: str) -> None:
    # A callback knows the line as it was shown, not as somebody changed it meanwhile.
    act_in_callback(
        actor,
        lambda work: records.delete_record(work, "deal_line", line.id, seen_version=line.version),
        _("{product} is off the deal; the amount follows.").format(product=title),
    )


def line_dialog(deal: DealView, line: Line | None) -> None:
    """The drawer of one line; the list price is offered as the price."""
    currency = deal.record["currency"]
    key = f"deal_line_{line.id if line else 'new'}"
    for name in [n for n in st.session_state if str(n).startswith(f"{key}_field")]:
        del st.session_state[name]

    @st.dialog(_("Change product") if line else _("Add product"), position="right", width=440)
    def drawer() -> None:
        actor = current_actor()
        values = _fields(actor, deal, line, currency, f"{key}_field")
        if st.button(_("Save"), key=f"{key}_save", type="primary", icon=":material/check:"):
            with showing_problems():
                if not values["product_id"] and not values["description"]:
                    raise Refused(_("Choose a product or describe the line."))
                with storing(actor, _("The products are stored; the amount follows.")) as work:
                    if line is None:
                        records.create_record(work, "deal_line", values | {"deal_id": deal.record["id"]})
                    else:
                        records.update_record(work, "deal_line", line.id, values, seen_version=line.version)

    drawer()


def _fields(actor: Actor, deal: DealView, line: Line | None, currency: str, key: str) -> dict[str, Any]:
    with reading(actor) as session:
        prices = list_prices(session)
    if line and line.product_id and line.product_id not in prices:
        prices[line.product_id] = (line.product, None, None)
    product = choose(
        _("Product"),
        {row_id: price[0] for row_id, price in prices.items()},
        line.product_id if line else None,
        placeholder=_("Choose or type a name"),
        key=f"{key}_product",
    )
    description = st.text_input(
        _("Description"), value=line.description if line else "", key=f"{key}_description", max_chars=500
    )
    start = _first_price(product, line, prices, currency)
    with st.container(horizontal=True):
        quantity = st.number_input(
            _("Quantity"),
            value=line.quantity if line else 1.0,
            min_value=0.0,
            step=1.0,
            format="%g",
            key=f"{key}_quantity",
        )
        # Another product starts at its own price, so the product is part of the key.
        price = st.number_input(
            _("Unit price ({currency})").format(currency=currency),
            value=None if start is None else float(to_major(start, currency)),
            min_value=0.0,
            format=f"%.{exponent(currency)}f",
            key=f"{key}_price_{product}",
        )
        discount = st.number_input(
            _("Discount (%)"), value=(line.discount if line else 0.0) * 100, min_value=0.0, max_value=100.0, step=1.0,
            format="%g", key=f"{key}_discount",
        )  # fmt: skip
    minor = None if price is None else to_minor(price, currency)
    share = round(float(discount or 0) / 100, 6)
    total = line_amount(float(quantity or 0), minor, share)
    st.caption(_("Line total {money}").format(money=money(total, currency) or "–"))
    return {
        "product_id": product,
        "description": description or None,
        "quantity": quantity,
        "unit_price_minor": minor,
        "discount": share,
    }


def _first_price(
    product: int | None,
    line: Line | None,
    prices: dict[int, tuple[str, int | None, str | None]],
    currency: str,
) -> int | None:
    if line is not None and product == line.product_id:
        return line.unit_price_minor
    if product is None:
        return None
    _name, price, of = prices[product]
    return price if of == currency else None
