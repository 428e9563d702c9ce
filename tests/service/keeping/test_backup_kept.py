"""Backups by the clock, and a database file that somebody moves away or replaces."""

from pathlib import Path

import pytest
import time_machine

from crm.config import settings
from crm.errors import CrmError, Unavailable
from crm.jobs.schedule import periods
from crm.keeping import keeping
from crm.keeping.keeping import back_up
from crm.work import SYSTEM
from db import session
from tests.service.keeping.firm import add, names


class TestByTheClock:
    @pytest.fixture(autouse=True)
    def folder(self, monkeypatch, tmp_path):
        monkeypatch.setenv("CRM_BACKUP_FOLDER", str(tmp_path / "backups"))
        monkeypatch.setenv("CRM_BACKUP_KEEP", "2")
        settings.cache_clear()
        yield tmp_path / "backups"
        settings.cache_clear()

    def test_the_newest_files_stay(self, firm, folder):
        for day in (1, 2, 3):
            with time_machine.travel(f"2026-03-0{day} 03:00"):
                keeping.run(SYSTEM, {}, None)

        assert sorted(p.name for p in folder.iterdir()) == [
            "rapport-20260302-030000.zip",
            "rapport-20260303-030000.zip",
        ]
        assert "backup" in [p.kind for p in periods()]

    def test_without_a_folder_none_is_made(self, monkeypatch):
        monkeypatch.delenv("CRM_BACKUP_FOLDER")
        settings.cache_clear()

        assert "backup" not in [p.kind for p in periods()]


class TestAnotherFile:
    @pytest.mark.parametrize("lost", ["file", "journal", "both", "replaced"])
    def test_rows_go_into_no_file_that_nobody_finds(self, lost, firm, tmp_path):
        live = Path(session.engine().url.database)
        journal = live.with_name(live.name + "-wal")
        if lost == "replaced":
            (tmp_path / "old.db").write_bytes(live.read_bytes())
            (tmp_path / "old.db").replace(live)
        if lost in ("file", "both"):
            live.unlink()
        if lost in ("journal", "both"):
            journal.unlink()

        for _again in range(3):
            with pytest.raises(Unavailable, match="replaced or removed"):
                add("Lost")
            with pytest.raises(Unavailable, match="replaced or removed"):
                names()
        assert live.exists() == (lost in ("journal", "replaced"))

    def test_a_closed_program_leaves_one_whole_file(self, firm, tmp_path):
        live = Path(session.engine().url.database)
        assert live.with_name(live.name + "-wal").stat().st_size

        session.close()

        assert not live.with_name(live.name + "-wal").exists()
        (tmp_path / "copy.db").write_bytes(live.read_bytes())
        session.configure(f"sqlite:///{tmp_path / 'copy.db'}")
        assert len(names()) == 3
        session.configure(None)


def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path):
    session.configure(f"sqlite:///{tmp_path / 'none.db'}")

    with pytest.raises(CrmError, match="no database"):
        back_up(tmp_path / "b.zip")
    session.configure(None)
