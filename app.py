"""Rapport. ``streamlit run app.py``, ``python app.py`` and ``uvicorn app:app`` all start it.

A host that only knows how to run a script may run this file as one: then there are no routes and no edge, and the tab
itself signs in.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
import structlog
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner import get_script_run_ctx

import crm.areas  # noqa: F401 - hands in what the areas offer
from crm.access.signing import open_edge
from crm.config import settings
from crm.errors import CrmError
from crm.http.edge import Edge, House
from crm.http.guarding import app_policy
from crm.http.routes import load_api, routes
from crm.i18n import _
from crm.jobs.schedule import Schedule
from crm.jobs.worker import Worker
from crm.links import live_under, local
from crm.mail.sending.postman import Postman
from crm.ui.frame import oidc, served, start
from crm.ui.frame.guard import show
from crm.ui.frame.warm import warm_later
from crm.ui.main import main
from db.migrate import NewerDatabase
from db.session import close

SHELL = Path(__file__).resolve().parent / "crm" / "ui" / "shell.py"
log = structlog.get_logger("app")
live_under(st.get_option("server.baseUrlPath"))
house = House(policy=app_policy(served.script_hashes()), may_fetch=served.is_whose_file)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Choose and upgrade the database, open the edge, let the worker work; end in the opposite order."""
    open_edge()
    served.bind_files()
    try:
        await run_in_threadpool(start.choose_database)
        await run_in_threadpool(start.upgrade)
    except (NewerDatabase, CrmError) as error:
        log.error("cannot start", detail=str(error))
        house.problem = str(error)
        yield {}
        return
    house.problem = ""
    if not settings().public_url.rstrip("/").endswith(local("")):
        log.warning("links in messages will not lead here: CRM_PUBLIC_URL has another path", path=local(""))
    warm_later(load_api)
    at_work: list[Worker | Postman | Schedule] = [Worker().start(), Postman().start(), Schedule().start()]
    try:
        yield {}
    finally:
        for one in reversed(at_work):
            await run_in_threadpool(one.stop)
        await run_in_threadpool(close)


def told(error: Exception) -> bool:
    """Show a problem as its sentence and a bug as a number; the log has the trace under the same number."""
    if isinstance(error, CrmError):
        show(error)
        return True
    reference = secrets.token_hex(3).upper()
    log.error("script error", reference=reference, exc_info=error)
    st.error(
        _("Something went wrong on our side. What you typed is still here. Number {reference}.").format(
            reference=reference
        ),
        icon=":material/error:",
    )
    return True


def _routes() -> list[Any]:
    if not oidc.is_configured():
        return list(routes())
    house.oidc_cookie = oidc.COOKIE
    return list(routes(oidc.login_address, oidc.claims_of))


if __name__ == "__main__" and get_script_run_ctx(suppress_warning=True):
    main()
else:
    app = st.App(
        SHELL,
        routes=_routes(),
        middleware=[Middleware(Edge, house=house)],
        lifespan=lifespan,
        on_script_error=told,
    )
    if __name__ == "__main__":
        app.run()
