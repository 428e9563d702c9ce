"""Commands on a fresh database, and what they say when something is missing."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crm.commands import app

ROOT = Path(__file__).parents[2]


def crm(tmp_path, *arguments, given=""):
    return subprocess.run(
        [sys.executable, "-m", "crm", *arguments],
        cwd=ROOT,
        env={
            "CRM_DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}",
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
        },
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_person_added_to_a_fresh_database_can_be_given_a_session(tmp_path):
    added = crm(
        tmp_path,
        "user",
        "add",
        "--email",
        "ana@kavarna.si",
        "--role",
        "administrator",
        "--password-stdin",
        given="blue teapot sings\n",
    )
    session = crm(tmp_path, "session", "issue", "--email", "ana@kavarna.si")

    assert (added.returncode, session.returncode) == (0, 0), added.stderr + session.stderr
    assert len(session.stdout.strip()) > 30


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("session", "issue", "--email", "nobody@kavarna.si"), "nobody@kavarna.si"),
        (("import", "missing.toml", "--data", "."), "missing.toml"),
        (("report", "won-by-moon"), "won-by-moon"),
        (("imports", "undo", "7"), "7"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence_without_a_trace(sqlite_database, arguments, told):
    done = CliRunner().invoke(app, list(arguments))

    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)  # not the trace of a bug
    assert told in done.stderr
