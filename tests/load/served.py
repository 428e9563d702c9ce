"""Rapport as ``app.py`` builds it, with the measuring shell in place of its own."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from app import house, lifespan, told
from crm.http.edge import Edge
from crm.http.routes import routes

app = st.App(
    Path(__file__).with_name("shell.py"),
    routes=list(routes()),
    middleware=[Middleware(Edge, house=house)],
    lifespan=lifespan,
    on_script_error=told,
)
