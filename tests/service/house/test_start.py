"""The start of the server: the first list is drawn by what it needs, and all else is loaded when it stands."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from crm.access import sessions
from crm.access.actors import find_actor
from crm.ui.frame import warm
from crm.work import SYSTEM, unit_of_work
from db import migrate
from db.session import database_url, engine
from tests.factories import make, make_people

ROOT = Path(__file__).parents[3]
#: What no list shows: charts, forecasts, statistics, the API, migrations, telephone numbers, spreadsheets, the command line.
NOT_YET = (
    "fastapi", "alembic", "plotly.express", "prophet", "scipy", "statsmodels", "sklearn", "surpyval", "duckdb", "phonenumbers",
    "python_calamine", "xlsxwriter", "typer", "holidays", "clevercsv", "crm.forecasting", "crm.analytics", "crm.sample",
    "crm.ui.sales", "crm.ui.forecast", "crm.ui.wear", "crm.ui.imports", "crm.exchange.storing", "crm.exchange.asking",
)  # fmt: skip
FIRST_LIST = """
import sys
import app
from crm.access import signing
from crm.ui.frame import start
from streamlit.testing.v1 import AppTest

signing.open_edge()
start.upgrade()
page = AppTest.from_file(sys.argv[1], default_timeout=60)
page.user = {"session": signing.sign(sys.argv[2])}
page.switch_page(sys.argv[3])
page.run()
assert not page.exception, page.exception
assert [one.value for one in page.title] == ["Contacts"], page.title
print("LOADED", *sorted(sys.modules))
"""


def test_the_first_list_loads_nothing_that_only_other_screens_need(sqlite_database):
    ids = make_people()
    make(find_actor(ids["ada"]), "contact")
    with unit_of_work(SYSTEM) as work:
        token = sessions.start_session(work, user_id=ids["ada"], how="test")

    said = subprocess.run(
        [
            sys.executable,
            "-c",
            FIRST_LIST,
            ROOT / "crm/ui/shell.py",
            sessions.hash_of(token),
            ROOT / "pages/contacts.py",
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "CRM_DATABASE_URL": database_url(),
            "CRM_SCHEDULE": "false",
            "RAPPORT_EDGE_KEY": "",
        },
        capture_output=True,
        text=True,
    )

    assert said.returncode == 0, said.stderr[-2000:]
    loaded = set(said.stdout.partition("LOADED ")[2].split())
    assert "pandas" in loaded  # so it looked at what a list has
    assert not sorted(name for name in NOT_YET if name in loaded)


def test_the_rest_is_loaded_when_the_first_page_is_whole_and_lets_clicks_go_first(monkeypatch):
    monkeypatch.setattr(warm, "_drawn", threading.Event())
    monkeypatch.setattr(warm, "_SECONDS_ALONE", 60.0)
    monkeypatch.setattr(warm, "import_module", lambda name: seen.append((name, bool(warm._drawing))))
    monkeypatch.setattr(warm.gc, "freeze", lambda: None)
    monkeypatch.setattr(warm.script_runner, "gc", warm.script_runner.gc)
    seen, done = [], threading.Event()

    with warm.drawing():
        warm.warm_later(done.set)
        assert not done.wait(0.1) and not seen  # noqa: PT018 - one moment

    assert done.wait(30)
    assert "crm.ui.sales.figures" in [name for name, _ in seen]
    assert not any(drawing for _, drawing in seen)


def test_the_version_is_read_without_the_library_as_the_library_reads_it(sqlite_database):
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))

    assert migrate.head() == ScriptDirectory.from_config(config).get_current_head()
    with engine().connect().execution_options(system=True) as connection:
        assert migrate.current(connection) == MigrationContext.configure(connection).get_current_revision()
        assert migrate.current(connection) == migrate.head()
