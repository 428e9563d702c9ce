"""Foreign files are read by a process of their own, bounded in memory and time: native code that aborts on what a file
declares ends that process, never the server.
"""

from __future__ import annotations

import contextlib
import json
import marshal
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from crm.errors import Refused
from crm.exchange.files.bounds import LONGEST_CELL, MOST_COLUMNS
from crm.exchange.files.header import Arranged
from crm.i18n import _, language

_CHILD = Path(__file__).with_name("child.py")
_GB = 1_000_000_000
#: What any file may take: enough for a stray cell in the last row of a table of forty columns.
_MEMORY, _SECONDS = _GB, 20.0
#: What each unpacked byte may take beyond that, and how many of them a second brings at least.
_PER_BYTE = {"sheets": 5, "text": 14}
_BYTES_A_SECOND = {"sheets": 1_000_000, "text": 400_000}
_MOST_MEMORY = 6 * _GB
#: So many files are read at once; the others wait.
_turns = threading.BoundedSemaphore(2)


@contextlib.contextmanager
def _asked(kind: str, name: str, size: int, **request: Any) -> Iterator[IO[bytes]]:
    """What the child answers; a child that died or took too long is told as a refusal."""
    memory = min(_MEMORY + _PER_BYTE[kind] * size, _MOST_MEMORY)
    late = threading.Event()
    with _turns:
        process = subprocess.Popen(  # noqa: S603 - our own script in our own interpreter
            [sys.executable, "-P", str(_CHILD), json.dumps({"kind": kind, "name": name, "memory": memory, **request})],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "RUST_BACKTRACE": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(_SECONDS + size / _BYTES_A_SECOND[kind], end)
        timer.daemon = True
        timer.start()
        assert process.stdout is not None
        try:
            yield process.stdout
        except (EOFError, ValueError, TypeError, pickle.UnpicklingError) as error:
            if late.is_set():
                raise Refused(
                    _("{name} takes too long to read. Split it, or save it as CSV.").format(name=name)
                ) from error
            raise Refused(_too_far(name)) from error
        finally:
            timer.cancel()
            process.kill()
            process.wait()
            process.stdout.close()


def _too_far(name: str) -> str:
    return _(
        "{name} needs more memory than a file may. A cell far below or beside the table does this: "
        "delete the rows and columns around the table, or save it as CSV."
    ).format(name=name)


def sheet_blocks(path: Path, *, name: str, size: int, sheet: str, max_rows: int) -> Iterator[tuple[Any, ...]]:
    """The chosen sheet and all names, then its rows that are not blank, block by block.

    Raises
    ------
    Refused
        Locked, damaged, too large in some way, or the reader ended.
    """
    request = {"path": str(path), "sheet": sheet, "max_rows": max_rows}
    bounds = {"longest_cell": LONGEST_CELL, "most_columns": MOST_COLUMNS}
    with _asked("sheets", name, size, **request, **bounds) as answer:
        # Written by our own child.
        while (message := marshal.load(answer))[0] != "end":  # noqa: S302
            if message[0] == "refused":
                raise Refused(_reason(name, message[1], {"sheet": sheet, "limit": max_rows, **message[2]}))
            yield message[1:]


def _reason(name: str, reason: str, values: dict[str, Any]) -> str:
    says = {
        "no sheet": _("{name} has no sheet {sheet}; it has {sheets}."),
        "locked": _("{name} is locked with a password. Save it without and try again."),
        "damaged": _("{name} cannot be read as a spreadsheet. Save it anew as XLSX or CSV."),
        "rows": _("{name} has more than {limit:,} rows. Split it, or ask an administrator to raise the limit."),
        "columns": _("{name} has more than {most:,} columns. Save the table alone and try again."),
        "cell": _("{name} has a cell of more than {longest:,} signs in row {line}. Shorten it and try again."),
        "reach": _too_far(name),
    }  # fmt: skip
    return says[reason].format(name=name, most=MOST_COLUMNS, longest=LONGEST_CELL, **values)


def text_table(path: Path, *, name: str, size: int, options: Any) -> Arranged:
    """A large delimited text, read in full.

    Raises
    ------
    Refused
        As for a small one, or the reader ended.
    """
    request = {"path": str(path), "options": asdict(options), "language": language()}
    with _asked("text", name, size, **request) as answer:
        found = pickle.load(answer)  # noqa: S301 - written by our own child
    if isinstance(found, Arranged):
        return found
    raise Refused(found or _too_far(name))
