"""Settings of the firm: its name, currency, year and week, exchange rates by day, and the limits set where it runs."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st
from babel.dates import get_day_names, get_month_names

from crm.clock import today
from crm.config import settings
from crm.errors import Refused
from crm.firm.countries import country_names, zone_names
from crm.firm.firm import Firm, firm, rates, set_firm
from crm.firm.rates import DatedRate, checked, delete_rate, parse_rates, read_rates, save_rates
from crm.i18n import _, language
from crm.money import codes
from crm.periods import Calendar
from crm.ui.frame.guard import showing_problems, storing
from crm.ui.kit import look
from crm.ui.kit.formats import day as day_text
from crm.ui.kit.formats import number
from crm.ui.kit.inputs import choose
from crm.work import Actor, reading


def show_firm(actor: Actor) -> None:
    """Name, currency, year and week."""
    with reading(actor) as session:
        now = firm(session)
    with st.form("settings_firm"):
        name = st.text_input(_("Name of the firm"), value=now.name, key="settings_firm_name", max_chars=200)
        currency = st.selectbox(
            _("Currency of all totals"),
            codes(),
            index=codes().index(now.currency),
            key="settings_firm_currency",
            help=_("Deals and targets keep their own currency, stored rates too; a change is asked before."),
        )
        names_of, zones = country_names(), {zone: zone for zone in zone_names()}
        country = choose(
            _("Country"), names_of, now.country, key="settings_firm_country",
            help=_("Telephone numbers without a country code are read as of this country, from now on"),
        )  # fmt: skip
        zone = choose(
            _("Time zone"), {now.time_zone: now.time_zone, **zones}, now.time_zone, key="settings_firm_zone",
            help=_("Where a day begins and ends; a change is asked before"),
        )  # fmt: skip
        calendar = _calendar(now.calendar)
        sent = st.form_submit_button(_("Save"), type="primary")
    if sent:
        with showing_problems():
            if not name.strip():
                raise Refused(_("The firm needs a name."))
            made = replace(
                now,
                name=name,
                calendar=calendar,
                country=country or now.country,
                time_zone=zone or now.time_zone,
                currency=str(currency),
            )
            if (made.currency, made.time_zone) == (now.currency, now.time_zone):
                _store_firm(actor, made)
            st.session_state["settings_firm_asked"] = made
    if (asked := st.session_state.get("settings_firm_asked")) and (asked.currency, asked.time_zone) != (
        now.currency,
        now.time_zone,
    ):
        _ask(actor, now, asked)


def _calendar(now: Calendar) -> Calendar:
    """When the financial year and the weeks begin."""
    days, months = (
        names("wide", "stand-alone", locale=language()) for names in (get_day_names, get_month_names)
    )
    year = st.selectbox(
        _("The financial year begins in"),
        range(1, 13),
        index=now.year_start - 1,
        format_func=lambda month: months[month],
        key="settings_firm_year",
        help=_("Quarters and years of dashboards, reports and segments follow it"),
    )
    week = st.selectbox(
        _("Weeks begin on"),
        range(7),
        index=now.week_start,
        format_func=lambda day: days[day],
        key="settings_firm_week",
        help=_("In calendars and wherever something is counted by week"),
    )
    return Calendar(year, week)


def _anew() -> None:
    """Forget the numbers kept for everybody: the firm's year, currency and rates are behind all of them."""
    st.cache_data.clear()
    st.rerun()


def _store_firm(actor: Actor, made: Firm) -> None:
    said = _("Stored. Totals are in {currency}.").format(currency=made.currency)
    with storing(actor, said, forget="settings_firm_asked", then=_anew) as work:
        set_firm(
            work,
            name=made.name,
            currency=made.currency,
            is_sample=made.is_sample,
            calendar=made.calendar,
            country=made.country if made.country in country_names() else "",
            time_zone=made.time_zone,
        )


def _ask(actor: Actor, now: Firm, asked: Firm) -> None:
    """Say what a new currency of all totals, or another time zone, means for what is stored before it counts."""
    if asked.time_zone != now.time_zone:
        moved = _(
            "Stored moments stay; they are shown by the clocks of {new}. What happened near midnight may count for another "
            "day than before, also in figures that were reported."
        )
        st.warning(look.plain(moved.format(new=asked.time_zone)), icon=":material/schedule:")
    if (currency := asked.currency) == now.currency:
        if st.button(_("Use this time zone"), type="primary", key="settings_firm_change"):
            _store_firm(actor, asked)
        return
    text = _(
        "Deals, targets and stored rates stay in the currency they were entered in. Totals are converted to {new} "
        "through the rate of {new} in {old}; what has no rate is left out of them and named."
    )
    with reading(actor) as session:
        if currency not in rates(session):
            text += " " + _(
                "There is no rate of {new} in {old} yet: enter one first, or no {old} amount counts."
            )
    st.warning(look.plain(text.format(new=currency, old=now.currency)), icon=":material/currency_exchange:")
    change = _("Count all totals in {currency}").format(currency=currency)
    if st.button(change, type="primary", key="settings_firm_change"):
        _store_firm(actor, asked)


def show_rates(actor: Actor) -> None:
    """Stored rates, one more by hand, many by paste."""
    with reading(actor) as session:
        known, own = read_rates(session), firm(session).currency
    st.caption(
        _("What one unit of a currency costs in {own}, from that day until the next entry.").format(own=own)
    )
    one, many = look.split()[::-1]
    with one:
        _one_rate(actor, own)
        _paste(actor)
    with many:
        if not known:
            look.empty(
                _("No rates yet"),
                _("Deals in other currencies need one before sums can count them in {own}.").format(own=own),
            )
            return
        look.table(
            pd.DataFrame(
                [(r.day, r.currency, r.rate, r.base or own) for r in known],
                columns=["day", "currency", "rate", "base"],
            ),
            height=min(600, 38 + 36 * len(known)),
            column_config={
                "day": st.column_config.DateColumn(_("From"), format="D MMM YYYY", width=120),
                "currency": st.column_config.TextColumn(_("Currency"), width=100),
                "rate": st.column_config.NumberColumn(_("Rate"), format="%.6g", width=140),
                "base": st.column_config.TextColumn(_("In"), width=80),
            },
            alt=_("Exchange rates, newest first"),
            key="settings_rates",
        )
        _remove(actor, {f"{r.currency} · {day_text(r.day)} · {r.rate:g} {r.base or own}": r for r in known})


def _one_rate(actor: Actor, own: str) -> None:
    with st.form("settings_rate_one"):
        currency = st.selectbox(_("Currency"), [c for c in codes() if c != own], key="settings_rate_currency")
        when = st.date_input(_("From"), value=today(), key="settings_rate_day", format="YYYY-MM-DD")
        rate = st.number_input(
            _("Rate in {own}").format(own=own),
            value=None,
            min_value=0.0,
            format="%.6f",
            key="settings_rate_rate",
        )
        sent = st.form_submit_button(_("Save rate"), type="primary")
    if sent:
        with showing_problems():
            try:
                made = checked(str(currency), when, float(rate or 0))
            except ValueError as error:
                raise Refused(_("Nothing was stored: {why}.").format(why=error)) from error
            said = _("{currency} counts {rate} from {day} on.").format(
                currency=made.currency, rate=f"{made.rate:g}", day=day_text(made.day)
            )
            with storing(actor, said, then=_anew) as work:
                save_rates(work, [made])


def _paste(actor: Actor) -> None:
    with (
        st.expander(_("Many at once"), icon=":material/content_paste:"),
        st.form("settings_rate_paste", border=False),
    ):
        text = st.text_area(
            _("One rate a line: day, currency, rate"),
            key="settings_rate_text",
            placeholder="2026-01-31, USD, 0.92",
            height=140,
        )
        file = st.file_uploader(
            _("or a CSV file"), type=["csv", "txt"], max_upload_size=2, key="settings_rate_file"
        )
        sent = st.form_submit_button(_("Store all"))
    if sent:
        whole = "\n".join([text or "", file.getvalue().decode("utf-8-sig", "replace") if file else ""])
        with storing(
            actor, lambda: _("Rates that are new or changed: {n}").format(n=changed), then=_anew
        ) as work:
            changed = save_rates(work, parse_rates(whole))


def _remove(actor: Actor, known: dict[str, DatedRate]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            _("Remove a rate"),
            list(known),
            index=None,
            key="settings_rate_remove",
            placeholder=_("Choose"),
            width=280,
        )
        row = known.get(chosen or "")
        if st.button(
            _("Remove"), key="settings_rate_remove_go", icon=":material/delete:", disabled=row is None
        ):
            assert row is not None
            with storing(actor, _("The rate is gone; the one before it counts."), then=_anew) as work:
                delete_rate(work, currency=row.currency, day=row.day, base=row.base)


def show_limits(_actor: Actor) -> None:
    """What the installation allows; set in its environment, so only shown here."""
    known = settings()
    st.caption(_("Set where Rapport runs, in the environment; shown here for reference."))
    look.facts(
        {
            _("Largest file to import"): _("{n} MB (CRM_UPLOAD_MAX_MB)").format(
                n=number(known.upload_max_mb)
            ),
            _("Most rows in an import"): _("{n} (CRM_UPLOAD_MAX_ROWS)").format(
                n=number(known.upload_max_rows)
            ),
            _("Signed out after idle hours"): f"{known.session_idle_hours:g} (CRM_SESSION_IDLE_HOURS)",
            _("Signed out at the latest after days"): f"{known.session_days:g} (CRM_SESSION_DAYS)",
        },
        alt=_("Limits of this installation"),
    )
