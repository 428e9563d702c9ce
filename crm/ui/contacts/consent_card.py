"""What a contact agreed to, with buttons to take down a new word, the history, and the campaigns they were in."""

from __future__ import annotations

import streamlit as st

from crm.campaigns.consent.consent import ConsentNow, consents_of, set_consent
from crm.campaigns.runs.queries import Took, campaigns_of_contact
from crm.clock import now, zone
from crm.i18n import _
from crm.records.view import RecordView
from crm.ui.campaigns.members import state_labels
from crm.ui.frame import routes
from crm.ui.frame.guard import storing
from crm.ui.kit import look
from crm.ui.kit.formats import moment
from crm.work import Actor, reading
from db.models.campaigns.segments import BASES, CONSENT_CHANNELS, CONSENT_STATES, PURPOSES
from db.scope import READ

TONES: dict[str, look.Tone] = {"given": look.GOOD, "refused": look.BAD, "withdrawn": look.BAD}
ICONS = {"given": "check", "refused": "block", "withdrawn": "block"}


def _words() -> list[dict[str, str]]:
    """Purposes, channels, states and bases as people read them."""
    known = (PURPOSES, CONSENT_CHANNELS, CONSENT_STATES, BASES)
    return [{value: _(label) for value, label in pairs} for pairs in known]


def show_consent(actor: Actor, view: RecordView) -> None:
    """The cards of consent and campaigns on a contact's page."""
    with reading(actor) as session:
        consents = consents_of(session, view.id)
        took = campaigns_of_contact(session, view.id) if actor.may("campaign", READ) else []
    purposes, channels, states, bases = _words()
    with look.card(_("May we write or call?"), key="consent_card"):
        if not consents:
            st.caption(_("Nothing agreed yet, so no campaign reaches this contact."))
        for found in consents:
            latest = found.latest
            with look.row():
                why = [moment(latest.at, now=now(), zone=zone()), latest.source or bases[latest.basis]]
                name = f"{purposes[found.purpose]}, {channels[found.channel].lower()}"
                look.two_lines(name, why=" · ".join(t for t in why if t))
                tag = look.tag(states[latest.state], tone=TONES[latest.state], icon=ICONS[latest.state])
                st.markdown(tag, width="content")
        with st.container(horizontal=True):
            if view.may_change and st.button(_("Take down"), icon=":material/edit_note:", key="consent_new"):
                _drawer(actor, view, consents)
            if consents and st.button(
                _("History"), icon=":material/history:", key="consent_history", type="tertiary"
            ):
                _history(consents)
    if took:
        _took_card(took)


def _drawer(actor: Actor, view: RecordView, consents: list[ConsentNow]) -> None:
    known = {(c.purpose, c.channel): c.latest.state for c in consents}
    purposes, channels, states, bases = _words()

    def ask(label: str, names: dict[str, str], first: str, key: str) -> str:
        chosen = st.segmented_control(
            label, list(names), format_func=names.__getitem__, default=first, required=True, key=key
        )
        return str(chosen)

    @st.dialog(_("What did the contact say?"))
    def drawer() -> None:
        purpose = ask(_("For what?"), purposes, "offers", "consent_purpose")
        channel = ask(_("How?"), channels, "email", "consent_channel")
        before = known.get((purpose, channel))
        st.caption(
            _("Now: {state}").format(state=states[before].lower())
            if before
            else _("Nothing said about this yet.")
        )
        first = "withdrawn" if before == "given" else "given"
        state = ask(_("They said"), states, first, f"consent_state_{purpose}_{channel}")
        basis = "consent"
        if state == "given":
            basis = st.selectbox(_("Basis"), list(bases), format_func=bases.__getitem__, key="consent_basis")
        source = st.text_input(
            _("Where?"),
            max_chars=200,
            key="consent_source",
            placeholder=_("For example: phone call, fair, form"),
        )
        if st.button(_("Save"), type="primary", icon=":material/check:", key="consent_save"):
            with storing(actor, _("Taken down; it holds from now on.")) as work:
                set_consent(
                    work, view.id, purpose=purpose, channel=channel, state=state, basis=basis, source=source
                )

    drawer()


def _history(consents: list[ConsentNow]) -> None:
    purposes, channels, states, bases = _words()

    @st.dialog(_("Everything said so far"), width="medium")
    def dialog() -> None:
        entries = sorted((e for c in consents for e in c.history), key=lambda e: e.at, reverse=True)
        st.dataframe(
            {
                _("When"): [moment(e.at, now=now(), zone=zone()) for e in entries],
                _("For what?"): [purposes[e.purpose] for e in entries],
                _("How?"): [channels[e.channel] for e in entries],
                _("They said"): [states[e.state] for e in entries],
                _("Basis"): [bases[e.basis] for e in entries],
                _("Where?"): [e.source for e in entries],
                _("Taken down by"): [e.by for e in entries],
            },
            hide_index=True,
            row_height=36,
            alt=_("Every word of consent, newest first"),
        )
        st.caption(_("Nothing here is ever changed or deleted; the newest word holds."))

    dialog()


def _took_card(took: list[Took]) -> None:
    names = state_labels()
    with look.card(_("Campaigns"), key="consent_campaigns"):
        for found in took:
            with look.row():
                routes.link("campaign", found.campaign_id, found.name)
                state = _("Responded") if found.responded else names.get(found.state, found.state)
                tone: look.Tone = look.GOOD if found.responded else look.QUIET
                st.markdown(look.tag(state, tone=tone), width="content")
