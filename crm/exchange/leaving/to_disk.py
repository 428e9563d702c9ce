"""A file that a command writes: whole, or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from crm.errors import Refused
from crm.i18n import _

KINDS = ("csv", "xlsx", "json")
OUTPUT = Path("-")


def kind_of_file(path: Path, default: str = "csv") -> str:
    """What a file will hold, by how its name ends.

    Raises
    ------
    Refused
        Another ending.
    """
    if path == OUTPUT:
        return default
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        text = _("“{name}” ends in none of: {kinds}.")
        raise Refused(text.format(name=path.name, kinds=", ".join(f".{one}" for one in KINDS)))
    return kind


def written(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write`` fill the file; it stands at its place when all of it is there. A dash is the program's output.

    Raises
    ------
    Refused
        It cannot be written there.
    """
    if path == OUTPUT:
        write(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as made:
            try:
                write(made)  # type: ignore[arg-type]
                made.flush()
                os.fsync(made.fileno())
            except BaseException:
                os.unlink(made.name)
                raise
        os.replace(made.name, path)
    except OSError as error:
        text = _("{file} cannot be written: {why}.")
        raise Refused(text.format(file=path, why=error.strerror or str(error))) from error
