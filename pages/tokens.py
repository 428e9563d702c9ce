"""API tokens: what programs call the API with in one's name; administrators see and revoke everybody's."""

from crm.access.tokens.tokens import list_tokens
from crm.i18n import _
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.ui.settings import tokens
from crm.work import reading

actor = current_actor()

look.page(
    _("API tokens"),
    _("With a token a program calls the API in your name. It never reaches further than you do."),
)
tokens.new_form(actor)

keeps_users = tokens.keeps_users(actor)
everybody = (
    keeps_users
    and look.switch(_("Whose"), {"mine": _("Mine"), "all": _("Everybody’s")}, key="tokens_view") == "all"
)
with reading(actor) as session:
    found = list_tokens(session, everybody=everybody)
tokens.show(actor, found, with_names=everybody)
