"""OpenID Connect through Streamlit's own routes: the address of the provider, and what it said, from Streamlit's cookie."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import streamlit as st
from starlette.requests import Request
from streamlit.user_info import generate_login_redirect_url
from streamlit.web.server.starlette import starlette_websocket
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

COOKIE = USER_COOKIE_NAME


def is_configured() -> bool:
    """True when the secrets have an ``[auth]`` section."""
    return bool(st.secrets.load_if_toml_exists() and "auth" in st.secrets)


def login_address() -> str:
    """Where Streamlit begins the provider's sign-in."""
    return str(generate_login_redirect_url("default"))


def claims_of(request: Request) -> Mapping[str, object] | None:
    """The provider's claims of this request, checked by Streamlit's signature; None without any."""
    raw = starlette_websocket._get_signed_cookie_with_chunks(request.cookies, USER_COOKIE_NAME)
    if not raw:
        return None
    address = urlsplit(str(request.url))
    claims = starlette_websocket._parse_decoded_user_cookie(raw, f"{address.scheme}://{address.netloc}")
    return claims or None
