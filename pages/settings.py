"""Settings: what the firm is called and counts in, how it sells, and what limits hold."""

import streamlit as st

from crm.errors import NotAllowed
from crm.i18n import _
from crm.ui.cases.canned import show_canned
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.ui.settings.backups import show_backups
from crm.ui.settings.firm import show_firm, show_limits, show_rates
from crm.ui.settings.mail import show_mail
from crm.ui.settings.selling import show_pipelines, show_reasons
from crm.ui.settings.service import show_service
from crm.ui.settings.visits import show_visits

actor = current_actor()
if not actor.may("setting", "update"):
    raise NotAllowed(_("Only administrators change settings. Ask one if something here should be different."))

look.page(_("Settings"), _("What holds for everybody in the firm"))
part = look.switch(
    _("Part"),
    {
        "firm": _("Firm"),
        "pipelines": _("Pipelines"),
        "reasons": _("Loss reasons"),
        "service": _("Service"),
        "canned": _("Canned replies"),
        "visits": _("Visits"),
        "mail": _("Mail"),
        "backups": _("Backups"),
        "rates": _("Rates"),
        "limits": _("Limits"),
    },
    key="settings_part",
)
if part == "rates":
    show_rates(actor)
else:
    show = {
        "firm": show_firm,
        "pipelines": show_pipelines,
        "reasons": show_reasons,
        "service": show_service,
        "canned": show_canned,
        "visits": show_visits,
        "mail": show_mail,
        "backups": show_backups,
        "limits": show_limits,
    }[part]
    with st.container(width=860 if part in ("pipelines", "service") else 560):
        show(actor)
