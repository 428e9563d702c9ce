"""The edge with our routes in front of a stand-in for Streamlit."""

from contextlib import suppress
from functools import cache

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from crm.access import setup, signing
from crm.config import settings
from crm.http.edge import Edge, House
from crm.http.routes import routes
from crm.links import local

PASSWORD = "blue teapot sings"
#: They know no row and no person, and to build them takes longer than most requests.
usual_routes = cache(lambda _base: routes())


@pytest.fixture(autouse=True)
def edge_key(monkeypatch):
    for name in ("CRM_SETUP_TOKEN", "CRM_TRUST_PROXY"):
        monkeypatch.delenv(name, raising=False)
    settings.cache_clear()
    monkeypatch.setenv("RAPPORT_EDGE_KEY", "")
    signing.open_edge()
    yield
    settings.cache_clear()


async def echo(request):
    return PlainTextResponse(request.headers.get("x-crm-session", "nobody"))


async def stream(websocket):
    await websocket.accept()
    told = websocket.headers.get("x-crm-session", "nobody")
    with suppress(WebSocketDisconnect):
        while True:
            await websocket.send_text(f"{told} {await websocket.receive_text()}")


def application(house=None, **oidc):
    """What stands behind the edge tells which session it was told; Streamlit would."""
    behind = [
        Route("/{path:path}", echo, methods=["GET", "POST", "PUT"]),
        WebSocketRoute("/_stcore/stream", stream),
    ]
    ours = routes(**oidc) if oidc else usual_routes(local(""))
    return Starlette(routes=[*ours, *behind], middleware=[Middleware(Edge, house=house or House())])


def client(base="http://testserver", **more):
    return TestClient(application(**more), base_url=base, follow_redirects=False)


@pytest.fixture
def web(sqlite_database):
    """A server on an empty database."""
    with client() as made:
        yield made


@pytest.fixture
def token(web):
    """Ana administers; her session."""
    return setup.start_empty(setup.FirstPerson(name="Ana Kos", email="ana@kavarna.si", password=PASSWORD))
