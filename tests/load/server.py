"""A measured server of Rapport on its own copy of a sample company."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

import crm.areas  # registers every entity
from crm.sample.world import ScaleName

ROOT = Path(__file__).parents[2]
KEPT = ROOT / ".test-artifacts" / "bench"
START_SECONDS = 90


@dataclass(frozen=True)
class Server:
    """A running server: its port, process and database, and the log of its runs."""

    port: int
    process: subprocess.Popen[bytes]
    database: Path
    log: Path

    def memory(self) -> int:
        """Megabytes resident, helpers of the server included."""
        tree = psutil.Process(self.process.pid)
        return sum(p.memory_info().rss for p in (tree, *tree.children(recursive=True))) // 2**20

    def processor_seconds(self) -> float:
        """Processor time the server has used so far."""
        used = psutil.Process(self.process.pid).cpu_times()
        return float(used.user + used.system)

    def runs(self) -> list[dict[str, Any]]:
        """What each script run so far left in the log."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def sign_in(self, email: str) -> str:
        """A session cookie of one of the sample's people."""
        return crm(self.database, "session", "issue", "--email", email).strip().splitlines()[-1]


def crm(database: Path, *arguments: str, fine: tuple[int, ...] = (0,)) -> str:
    """Run ``python -m crm …`` on a database; returns what it prints. ``fine`` are the exit codes that are no failure."""
    done = subprocess.run(
        [sys.executable, "-m", "crm", *arguments],
        cwd=ROOT,
        env={**os.environ, "CRM_DATABASE_URL": f"sqlite:///{database}"},
        capture_output=True,
        text=True,
    )
    if done.returncode not in fine:
        raise RuntimeError(f"python -m crm {' '.join(arguments)}\n{done.stdout}{done.stderr}")
    return done.stdout


def company(scale: ScaleName) -> Path:
    """A database with the sample company, made once for each state of the generator and the schema in a month."""
    digest = hashlib.sha256(datetime.now(UTC).strftime("%Y-%m").encode())
    made_by = (
        "crm/sample/**/*.py",
        "crm/sample/told/*.toml",
        "crm/pipeline/defaults.py",
        "db/migrations/versions/*.py",
    )
    for pattern in made_by:
        for source in sorted(ROOT.glob(pattern)):
            digest.update(source.read_bytes())
    made = KEPT / f"{scale}-{digest.hexdigest()[:12]}.db"
    if not made.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        for old in KEPT.glob(f"{scale}-*.db*"):
            old.unlink()
        print(f"Loading the {scale} sample company …", file=sys.stderr, flush=True)
        draft = made.with_suffix(".draft.db")
        (KEPT / f"{scale}.txt").write_text(crm(draft, "sample", "--scale", scale))
        for leftover in ("-wal", "-shm"):
            Path(f"{draft}{leftover}").unlink(missing_ok=True)
        draft.rename(made)
    return made


@contextmanager
def serving(scale: ScaleName, folder: Path) -> Iterator[Server]:
    """Run the measured server on a copy of the sample company until the block ends."""
    database = Path(shutil.copyfile(company(scale), folder / f"{scale}.db"))
    log = folder / f"{scale}.runs"
    log.unlink(missing_ok=True)
    # The clock's own jobs would run at some moments of the measurement and not at others.
    quiet = {"CRM_SCHEDULE": "false"}
    env = {
        "PYTHONPATH": str(ROOT),
        "CRM_DATABASE_URL": f"sqlite:///{database}",
        "BENCH_LOG": str(log),
        **quiet,
    }
    with _streamlit("served.py", folder / f"{scale}.log", cwd=ROOT, env=env) as (port, process):
        yield Server(port, process, database, log)


@contextmanager
def plain_streamlit(folder: Path) -> Iterator[int]:
    """Run Streamlit as it comes, with nothing but a title; gives its port."""
    with _streamlit("only_a_title.py", folder / "plain.log", cwd=folder, env={}) as (port, _process):
        yield port


@contextmanager
def _streamlit(
    script: str, output: Path, *, cwd: Path, env: dict[str, str]
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {"port": port, "address": "127.0.0.1", "headless": "true", "fileWatcherType": "none"}
    command = [sys.executable, "-m", "streamlit", "run", str(Path(__file__).with_name(script))]
    command += [word for name, value in options.items() for word in (f"--server.{name}", str(value))]
    with output.open("wb") as out:
        process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **env}, stdout=out, stderr=out)
    try:
        until = time.monotonic() + START_SECONDS
        while not _healthy(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"The server did not come up:\n{output.read_text()}")
            time.sleep(0.2)
        yield port, process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
