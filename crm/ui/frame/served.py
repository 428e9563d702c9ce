"""What the edge has to know of Streamlit: the scripts within its page, and whose the files under ``/media`` are.

Streamlit hands a file to whoever knows its address, and makes a deferred one for whoever knows its number. Here both are
bound to the tab that asked, and so to its sign-in. Nothing else of Streamlit is changed.
"""

from __future__ import annotations

from base64 import b64encode
from collections import OrderedDict
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import BackendOperationResponse
from streamlit.runtime import Runtime
from streamlit.runtime.backend_operation_handler import DeferredFileHandler
from streamlit.runtime.media_file_manager import MediaFileManager, _get_session_id

from crm.access.signing import verified

#: Streamlit's sessions by the file that was made for them, oldest first; what is older than so many was fetched long ago.
_made: OrderedDict[str, set[str]] = OrderedDict()
_MOST = 20_000


def script_hashes() -> list[str]:
    """The scripts that stand in Streamlit's page itself, as a policy names them."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text("utf-8")
    scripts = [begun.partition("</script>")[0] for begun in page.split("<script>")[1:]]
    return [f"sha256-{b64encode(sha256(one.encode()).digest()).decode()}" for one in scripts]


def _name(address: str) -> str:
    return address.rpartition("/")[2].partition(".")[0]


def _note(address: str, session_id: str) -> str:
    _made.setdefault(_name(address), set()).add(session_id)
    _made.move_to_end(_name(address))
    while len(_made) > _MOST:
        _made.popitem(last=False)
    return address


def bind_files() -> None:
    """Remember for whom each file is made, and make a deferred one only for the session whose button it stands behind."""
    add, run, handle = MediaFileManager.add, MediaFileManager.execute_deferred, DeferredFileHandler.handle
    if hasattr(add, "__wrapped__"):
        return

    @wraps(add)
    def adding(self: MediaFileManager, *args: Any, **more: Any) -> str:
        return _note(add(self, *args, **more), _get_session_id())

    @wraps(run)
    def running(self: MediaFileManager, file_id: str) -> str:
        entry = self._deferred_callables.get(file_id)
        address = run(self, file_id)
        return _note(address, entry["session_id"]) if entry else address

    @wraps(handle)
    async def handling(self: DeferredFileHandler, request: Any, session_id: str) -> Any:
        entry = self._get_media_file_mgr()._deferred_callables.get(request.deferred_file.file_id)
        if entry is None or entry["session_id"] != session_id:
            return BackendOperationResponse(
                request_id=request.request_id, error_msg="Not made for this session"
            )
        return await handle(self, request, session_id)

    changed: tuple[tuple[Any, str, Any], ...] = (
        (MediaFileManager, "add", adding),
        (MediaFileManager, "execute_deferred", running),
        (DeferredFileHandler, "handle", handling),
    )
    for cls, name, function in changed:
        setattr(cls, name, function)


def is_whose_file(path: str, session_hash: str) -> bool:
    """Whether a file under ``/media`` was made for a tab of this sign-in; what cannot be told is nobody's."""
    sessions = _made.get(_name(path), set())
    if not sessions or not Runtime.exists():
        return False
    manager: Any = Runtime.instance()._session_mgr
    tabs = (one.session for one in manager.list_sessions() if one.session.id in sessions)
    return any(verified(dict(tab._user_info).get("session")) == session_hash for tab in tabs)
