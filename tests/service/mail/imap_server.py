"""A mailbox on loopback that speaks as much IMAP as reading needs."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Mailbox(socketserver.ThreadingTCPServer):
    """Messages by uid; ``seen`` holds those that were marked as read."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, messages: list[bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.messages = dict(enumerate(messages, start=1))
        self.seen: set[int] = set()


class _Talk(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self._say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, command = line.split(" ", 1)
            if command.upper().startswith("LOGIN") and "wrong" in command:
                self._say(f"{tag} NO [AUTHENTICATIONFAILED] wrong password")
                continue
            self._answer(command)
            self._say(f"{tag} OK done")
            if command.upper() == "LOGOUT":
                return

    def _answer(self, command: str) -> None:
        box = self.server
        match command.upper().split()[:2]:
            case ["CAPABILITY", *_]:
                self._say("* CAPABILITY IMAP4rev1")
            case ["SELECT", *_]:
                self._say(f"* {len(box.messages)} EXISTS")
            case ["LOGOUT", *_]:
                self._say("* BYE")
            case ["UID", "SEARCH"]:
                self._say("* SEARCH " + " ".join(str(uid) for uid in box.messages if uid not in box.seen))
            case ["UID", "FETCH"]:
                uid = int(command.split()[2])
                content = box.messages[uid]
                self._say(f"* {uid} FETCH (UID {uid} BODY[] {{{len(content)}}}")
                self.wfile.write(content + b")\r\n")
            case ["UID", "STORE"]:
                box.seen |= {int(uid) for uid in re.findall(r"\d+", command.split()[2])}

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@contextmanager
def imap_server(*messages: bytes) -> Iterator[Mailbox]:
    """A mailbox with these messages until the block ends."""
    with Mailbox([m.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for m in messages]) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
