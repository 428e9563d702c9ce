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
        self.commands: list[str] = []
        self.validity = 1


class _Talk(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self._say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, command = line.split(" ", 1)
            self.server.commands.append(command)
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
                self._say(f"* OK [UIDVALIDITY {box.validity}] stays")
                self._say(f"* OK [UIDNEXT {max(box.messages, default=0) + 1}] follows")
            case ["LOGOUT", *_]:
                self._say("* BYE")
            case ["UID", "SEARCH"]:
                self._say("* SEARCH " + " ".join(map(str, self._searched(command))))
            case ["UID", "FETCH"]:
                uid = int(command.split()[2])
                content = box.messages[uid]
                if "RFC822.SIZE" in command:
                    self._say(f"* {uid} FETCH (UID {uid} RFC822.SIZE {len(content)})")
                    return
                self._say(f"* {uid} FETCH (UID {uid} BODY[] {{{len(content)}}}")
                self.wfile.write(content + b")\r\n")
            case ["UID", "STORE"]:
                box.seen |= {int(uid) for uid in re.findall(r"\d+", command.split()[2])}

    def _searched(self, command: str) -> list[int]:
        box = self.server
        if found := re.search(r"UID (\d+):\*", command):
            # As the standard says: the last message is always among them.
            return sorted(
                {uid for uid in box.messages if uid >= int(found[1])} | {max(box.messages, default=0)} - {0}
            )
        return [uid for uid in box.messages if "SINCE" in command or uid not in box.seen]

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
