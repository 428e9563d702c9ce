"""What administrators set up for selling, on both databases."""

import pytest

from crm.errors import Conflict, Refused
from crm.pipeline.service import close_deal
from crm.pipeline.stages import Reason, StageForm, read_pipelines, read_reasons, save_pipeline, save_reasons
from crm.work import SYSTEM, reading, unit_of_work
from tests.service.pipeline.pipeline_hands import deal, move


def form(one, **changes):
    return StageForm(**{name: getattr(one, name) for name in StageForm.__slots__} | changes)


def test_stages_change_their_order_names_and_chances(stages):
    with unit_of_work(SYSTEM) as work:
        (one,) = read_pipelines(work.session)
        first, second, *rest = one.stages
        # The two swap places and names.
        wanted = [form(second, name=first.name), form(first, name=second.name, probability=0.3), *rest]
        save_pipeline(work, pipeline_id=one.id, name="Selling", stages=wanted, seen_version=one.version)

    with reading(SYSTEM) as session:
        (now,) = read_pipelines(session)
    assert now.name == "Selling"
    assert [s.id for s in now.stages[:2]] == [second.id, first.id]
    assert [(s.name, s.probability) for s in now.stages[:2]] == [(first.name, 0.25), (second.name, 0.3)]


def test_a_stage_with_deals_or_history_is_kept(stages):
    made = deal(stages)
    with reading(SYSTEM) as session:
        (one,) = read_pipelines(session)
    with pytest.raises(Refused, match="holds 1 deals"), unit_of_work(SYSTEM) as work:
        save_pipeline(work, pipeline_id=one.id, name="Sales", stages=list(one.stages[1:]))
    move(made["id"], stages["Offer sent"], made["version"])

    with (
        pytest.raises(Refused, match="1 deals have been through “Qualification”"),
        unit_of_work(SYSTEM) as work,
    ):
        save_pipeline(work, pipeline_id=one.id, name="Sales", stages=list(one.stages[1:]))


def test_the_status_of_deals_cannot_part_from_their_stage(stages):
    deal(stages)
    with reading(SYSTEM) as session:
        (one,) = read_pipelines(session)
    changed = [form(one.stages[0], kind="won"), *one.stages[1:]]

    with pytest.raises(Refused, match="stays what it is"), unit_of_work(SYSTEM) as work:
        save_pipeline(work, pipeline_id=one.id, name="Sales", stages=changed)


def test_a_stale_editor_does_not_take_away_a_new_stage(stages):
    with reading(SYSTEM) as session:
        (seen,) = read_pipelines(session)
    with unit_of_work(SYSTEM) as work:
        more = [*seen.stages, StageForm(None, "Pilot", "open", 0.6, 30)]
        save_pipeline(work, pipeline_id=seen.id, name="Sales", stages=more, seen_version=seen.version)

    with pytest.raises(Conflict), unit_of_work(SYSTEM) as work:
        save_pipeline(
            work, pipeline_id=seen.id, name="Sales", stages=list(seen.stages), seen_version=seen.version
        )


def test_a_pipeline_with_open_deals_stays_in_use(stages):
    deal(stages)
    with reading(SYSTEM) as session:
        (one,) = read_pipelines(session)

    with pytest.raises(Refused, match="has 1 open deals"), unit_of_work(SYSTEM) as work:
        save_pipeline(work, pipeline_id=one.id, name="Sales", stages=list(one.stages), is_active=False)


def test_wrong_stages_are_named_all_at_once(stages):
    wrong = [
        StageForm(None, "", "open", 2.0, 0),
        StageForm(None, "Won", "won", 1, None),
        StageForm(None, "won", "won", 1, None),
    ]

    with pytest.raises(Refused) as refused, unit_of_work(SYSTEM) as work:
        save_pipeline(work, pipeline_id=None, name=" ", stages=wrong)

    assert [p.field for p in refused.value.problems] == [
        "name",
        "name",
        "probability",
        "stale_after_days",
        "name",
        "kind",
    ]


def test_a_reason_in_use_is_kept(stages):
    made = deal(stages)
    with unit_of_work(SYSTEM) as work:
        seen = read_reasons(work.session)
        close_deal(
            work, deal_id=made["id"], won=False, seen_version=made["version"], loss_reason_id=seen[0].id
        )

    with pytest.raises(Refused, match="1 deals were lost for"), unit_of_work(SYSTEM) as work:
        save_reasons(work, seen[1:], seen=seen)
    with unit_of_work(SYSTEM) as work:
        save_reasons(work, [Reason(None, "Moved away"), seen[0]], seen=seen)
    with reading(SYSTEM) as session:
        assert [r.name for r in read_reasons(session)] == ["Moved away", seen[0].name]
