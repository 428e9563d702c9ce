"""A person at a screen without a browser: Streamlit's own messages over its websocket."""

import asyncio
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

#: Finished early to run again, or a fragment alone: not the end of the page.
_NOT_THE_END = {ForwardMsg.FINISHED_EARLY_FOR_RERUN, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY}
MOST_SECONDS = 60.0


@dataclass(frozen=True)
class Answer:
    """How a page came: seconds from asking to the last message, kilobytes, and any problem it shows."""

    seconds: float
    kilobytes: float
    problems: tuple[str, ...] = ()
    texts: tuple[str, ...] = field(default=(), repr=False)


class Visitor:
    """One tab of one signed-in person; every ``open`` is a rerun of the same session, as a click in the menu is."""

    def __init__(self, port: int, token: str) -> None:
        self._address = f"ws://127.0.0.1:{port}/_stcore/stream"
        self._token = token
        self._socket: Any = None

    async def __aenter__(self) -> Self:
        self._socket = await websockets.connect(
            self._address,
            additional_headers={"Cookie": f"rapport_session={self._token}"},
            subprotocols=[websockets.Subprotocol("streamlit")],
            max_size=None,
            compression=None,
        )
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._socket.close()

    async def open(self, page: str, query: str = "") -> Answer:
        """Ask for a page and read until it is whole."""
        asked = BackMsg()
        asked.rerun_script.query_string = query
        asked.rerun_script.page_name = page
        asked.rerun_script.context_info.timezone = "UTC"
        asked.rerun_script.context_info.locale = "en-GB"
        begun = time.perf_counter()
        await self._socket.send(asked.SerializeToString())
        return await asyncio.wait_for(self._read(begun), MOST_SECONDS)

    async def _read(self, begun: float) -> Answer:
        size = 0
        problems: list[str] = []
        texts: list[str] = []
        while True:
            raw = await self._socket.recv()
            size += len(raw)
            message = ForwardMsg.FromString(raw)
            kind = message.WhichOneof("type")
            if kind == "delta":
                _look(message.delta, problems, texts)
            elif kind == "page_not_found":
                problems.append("page not found")
            elif kind == "script_finished" and message.script_finished not in _NOT_THE_END:
                return Answer(time.perf_counter() - begun, size / 1024, tuple(problems), tuple(texts))


def _look(delta: Any, problems: list[str], texts: list[str]) -> None:
    """Keep the headings of a page, and what it says went wrong."""
    if delta.WhichOneof("type") != "new_element":
        return
    element = delta.new_element
    kind = element.WhichOneof("type")
    if kind == "exception":
        problems.append(element.exception.message)
    elif kind == "alert" and element.alert.format == element.alert.ERROR:
        problems.append(element.alert.body)
    elif kind == "heading":
        texts.append(element.heading.body)
