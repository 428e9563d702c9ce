"""Rapport as ``app.py`` builds it, with the measuring shell in place of its own."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from app import house, lifespan, told
from crm.http.edge import Edge
from crm.http.routes import routes
from crm.ui.frame.routes import SECTIONS, Screen
from db.scope import READ


class OnlyATitle(Screen):
    """The empty page of the budgets: signed in, with the menu, and a title."""

    @property
    def path(self) -> Path:
        """The file beside this one."""
        return Path(__file__).with_name("only_a_title.py")


SECTIONS["Bench"] = (OnlyATitle("only_a_title", "Only a title", "", ("task", READ), in_menu=False),)
app = st.App(
    Path(__file__).with_name("shell.py"),
    routes=list(routes()),
    middleware=[Middleware(Edge, house=house)],
    lifespan=lifespan,
    on_script_error=told,
)
