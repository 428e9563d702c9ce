"""What must be true before the first screen: the database chosen, reachable, and of this program's version."""

from __future__ import annotations

import os
from functools import cache

import streamlit as st
from sqlalchemy.exc import InternalError, OperationalError

from crm.access.signing import edge_is_live
from crm.errors import CrmError
from crm.i18n import _
from crm.upgrade import bring_up
from crm.work import told
from db import migrate, session


def choose_database() -> None:
    """Take the address from the environment, else from ``[connections.crm] url`` of Streamlit's secrets."""
    if os.environ.get("CRM_DATABASE_URL") or not st.secrets.load_if_toml_exists():
        return
    url = st.secrets.get("connections", {}).get("crm", {}).get("url")
    if url:
        session.configure(str(url))


def upgrade() -> None:
    """Bring the database to this version; two processes at once do it once.

    Raises
    ------
    Unavailable
        It cannot be opened, read or written; said in a sentence.
    """
    try:
        bring_up(session.engine())
        with session.engine().begin() as connection:
            session.refresh_statistics(connection)
    except (OperationalError, InternalError) as error:
        raise told(error) from error


def ready() -> None:
    """Make sure of the database where nothing did at the start, as in a plain script; show why it cannot be used."""
    if edge_is_live():
        return
    problem = _prepared(session.database_url())
    if problem:
        st.title(_("Rapport cannot start"), anchor=False)
        st.error(problem)
        st.stop()


@cache
def _prepared(_url: str) -> str:
    choose_database()
    try:
        upgrade()
    except (migrate.NewerDatabase, CrmError) as error:
        return str(error)
    return ""
