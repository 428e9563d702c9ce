"""What becomes of a received question that no record waits for, and who looks after it."""

from __future__ import annotations

import streamlit as st

from crm.config import settings
from crm.i18n import _
from crm.mail.inbox.chosen import (
    CASE,
    LEAD,
    MOST_DAYS,
    TALK,
    WAIT,
    MailboxRules,
    mailbox_rules,
    set_mailbox_rules,
)
from crm.mail.receiving.mailbox import mailbox_problem
from crm.ui.frame.guard import storing
from crm.ui.kit import look
from crm.ui.kit.inputs import choose, link_options
from crm.work import Actor, reading


def show_mail(actor: Actor) -> None:
    """The rules of the mailbox as a form, below how the mailbox stands."""
    with reading(actor) as session:
        now = mailbox_rules(session)
    chosen = settings()
    if problem := mailbox_problem():
        st.warning(look.plain(problem), icon=":material/mark_email_unread:")
    elif chosen.imap_host:
        st.caption(look.plain(_("{folder} of {user} at {host} is read every five minutes.").format(
            folder=chosen.imap_folder, user=chosen.imap_user, host=chosen.imap_host
        )))  # fmt: skip
    else:
        st.caption(
            look.plain(
                _("No mailbox is set up. Set CRM_IMAP_HOST, or take files in by “python -m crm mail read”.")
            )
        )
    become = {
        WAIT: _("waits in the inbox"),
        CASE: _("becomes a case"),
        TALK: _("becomes a talk"),
        LEAD: _("becomes a lead"),
    }
    strangers = {name: text for name, text in become.items() if name != TALK}
    with st.form("settings_mail", border=True):
        known = choose(_("A question from somebody we know"), become, now.known, key="mail_known")
        unknown = choose(_("A question from a stranger"), strangers, now.unknown, key="mail_unknown")
        team = choose(_("Who looks after it"), link_options(actor, "team"), now.team_id, key="mail_team",
                      placeholder=_("The first team"))  # fmt: skip
        queue = choose(_("Queue of new cases"), link_options(actor, "queue"), now.queue_id, key="mail_queue",
                       placeholder=_("None"))  # fmt: skip
        days = st.number_input(
            _("Days after its end for which an answer reopens a case"),
            value=now.reopen_days,
            min_value=0,
            max_value=MOST_DAYS,
            step=1,
            key="mail_reopen",
            help=_("A later message waits in the inbox, or becomes what is said above."),
        )
        st.caption(
            _(
                "Answers to cases and campaigns find their place by themselves. Whatever it becomes, it can be taken back."
            )
        )
        if st.form_submit_button(_("Save"), type="primary"):
            rules = MailboxRules(known or WAIT, unknown or WAIT, team, queue, int(days))
            with storing(actor, _("The rules of the mailbox are stored.")) as work:
                set_mailbox_rules(work, rules)
