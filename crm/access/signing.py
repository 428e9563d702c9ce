"""The edge's word to the screens of the same process: a session's hash, signed so that no visitor can say it.

The key lives as long as the process and stands in its environment, because Streamlit's hot reload throws every module
of ours away while the edge and the open connections live on. The process number in front keeps children from taking
the parent's edge for their own.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets

_VARIABLE = "RAPPORT_EDGE_KEY"


def open_edge() -> None:
    """Say that the edge stands in front of this process's screens, and make its key."""
    os.environ[_VARIABLE] = f"{os.getpid()}:{secrets.token_hex(32)}"


def edge_is_live() -> bool:
    """True when this process serves its screens behind the edge."""
    return _key() is not None


def sign(session_hash: str) -> str:
    """The hash with its signature, for the header that Streamlit hands to ``st.user``."""
    key = _key()
    if key is None:
        raise RuntimeError("Only a process with an edge signs; call open_edge() at its start.")
    return f"{session_hash}.{_signature(key, session_hash)}"


def verified(signed: object) -> str | None:
    """The hash that this process signed, or None for anything else: another type, a forged or a foreign value."""
    key = _key()
    if key is None or not isinstance(signed, str):
        return None
    session_hash, _dot, signature = signed.partition(".")
    return (
        session_hash
        if hmac.compare_digest(_signature(key, session_hash).encode(), signature.encode())
        else None
    )


def _key() -> bytes | None:
    pid, _colon, key = os.environ.get(_VARIABLE, "").partition(":")
    return key.encode() if pid == str(os.getpid()) and key else None


def _signature(key: bytes, session_hash: str) -> str:
    return hmac.new(key, session_hash.encode(), hashlib.sha256).hexdigest()
