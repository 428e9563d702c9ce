"""Service and campaigns of the sample company: whole, consistent with themselves, and the same for the same seed."""

from typing import Any

from sqlalchemy import func, select

from crm.campaigns.segments.conditions import check_rules
from crm.campaigns.segments.segments import segment_fields
from crm.sample.service.cases import office_hours
from crm.service.cases.moves import priority_of
from db.models import (
    Campaign,
    CampaignArm,
    CampaignMember,
    Case,
    CaseMessage,
    Consent,
    Equipment,
    Failure,
    PartChange,
    Queue,
    Segment,
    ServicePolicy,
    SocialPost,
    User,
    WebForm,
    WorkOrder,
)
from db.scope import ScopedSession


def count(session: ScopedSession, cls: Any, *where: Any) -> int:
    return session.scalar(select(func.count()).select_from(cls).where(*where)) or 0


def test_its_public_form_works_for_the_queue_of_the_service_team(small: ScopedSession) -> None:
    form = small.scalars(select(WebForm).where(WebForm.kind == "service")).one()
    queue = small.get_one(Queue, form.queue_id)
    agents = small.scalars(select(User.team_id).where(User.job_title == "Service agent")).all()

    assert (queue.team_id, len(agents)) == (agents[0], 2)
    assert form.team_id != queue.team_id


def test_it_has_the_promised_size(small: ScopedSession) -> None:
    sizes = {c.__name__: count(small, c) for c in (Equipment, Case, Campaign, SocialPost, WebForm)}

    assert sizes == {"Equipment": 240, "Case": 180, "Campaign": 6, "SocialPost": 140, "WebForm": 2}
    assert count(small, Case, Case.status.in_(("new", "open", "waiting"))) >= 24


def test_every_promise_is_the_one_that_the_policy_makes(small: ScopedSession) -> None:
    hours = office_hours()
    rows = small.execute(
        select(Case, ServicePolicy).join(ServicePolicy, ServicePolicy.id == Case.policy_id)
    ).all()

    assert len(rows) == 180
    for case, policy in rows:
        assert policy.priority == case.priority == priority_of(case.impact, case.urgency)
        assert case.response_due_at == hours.add(case.opened_at, policy.response_minutes)
        assert case.resolution_due_at == hours.add(case.opened_at, policy.resolution_minutes)


def test_the_dates_of_a_case_stand_in_order(small: ScopedSession) -> None:
    for case in small.scalars(select(Case)):
        dates = [case.opened_at, case.first_response_at, case.resolved_at, case.closed_at]
        known = [at for at in dates if at is not None]

        assert known == sorted(known)
        assert (case.resolved_at is None) == (case.status in ("new", "open", "waiting"))
        assert (case.first_response_at is None) == (case.status == "new")


def test_a_failed_part_was_changed_at_the_same_moment(small: ScopedSession) -> None:
    changed = {(p.equipment_id, p.part, p.at) for p in small.scalars(select(PartChange))}
    failed = [(f.equipment_id, f.part, f.failed_at) for f in small.scalars(select(Failure))]

    assert failed
    assert set(failed) <= changed
    assert len(changed) > len(failed)


def test_a_repair_belongs_to_the_case_of_its_machine(small: ScopedSession) -> None:
    rows = small.execute(
        select(WorkOrder.equipment_id, Case.equipment_id, WorkOrder.status, Case.status).join(
            Case, Case.id == WorkOrder.case_id
        )
    ).all()

    assert rows
    for of_visit, of_case, visit, case in rows:
        assert of_visit == of_case
        assert (visit == "done") == (case in ("resolved", "closed"))


def test_nobody_answers_a_new_case_and_everybody_else_was_answered(small: ScopedSession) -> None:
    answered = set(small.scalars(select(CaseMessage.case_id).where(CaseMessage.kind == "reply")))

    for case in small.scalars(select(Case)):
        assert (case.id in answered) == (case.status != "new")


def test_arms_hold_their_shares_and_the_control_group_got_nothing(small: ScopedSession) -> None:
    for campaign in small.scalars(select(Campaign).where(Campaign.status != "draft")):
        members = small.scalars(select(CampaignMember).where(CampaignMember.campaign_id == campaign.id)).all()
        for arm in small.scalars(select(CampaignArm).where(CampaignArm.campaign_id == campaign.id)):
            mine = [m for m in members if m.arm == arm.name]

            assert abs(len(mine) - arm.share * len(members)) <= 1
            assert all((m.sent_at is None) == arm.is_control for m in mine)
            assert all(m.responded_at is None or m.responded for m in mine)


def test_its_segments_can_be_used(small: ScopedSession) -> None:
    for segment in small.scalars(select(Segment)):
        assert check_rules(segment.rules, segment_fields()) == segment.rules


def test_most_contacts_agreed_to_something(small: ScopedSession) -> None:
    agreed = small.scalar(
        select(func.count(func.distinct(Consent.contact_id))).where(Consent.state == "given")
    )

    assert agreed is not None
    assert agreed > 300
