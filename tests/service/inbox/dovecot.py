"""A real Dovecot on a free port of this machine, with one mailbox in a folder that a test can look into."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

CONFIG = """
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/log
mail_location = maildir:{place}/mail
first_valid_uid = 1
default_client_limit = 50
passdb {{
  driver = static
  args = password=right
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={place}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


@dataclass
class Dovecot:
    """The server's port and the folder of its mailbox."""

    port: int
    mail: Path
    uid: int
    gid: int

    def deliver(self, name: str, content: bytes, flags: str = "") -> None:
        """Put a message in as a mail server does; ``flags`` as Maildir writes them, ``T`` for deleted."""
        folder = self.mail / ("cur" if flags else "new")
        path = self.mail / "tmp" / (f"{time.time_ns()}.{name}.host" + (f":2,{flags}" if flags else ""))
        path.write_bytes(content)
        os.chown(path, self.uid, self.gid)
        # Whole, and only then seen: a server that looks meanwhile moves what it finds.
        path.rename(folder / path.name)

    def messages(self) -> dict[str, str]:
        """What lies there: by name its flags."""
        found = (p.name for sub in ("new", "cur") for p in (self.mail / sub).iterdir())
        return {name.split(".")[1]: name.partition(":2,")[2] for name in found}

    def count_anew(self) -> None:
        """Let the server forget its numbers, as after it was moved: another UIDVALIDITY."""
        time.sleep(1.1)  # it is made of the second
        for path in self.mail.glob("dovecot*"):
            path.unlink()


def program() -> str | None:
    """Where Dovecot is installed, if it is."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def can_run() -> bool:
    """Whether there can be a server here."""
    return program() is not None and os.getuid() == 0


@contextmanager
def dovecot(place: Path) -> Iterator[Dovecot]:
    """The server until the block ends; a test is skipped, with the reason, where there can be none."""
    if program() is None:
        pytest.skip("no Dovecot is installed (.ci/dovecot installs one where it may)")
    if os.getuid() != 0:
        pytest.skip("Dovecot needs root to run its processes as other users")
    owner = pwd.getpwnam("mail")
    for folder in ("run", "state", "mail/new", "mail/cur", "mail/tmp"):
        (place / folder).mkdir(parents=True)
    for path in (place / "mail", *(place / "mail").iterdir()):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    # Its processes must get through to the mailbox.
    for path in (place, *place.parents):
        if path.stat().st_uid == os.getuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o011)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = place / "dovecot.conf"
    config.write_text(CONFIG.format(place=place, uid=owner.pw_uid, gid=owner.pw_gid, port=port))
    process = subprocess.Popen(
        [str(program()), "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    try:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        else:
            pytest.fail(
                f"Dovecot did not start: {(place / 'log').read_text() if (place / 'log').exists() else ''}"
            )
        yield Dovecot(port, place / "mail", owner.pw_uid, owner.pw_gid)
    finally:
        process.terminate()
        process.wait(20)
