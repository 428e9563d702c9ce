"""Programs of ours as forks of one process that has already imported what they import: most of a start is that.

``Nursery`` is the tests' end of it; run as a module this file is the process. A fork does from then on what
``python -m`` does with its words. Some tests start programs as people do, by the command: ``test_sign_in.py``, ``test_cli.py``,
``test_mail_cli.py``.
"""

import gc
import json
import os
import runpy
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

ROOT = Path(__file__).parents[1]
IMPORTED = (
    "crm.areas", "crm.commands", "crm.http.routes", "crm.ui.main", "streamlit.web.cli", "streamlit.web.bootstrap"
)  # fmt: skip


class Nursery:
    """The process of this worker; what it still runs ends with it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._one_at_a_time = Lock()

    def start(self, *words: str, env: Mapping[str, str], output: Path, own_group: bool = False) -> "Child":
        """Run ``python -m`` with these words; the output is added to that file.

        ``own_group``: what it starts itself belongs to it, for ``kill_all``.
        """
        return Child(self, self.ask("start", list(words), dict(env), str(output), own_group))

    def ask(self, *question: Any) -> Any:
        """What the process answers."""
        assert self._process.stdin
        assert self._process.stdout
        with self._one_at_a_time:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=20)


class Child:
    """Answers what ``subprocess.Popen`` is asked for."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery, self.pid, self.returncode = nursery, pid, None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._nursery.ask("poll", self.pid)
        return self.returncode

    def wait(self, timeout: float) -> int:
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(0.01)
        return code

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def kill_all(self) -> None:
        """End it, and all that it started, at once; it was started as a group of its own."""
        if self.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)

    def _send(self, signal: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal)


def streamlit_words(script: Path, port: int) -> list[str]:
    """What ``python -m`` is given to serve a script on this port of this machine."""
    options = {"port": port, "address": "127.0.0.1", "headless": "true", "fileWatcherType": "none"}
    words = ["streamlit", "run", str(script)]
    words += [word for name, value in options.items() for word in (f"--server.{name}", str(value))]
    return [*words, "--browser.gatherUsageStats", "false"]


def answers(port: int) -> bool:
    """Whether Streamlit on this port says that it is well."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _nurse() -> None:
    for name in IMPORTED:
        import_module(name)
    gc.collect()
    gc.freeze()
    ended: dict[int, int | None] = {}
    for line in sys.stdin:
        match json.loads(line):
            case "start", words, env, output, own_group:
                if not (answer := os.fork()):
                    if own_group:
                        os.setpgid(0, 0)
                    _become(words, env, output)
                    return
                ended[answer] = None
            case "poll", pid:
                if ended[pid] is None:
                    gone, status = os.waitpid(pid, os.WNOHANG)
                    ended[pid] = os.waitstatus_to_exitcode(status) if gone else None
                answer = ended[pid]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid, code in ended.items():
        if code is None:
            os.kill(pid, signal.SIGKILL)


def _become(words: list[str], env: dict[str, str], output: str) -> None:
    os.environ.clear()
    os.environ.update(env)
    for fd, (path, how) in enumerate([(os.devnull, os.O_RDONLY), *[(output, os.O_WRONLY | os.O_APPEND)] * 2]):
        os.dup2(os.open(path, how), fd)
    sys.argv = list(words)
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _nurse()
