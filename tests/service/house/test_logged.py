"""What a bug leaves in the log: where it happened, and nothing that somebody typed or a setting keeps."""

import pytest
from sqlalchemy import text

from crm.jobs import Worker, enqueue, get_job
from crm.jobs import worker as worker_module
from db.session import engine

SECRET = "blue teapot sings"


@pytest.fixture
def failing(people, monkeypatch, capsys):
    """Let a job fail by what is done in it; gives the log."""

    def fail(act):
        monkeypatch.setattr(worker_module, "KINDS", {"probe": lambda actor, _args, _step: act(actor)})
        job_id = enqueue(people["ada"], "probe", {"password": SECRET})
        Worker().run_one()
        assert "reference" in get_job(people["ada"], job_id).note
        return capsys.readouterr().out

    return fail


def test_a_trace_names_places_and_no_values(failing):
    def act(_actor):
        typed = {"password": SECRET}
        raise LookupError(str(len(typed)))

    told = failing(act)

    assert "LookupError: 1" in told
    assert "test_logged.py" in told
    assert SECRET not in told


def test_a_statement_that_fails_is_named_without_its_values(failing):
    def act(_actor):
        with engine().execution_options(system=True).begin() as connection:
            connection.execute(text("SELECT nothing FROM teams WHERE name = :name"), {"name": SECRET})

    told = failing(act)

    assert "SELECT nothing" in told
    assert SECRET not in told
