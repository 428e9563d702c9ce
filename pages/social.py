"""Social: the content calendar, all posts, and how they do."""

import streamlit as st

from crm.campaigns.social.social import accounts
from crm.i18n import _
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.ui.records.listing import show_list
from crm.ui.records.views.screen import ListScreen
from crm.ui.social.accounts import choose_account, show_accounts
from crm.ui.social.analysis import show_analysis
from crm.ui.social.calendar import show_calendar
from crm.ui.social.post import new_post, open_post
from crm.work import reading

actor = current_actor()

with reading(actor) as session:
    ours = accounts(session)

head = st.container()
with look.toolbar():
    views = {"calendar": _("Calendar"), "posts": _("Posts"), "analysis": _("Analysis")}
    view = look.switch(_("View"), views, key="social_view")
    account_id = None if view == "posts" else choose_account(ours)
    show_accounts(actor, ours)

if view == "posts":
    posts = ListScreen("social_post", on_open=open_post, on_new=new_post, title=_("Social"))
    show_list(actor, posts, head=head)
    st.stop()

context = _("What appears when") if view == "calendar" else _("How published posts do")
with head, look.page(_("Social"), context):
    if actor.may("social", "create") and st.button(
        _("New post"), key="social_new", type="primary", icon=":material/add:"
    ):
        new_post(actor)

if view == "calendar":
    show_calendar(account_id)
else:
    show_analysis(account_id)
