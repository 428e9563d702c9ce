"""From every state that any kind of job can be in there is a way out, and an import's journal goes along."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from crm.errors import Refused
from crm.exchange.storing import journal
from crm.exchange.storing.engine import run_import
from crm.exchange.storing.plan import Step
from crm.exchange.undoing.undo import undo_import
from crm.jobs import Worker, cancel_job, enqueue, get_job, queue
from crm.jobs import worker as worker_module
from crm.jobs.queue import resume_job
from crm.register import Register
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Contact, Import, Job
from db.session import engine
from tests.service.equipment.planning_scene import make_campaign, make_contacts, members
from tests.service.exchange.import_scene import plan, stored

KINDS = sorted(Register("job"))
AGO = timedelta(minutes=5)


def job_in(actor, kind, **values):
    """A job of this kind, in the state that the values say."""
    job_id = enqueue(actor, kind, {})
    with engine().execution_options(system=True).begin() as connection:
        connection.execute(update(Job).where(Job.id == job_id).values(values))
    return job_id


def died(actor, kind, times=queue.MOST_TRIES, **more):
    return job_in(
        actor, kind, state="running", owner="gone", tries=times, beat_at=datetime.now(UTC) - AGO, **more
    )


@pytest.fixture
def done_kinds(monkeypatch):
    """Every kind is done by one that counts."""
    seen = []
    kinds = {kind: lambda actor, args, step: seen.append(args["job_id"]) or {} for kind in KINDS}
    monkeypatch.setattr(worker_module, "KINDS", kinds)
    return seen


def ended(actor, job_id):
    while Worker().run_one():
        pass
    return get_job(actor, job_id).state


@pytest.mark.parametrize("kind", KINDS)
class TestEveryKind:
    def test_waiting_or_unheard_of_it_is_done(self, kind, people, done_kinds):
        ada = people["ada"]
        jobs = [enqueue(ada, kind, {}), died(ada, kind, times=1), died(ada, kind, times=4)]

        assert [ended(ada, one) for one in jobs] == ["done"] * 3

    def test_one_whose_process_died_five_times_fails_with_its_reason_and_can_be_tried_again(
        self, kind, people, done_kinds
    ):
        ada = people["ada"]
        job_id = died(ada, kind)

        assert (ended(ada, job_id), done_kinds) == ("failed", [])
        assert "ended 5 times" in get_job(ada, job_id).note
        resume_job(ada, job_id)
        assert ended(ada, job_id) == "done"

    def test_one_that_was_asked_to_stop_and_died_is_cancelled_and_not_done(self, kind, people, done_kinds):
        ada = people["ada"]
        job_id = died(ada, kind, times=1)
        cancel_job(ada, job_id)

        assert (ended(ada, job_id), done_kinds) == ("cancelled", [])

    def test_a_clock_that_went_back_keeps_no_job(self, kind, people, done_kinds):
        ada = people["ada"]
        ahead = datetime.now(UTC) + timedelta(hours=2)
        job_id = job_in(ada, kind, state="running", owner="gone", tries=1, beat_at=ahead)

        assert ended(ada, job_id) == "done"

    @pytest.mark.parametrize("state", [queue.FAILED, queue.CANCELLED])
    def test_one_that_ended_without_its_result_can_be_tried_again(self, kind, state, people, done_kinds):
        ada = people["ada"]
        job_id = job_in(ada, kind, state=state, tries=queue.MOST_TRIES)

        resume_job(ada, job_id)

        assert ended(ada, job_id) == "done"


def test_a_busy_job_gives_signs_of_life(people, monkeypatch):
    monkeypatch.setattr(worker_module, "LIVE_EVERY", 0.05)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)

    def busy(actor, args, step):
        with engine().execution_options(system=True).begin() as connection:
            connection.execute(update(Job).where(Job.id == args["job_id"]).values(beat_at=long_ago))
        for _look in range(200):
            with engine().execution_options(system=True, reading=True).connect() as connection:
                if connection.scalar(select(Job.beat_at).where(Job.id == args["job_id"])) > long_ago:
                    return {"heard": True}
            worker_module.threading.Event().wait(0.05)
        return {}

    monkeypatch.setattr(worker_module, "KINDS", {"probe": busy})
    job_id = enqueue(people["ada"], "probe", {})
    Worker().run_one()

    assert get_job(people["ada"], job_id).result == {"heard": True}


class TestImports:
    """An import whose process is gone says so, and can be taken up or undone."""

    @pytest.fixture
    def broken(self, people, tmp_path, monkeypatch):
        """Half of an import of 40 contacts: killed by the fifth process, without a chance to note anything."""
        file = tmp_path / "c.csv"
        file.write_text("Name,City\n" + "".join(f"Contact {n},Brno\n" for n in range(40)))
        step = Step("c.csv", "contact", {"name": "Name"})
        what, ada = plan(step), people["ada"]

        class Killed(BaseException):
            pass

        def kill(done, total, note):
            if done >= 20:
                raise Killed

        monkeypatch.setattr("crm.exchange.storing.engine.end", lambda *_: None)
        job_id = died(ada, "import")
        with pytest.raises(Killed):
            run_import(ada, what, {"c.csv": file}, progress=kill, chunk=20, token=f"job {job_id}")
        monkeypatch.undo()
        with reading(SYSTEM) as session:
            import_id = session.scalars(select(Import.id)).one()
        return job_id, import_id, what, file

    def names(self):
        with reading(SYSTEM) as session:
            return len(session.scalars(select(Contact.id)).all())

    def test_while_its_job_may_still_be_taken_up_it_runs(self, people, broken):
        _job, import_id, *_rest = broken

        assert journal.get_import(people["ada"], import_id).state == "running"
        with pytest.raises(Refused, match="still running"):
            undo_import(people["ada"], import_id)

    def test_once_its_job_failed_it_is_broken_off_and_can_be_undone(self, people, broken):
        _job, import_id, *_rest = broken
        queue.bury(datetime.now(UTC))

        assert journal.get_import(people["ada"], import_id).state == "failed"
        assert [entry.state for entry in journal.list_imports(people["ada"])] == ["failed"]
        undo_import(people["ada"], import_id)
        assert (self.names(), journal.get_import(people["ada"], import_id).state) == (0, "undone")

    def test_once_its_job_failed_it_can_be_gone_on_with(self, people, broken):
        job_id, import_id, what, file = broken
        queue.bury(datetime.now(UTC))

        run_import(people["ada"], what, {"c.csv": file}, resume=import_id, token=f"job {job_id}")

        assert (self.names(), journal.get_import(people["ada"], import_id).state) == (40, "done")

    def test_one_of_a_command_is_broken_off_when_it_noted_nothing_for_long(self, people, broken):
        _job, import_id, *_rest = broken
        with unit_of_work(SYSTEM) as work:
            made = work.session.get(Import, import_id)
            made.report = {**made.report, "token": ""}
        assert journal.get_import(people["ada"], import_id).state == "running"

        with unit_of_work(SYSTEM) as work:
            made = work.session.get(Import, import_id)
            made.report = {**made.report, "at": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}

        assert journal.get_import(people["ada"], import_id).state == "failed"
        undo_import(people["ada"], import_id)
        assert self.names() == 0


class TestKilledAfterItsWork:
    """The process died when all was stored and the job did not yet say so: it is not done a second time."""

    @pytest.fixture
    def twice(self, monkeypatch):
        """Do a job, let its process die before it noted the end, and let the next one look after a minute."""

        class Killed(BaseException):
            pass

        def kill(*_, **__):
            raise Killed

        def run(actor, kind, args):
            job_id = enqueue(actor, kind, args)
            with monkeypatch.context() as patch:
                patch.setattr(queue, "finish", kill)
                with pytest.raises(Killed):
                    Worker().run_one()
            with engine().execution_options(system=True).begin() as connection:
                connection.execute(
                    update(Job).where(Job.id == job_id).values(beat_at=datetime.now(UTC) - AGO)
                )
            ended(actor, job_id)
            return get_job(actor, job_id)

        return run

    def test_an_import_without_a_key_and_its_undo(self, people, tmp_path, twice):
        file = tmp_path / "c.csv"
        file.write_text("Name,City\n" + "".join(f"Contact {n},Brno\n" for n in range(40)))
        what = plan(Step("c.csv", "contact", {"name": "Name"})).as_json()
        ada = people["ada"]

        made = twice(ada, "import", {"plan": what, "files": {"c.csv": str(file)}})
        assert (made.state, made.result["entities"]["contact"]["created"]) == ("done", 40)
        assert stored(SYSTEM, Contact, "name") == [(f"Contact {n}",) for n in range(40)]

        gone = twice(ada, "undo_import", {"import_id": made.result["import_id"]})
        assert (gone.state, gone.result["removed"]) == ("done", {"contact": 40})
        assert (stored(SYSTEM, Contact, "name"), stored(SYSTEM, Import, "state")) == ([], [("undone",)])

    def test_the_draw_of_a_campaign(self, people, twice):
        stan = people["stan"]
        make_contacts(stan, 6)
        campaign = make_campaign(stan)

        drawn = twice(stan, "plan_campaign", {"campaign_id": campaign})

        assert (drawn.state, sum(drawn.result["by_arm"].values()), len(members(campaign))) == ("done", 6, 6)
