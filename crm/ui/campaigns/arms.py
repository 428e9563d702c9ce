"""The arms of a campaign: versions with their messages, the control group, and how they are drawn."""

from __future__ import annotations

import streamlit as st

from crm.campaigns.runs.arms import LARGEST_SEED, MOST_STRATA, ArmPlan, set_arms, set_draw
from crm.campaigns.runs.audience import stratum_fields
from crm.campaigns.runs.queries import CampaignView
from crm.i18n import _
from crm.ui.frame import routes
from crm.ui.frame.guard import storing
from crm.ui.kit import look
from crm.ui.kit.formats import percent
from crm.ui.kit.inputs import choose, choose_some, link_options
from crm.work import Actor

MOST_VERSIONS = 5
LETTERS = "ABCDE"


def arms_card(actor: Actor, view: CampaignView) -> None:
    """What goes out to which share, and what holds the arms alike."""
    values = view.record.values
    is_draft = values["status"] == "draft" and view.record.may_change and not view.record.archived
    is_mail = values["channel"] == "email"
    with look.card(_("Arms"), _("Drawn by lot before anything is sent"), key="campaign_arms"):
        if not view.arms:
            st.caption(_("No arms yet. One is a plain message; two or more are compared with each other."))
        for arm in view.arms:
            with look.row():
                why = (
                    _("no message")
                    if arm.is_control
                    else arm.template or (_("no template yet") if is_mail else "")
                )
                look.two_lines(arm.name, why=why)
                if arm.is_control:
                    st.markdown(look.tag(_("Control"), icon="shield"), width="content")
                share = percent(arm.share, decimals=0 if round(arm.share * 100, 6).is_integer() else 1)
                count = f"{arm.members:,}" if view.members else ""
                st.markdown(look.quiet(" · ".join(t for t in (share, count) if t)), width="content")
                if arm.template_id:
                    st.page_link(
                        routes.page("template"), label="", icon=":material/visibility:", help=_("Open the message"),
                        query_params={"id": str(arm.template_id)},
                    )  # fmt: skip
        fields = stratum_fields()
        strata = ", ".join(_(fields[name]) for name in values["strata"] if name in fields)
        held = (
            _("Arms hold the same shares of {fields}.").format(fields=strata)
            if strata
            else _("Drawn without groups.")
        )
        st.caption(look.plain(_("{held} Seed {seed}.").format(held=held, seed=values["seed"])))
        if is_draft:
            with st.container(horizontal=True):
                if st.button(_("Change arms"), icon=":material/call_split:", key="campaign_arms_change"):
                    _arms_drawer(actor, view)
                if st.button(
                    _("Change draw"), icon=":material/casino:", key="campaign_draw_change", type="tertiary"
                ):
                    _draw_drawer(actor, view)


def _arms_drawer(actor: Actor, view: CampaignView) -> None:
    versions = [arm for arm in view.arms if not arm.is_control]
    control = next((arm for arm in view.arms if arm.is_control), None)
    is_mail = view.record.values["channel"] == "email"

    @st.dialog(_("Change arms"), position="right", width=440)
    def drawer() -> None:
        count = st.segmented_control(
            _("Versions"),
            list(range(1, MOST_VERSIONS + 1)),
            default=max(1, len(versions)),
            required=True,
            key="arms_count",
        )
        n = int(count or 1)
        held_back = st.slider(
            _("Control group (%)"), 0, 50, round(100 * control.share) if control else 10, step=5, key="arms_control",
            help=_("Gets nothing, so that the effect can be measured; 0 for none"),
        )  # fmt: skip
        equal = st.toggle(_("Versions in equal shares"), value=_are_equal(view), key="arms_equal")
        options = link_options(actor, "message_template") if is_mail else {}
        arms: list[ArmPlan] = []
        for place in range(n):
            old = versions[place] if place < len(versions) else None
            with st.container(border=True, gap="xsmall"):
                name = st.text_input(
                    _("Name"), old.name if old else LETTERS[place], max_chars=80, key=f"arm_name_{place}"
                )
                template = old.template_id if old else None
                if is_mail:
                    now = {template: old.template} if old and template else {}
                    template = choose(
                        _("Message"),
                        options | now,
                        template,
                        placeholder=_("Choose a template"),
                        key=f"arm_template_{place}",
                    )
                share = (1 - held_back / 100) / n
                if not equal:
                    share = st.number_input(
                        _("Share (%)"), 0.0, 100.0, round(100 * (old.share if old else share), 2), key=f"arm_share_{place}"
                    ) / 100  # fmt: skip
            arms.append(ArmPlan(name, share, template_id=template))
        if held_back:
            arms.append(ArmPlan(control.name if control else _("Control"), held_back / 100, is_control=True))
        if st.button(_("Save"), type="primary", icon=":material/check:", key="arms_save"):
            with storing(actor, _("The arms are stored.")) as work:
                set_arms(work, view.record.id, arms)

    drawer()


def _are_equal(view: CampaignView) -> bool:
    shares = [arm.share for arm in view.arms if not arm.is_control]
    return not shares or max(shares) - min(shares) < 1e-6


def _draw_drawer(actor: Actor, view: CampaignView) -> None:
    values = view.record.values
    fields = {name: _(label) for name, label in stratum_fields().items()}

    @st.dialog(_("Change draw"))
    def drawer() -> None:
        strata = choose_some(
            _("Hold the arms alike by"), fields, default=[s for s in values["strata"] if s in fields],
            max_selections=MOST_STRATA, key="draw_strata",
            help=_("Each arm then holds the same share of every value of these fields"),
        )  # fmt: skip
        seed = st.number_input(
            _("Seed"), 0, LARGEST_SEED, int(values["seed"]), step=1, key="draw_seed",
            help=_("The same seed over the same contacts gives the same draw, for whoever checks it"),
        )  # fmt: skip
        if st.button(_("Save"), type="primary", icon=":material/check:", key="draw_save"):
            with storing(actor, _("The draw is stored.")) as work:
                set_draw(work, view.record.id, strata=strata, seed=int(seed))

    drawer()
