"""The page of a campaign: what it is, who gets it, who is in it, what it brought."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.campaigns.runs.queries import CampaignView, campaign_view, link_rows
from crm.clock import now, today, zone
from crm.i18n import _, ngettext
from crm.mail.sending.status import mail_status
from crm.records import registry
from crm.records.changes import record_changes
from crm.ui.campaigns.arms import arms_card
from crm.ui.campaigns.audience import audience_card, draft_audience, sample_card
from crm.ui.campaigns.list import labels, status_tag
from crm.ui.campaigns.members import show_members
from crm.ui.campaigns.result import show_result
from crm.ui.campaigns.steps import menu_steps, primary_step, watch_job
from crm.ui.kit import look
from crm.ui.kit.formats import day, moment, value_text
from crm.ui.records import facts
from crm.ui.records.record_page import record_header, record_tabs
from crm.work import Actor, reading

LOG_SHOWN = 30


def show_campaign(actor: Actor, campaign_id: int) -> None:
    """Draw the whole page; only the open tab is read."""
    with reading(actor) as session:
        view = campaign_view(session, campaign_id)
    audience = draft_audience(actor, view)
    record_header(
        actor,
        view.record,
        context=_one_line(view),
        tags=[status_tag(view.record.values["status"])],
        more=menu_steps(actor, view),
        primary=primary_step(actor, view, audience),
    )
    watch_job(campaign_id)
    count = f" · {view.members:,}" if view.members else ""
    tabs = {
        "plan": _("Plan"),
        "members": _("Members") + count,
        "result": _("Result"),
        "log": _("Links and log"),
    }
    tab = record_tabs(tabs)
    if tab == "members":
        show_members(actor, view)
    elif tab == "result":
        show_result(actor, campaign_id)
    elif tab == "log":
        _log(actor, view)
    else:
        main, aside = look.split()
        with main:
            _sending(view)
            audience_card(view, audience)
            arms_card(actor, view)
        with aside:
            sample_card(view, audience.n if audience else view.members)
            facts.about_card(view.record)
            _limits(view)
            facts.text_card(view.record, "offer")


def _limits(view: CampaignView) -> None:
    """What counts as a response, and how often anybody is written to."""
    values = view.record.values
    with look.card(_("Limits"), key="campaign_limits"):
        counted = _("Responses count for {n} days after the message.").format(n=values["response_days"])
        often = _("Nobody gets more than {n} campaign messages within {days} days.").format(
            n=values["cap_messages"], days=values["cap_days"]
        )
        look.lines(counted, often if values["cap_messages"] else _("No limit of messages per contact."))


def _one_line(view: CampaignView) -> str:
    values = view.record.values
    parts = [labels("channel")[values["channel"]]]
    if view.members:
        parts.append(ngettext("{n} member", "{n} members", view.members).format(n=f"{view.members:,}"))
    starts, ends = values["starts_on"], values["ends_on"]
    if starts and ends:
        parts.append(_("{a} to {b}").format(a=day(starts, today=ends), b=day(ends)))
    elif starts:
        parts.append(_("from {a}").format(a=day(starts)))
    if view.record.titles.get("segment_id"):
        parts.append(view.record.titles["segment_id"])
    return " · ".join(parts) + _ended(values["status"], ends)


def _ended(status: str, ends: date | None) -> str:
    return (
        " · " + _("the period is over")
        if ends and ends < today() and status in ("draft", "planned", "running")
        else ""
    )


def _sending(view: CampaignView) -> None:
    """How far the mail is, while it goes out."""
    values = view.record.values
    if values["channel"] != "email" or values["status"] not in ("running", "paused"):
        return
    mail = mail_status(view.record.id)
    if not mail.total:
        return
    with look.card(_("Sending"), key="campaign_sending"):
        done = mail.sent + mail.unconfirmed + mail.failed
        said = _("{done} of {total} sent").format(
            done=f"{mail.sent + mail.unconfirmed:,}", total=f"{mail.total - mail.left_out:,}"
        )
        rest = [
            (mail.waiting + mail.sending, _("{n} waiting")),
            (mail.failed, _("{n} failed")),
            (mail.left_out, _("{n} held back or left out")),
        ]
        st.progress(min(1.0, done / max(1, mail.total)), text=look.plain(said))
        st.caption(look.plain(" · ".join(text.format(n=f"{n:,}") for n, text in rest if n)))
        for problem, n in mail.problems:
            st.caption(look.plain(f"{n:,} × {problem}"))
        if mail.missing and values["status"] == "running":
            st.warning(look.plain(mail.missing), icon=":material/outgoing_mail:")


def _log(actor: Actor, view: CampaignView) -> None:
    with reading(actor) as session:
        links = link_rows(session, view.record.id)
        changes = record_changes(session, "campaign", view.record.id, limit=LOG_SHOWN)
    look.section(_("Links"), _("Clicks of people; what mail scanners follow is not counted"))
    if links.empty:
        st.caption(_("No tracked links: they come with the first message that has a link."))
    else:
        st.dataframe(
            {
                _("Address"): list(links["url"]),
                _("Arm"): list(links["arm"]),
                _("Clicks"): [int(n or 0) for n in links["clicks"]],
                _("Members who clicked"): [int(n) for n in links["members"]],
            },
            hide_index=True,
            row_height=36,
            alt=_("Tracked links with their clicks"),
        )
    with look.card(_("What happened"), key="campaign_log"):
        about, currency = registry.entity("campaign"), view.record.currency
        if not changes:
            st.caption(_("Nothing is noted: the campaign came in by an import or with the sample company."))
        for change in changes:
            verb = {"C": _("made it"), "D": _("deleted it")}.get(change.op, _("changed it"))
            said = [
                f"{field.label}: {value_text(about.by_name.get(field.name), field.old, currency)} → "
                f"{value_text(about.by_name.get(field.name), field.new, currency)}"
                for field in change.fields
            ]
            when = moment(change.at, now=now(), zone=zone())
            look.two_lines(change.who or _("Rapport"), verb, " · ".join([when, *said]))
