"""Jobs: one at a time, with progress, cancel, resume, and only for whoever caused them."""

import threading

import pytest

from crm.errors import NotAllowed, NotFound, Refused
from crm.jobs import Worker, active_jobs, cancel_job, enqueue, get_job, queue
from crm.jobs import worker as worker_module
from crm.jobs.queue import resume_job


@pytest.fixture
def kind(monkeypatch):
    """Registers a function as the kind of job "probe"."""

    def register(run):
        monkeypatch.setattr(worker_module, "KINDS", {"probe": run})

    return register


def test_a_job_runs_with_the_rights_of_whoever_caused_it_and_keeps_its_result(people, kind):
    seen = []
    kind(lambda actor, args, step: seen.append((actor.name, args["n"])) or {"sum": 3})
    job_id = enqueue(people["stan"], "probe", {"n": 2})

    assert Worker().run_one() is True

    job = get_job(people["stan"], job_id)
    assert seen == [("Stan", 2)]
    assert (job.state, job.result) == ("done", {"sum": 3})
    assert Worker().run_one() is False


def test_a_job_of_somebody_else_cannot_be_seen_or_cancelled(people, kind):
    kind(lambda actor, args, step: {})
    job_id = enqueue(people["stan"], "probe", {})

    with pytest.raises(NotFound):
        get_job(people["sue"], job_id)
    with pytest.raises(NotFound):
        cancel_job(people["sue"], job_id)
    assert get_job(people["ada"], job_id).state == "queued"


def test_progress_is_written_and_a_cancel_stops_the_job_at_its_next_step(people, kind):
    worker = Worker()

    def run(actor, args, step):
        step(5, 5, "halfway")
        cancel_job(people["stan"], args["job_id"])
        step(5, 5, "never")
        raise AssertionError("The step after a cancel must not return.")

    kind(run)
    job_id = enqueue(people["stan"], "probe", {})

    worker.run_one()

    job = get_job(people["stan"], job_id)
    assert (job.state, job.note, job.done) == ("cancelled", "Cancelled", 5)


def test_a_waiting_job_is_cancelled_at_once_and_can_be_queued_again(people, kind):
    kind(lambda actor, args, step: {})
    job_id = enqueue(people["stan"], "probe", {})

    cancel_job(people["stan"], job_id)

    assert get_job(people["stan"], job_id).state == "cancelled"
    assert active_jobs(people["stan"]) == []
    with pytest.raises(NotAllowed):
        cancel_job(people["stan"], job_id)
    resume_job(people["stan"], job_id)
    assert Worker().run_one() is True
    assert get_job(people["stan"], job_id).state == "done"


def test_a_refusal_is_the_note_and_a_bug_is_a_reference(people, kind):
    def refuse(actor, args, step):
        raise Refused("Two more months of sales are needed.")

    kind(refuse)
    first = enqueue(people["stan"], "probe", {})
    Worker().run_one()
    kind(lambda actor, args, step: 1 / 0)
    second = enqueue(people["stan"], "probe", {})
    Worker().run_one()

    assert get_job(people["stan"], first).note == "Two more months of sales are needed."
    assert "reference" in get_job(people["stan"], second).note
    assert "ZeroDivision" not in get_job(people["stan"], second).note


def test_two_workers_never_take_the_same_job(people, kind):
    kind(lambda actor, args, step: {})
    for _ in range(12):
        enqueue(people["stan"], "probe", {})
    taken = []

    def work():
        owner = Worker().owner
        while job := queue.take(owner):
            taken.append(job[0])

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(taken) == len(set(taken)) == 12


def test_the_same_key_is_the_same_job(people):
    first = enqueue(people["stan"], "probe", {}, unique_key="forecast 2026-03-10")

    assert enqueue(people["stan"], "probe", {}, unique_key="forecast 2026-03-10") == first


def test_a_stop_of_the_program_puts_the_job_back(people, kind):
    worker = Worker()

    def run(actor, args, step):
        worker._end.set()
        step(1, 10, "")
        return {}

    kind(run)
    job_id = enqueue(people["stan"], "probe", {})

    worker.run_one()

    assert get_job(people["stan"], job_id).state == "queued"


def test_a_job_of_somebody_who_left_does_not_run(people, kind):
    from crm.work import SYSTEM, unit_of_work
    from db.models import User

    kind(lambda actor, args, step: {})
    job_id = enqueue(people["stan"], "probe", {})
    with unit_of_work(SYSTEM) as work:
        work.session.get(User, people["stan"].user_id).is_active = False

    Worker().run_one()

    assert get_job(people["ada"], job_id).state == "failed"
