"""The lists of equipment, contracts and maintenance plans, and the drawers that change a contract or plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from crm.clock import today
from crm.errors import CrmError
from crm.i18n import _
from crm.records import records, registry
from crm.service.equipment.equipment import coverage
from crm.service.equipment.equipment_queries import PlanLine, plan_words
from crm.ui.frame import routes
from crm.ui.frame.guard import flash, show, showing_problems
from crm.ui.kit import look
from crm.ui.kit.forms import forget_form, record_form
from crm.ui.records.listing import ListScreen
from crm.work import Actor, reading, unit_of_work
from db.scope import DELETE, UPDATE

CONTRACT_FORM = (
    "name",
    "number",
    "equipment_id",
    "organisation_id",
    "starts_on",
    "ends_on",
    "covers",
    "price_minor",
)
CONTRACT_MORE = ("currency", "owner_id", "team_id", "notes")
PLAN_FORM = (
    "name",
    "equipment_id",
    "every_days",
    "every_usage",
    "lead_days",
    "minutes",
    "checklist",
    "next_due_on",
)
PLAN_MORE = ("last_done_on", "last_done_meter", "is_active", "owner_id", "team_id")
UNIT_FORM = (
    "serial", "product_id", "organisation_id", "contact_id", "place", "installed_on", "warranty_until", "warranty_covers",
    "meter_unit", "status",
)  # fmt: skip
UNIT_MORE = (
    "name",
    "meter_value",
    "retired_on",
    "observed_since",
    "age_years",
    "owner_id",
    "team_id",
    "notes",
)


def unit_screen() -> ListScreen:
    """The list of equipment and the form of a new unit."""
    return ListScreen(
        entity="equipment",
        page="equipment",
        columns=(
            "name",
            "organisation_id",
            "status",
            "installed_on",
            "warranty_until",
            "meter_value",
            "owner_id",
        ),
        form=UNIT_FORM,
        more=UNIT_MORE,
        pill="status",
        empty_text=_(
            "What you sold and now look after stands here: with its serial, its place and what is covered. Add a unit, or "
            "import your list of machines."
        ),
    )


def contract_screen() -> ListScreen:
    """The list of service contracts."""
    return ListScreen(
        entity="contract",
        page="contracts",
        columns=("name", "number", "organisation_id", "equipment_id", "starts_on", "ends_on", "covers"),
        form=CONTRACT_FORM,
        more=CONTRACT_MORE,
        sort="ends_on",
        newest_first=True,
        empty_text=_(
            "A contract says what you do for a unit, or for all units of an organisation, and until when. Cases and visits "
            "then say by themselves what is covered."
        ),
        on_open=open_contract,
    )


def plan_screen() -> ListScreen:
    """The list of maintenance plans."""
    return ListScreen(
        entity="maintenance_plan",
        page="plans",
        columns=(
            "name",
            "equipment_id",
            "every_days",
            "every_usage",
            "last_done_on",
            "next_due_on",
            "owner_id",
        ),
        form=PLAN_FORM,
        more=PLAN_MORE,
        sort="next_due_on",
        empty_text=_(
            "A plan makes the visits that return: every so many days, or whenever the meter has grown by so much, whichever "
            "comes first."
        ),
        on_open=open_plan,
    )


def open_contract(actor: Actor, contract_id: int) -> None:
    """Open the drawer of a contract."""
    _drawer(actor, "contract", contract_id, CONTRACT_FORM, CONTRACT_MORE, _about_contract)


def open_plan(actor: Actor, plan_id: int) -> None:
    """Open the drawer of a maintenance plan."""
    _drawer(actor, "maintenance_plan", plan_id, PLAN_FORM, PLAN_MORE, _about_plan)


def _drawer(
    actor: Actor,
    entity: str,
    record_id: int,
    fields: tuple[str, ...],
    more: tuple[str, ...],
    about: Callable[[Actor, Mapping[str, object]], None],
) -> None:
    key = f"{entity}_{record_id}"
    rights = registry.rights_name(entity)

    @st.dialog(
        _(registry.entity(entity).label), position="right", width=440, on_dismiss=lambda: forget_form(key)
    )
    def drawer() -> None:
        try:
            with reading(actor) as session:
                record = records.get_record(session, entity, record_id)
        except CrmError as problem:
            show(problem)
            return
        owner = {"owner_id": record["owner_id"], "team_id": record["team_id"]}
        with showing_problems():
            about(actor, record)
        if actor.holds(rights, UPDATE, **owner) and record["archived_at"] is None:
            if record_form(actor, entity, key=key, record=record, fields=fields, more=more):
                flash(_("The changes are stored."))
                st.rerun()
        else:
            st.caption(_("You may look at this, not change it."))
        if actor.holds(rights, DELETE, **owner) and record["archived_at"] is None:
            _archive(actor, entity, record)

    drawer()


def _archive(actor: Actor, entity: str, record: Mapping[str, object]) -> None:
    if st.button(_("Archive"), key=f"{entity}_archive", type="tertiary", icon=":material/archive:"):
        with showing_problems():
            with unit_of_work(actor) as work:
                records.archive_record(
                    work, entity, int(str(record["id"])), seen_version=int(str(record["version"]))
                )
            flash(
                _("{title} is archived; nothing is lost. Restore brings it back.").format(
                    title=record["name"]
                )
            )
            st.rerun()


def _about_contract(actor: Actor, record: Mapping[str, object]) -> None:
    unit_link(actor, record["equipment_id"])


def _about_plan(actor: Actor, record: Mapping[str, object]) -> None:
    unit = unit_link(actor, record["equipment_id"])
    line = PlanLine(0, "", record["every_days"], record["every_usage"], record["next_due_on"])  # type: ignore[arg-type]
    st.caption(look.plain(plan_words(line, str(unit.get("meter_unit") or ""))))


def unit_link(actor: Actor, equipment_id: object) -> dict[str, object]:
    """A link to a unit with its coverage today; gives the unit, empty where there is none to see."""
    if not isinstance(equipment_id, int):
        return {}
    try:
        with reading(actor) as session:
            unit = records.get_record(session, "equipment", equipment_id)
            covered = coverage(session, equipment_id, on=today())
    except CrmError:
        return {}
    with st.container(gap=None):
        st.page_link(
            routes.page("unit"),
            label=look.plain(unit["name"]),
            icon=":material/precision_manufacturing:",
            query_params={"id": str(equipment_id)},
        )
        st.caption(look.plain(covered.reason))
    return unit
