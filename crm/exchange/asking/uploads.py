"""Files that somebody uploads, kept where a job can read them."""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path

_UPLOADS = Path(tempfile.gettempdir()) / "rapport-uploads"
_KEPT_HOURS = 48


def keep_uploads(files: Mapping[str, bytes] | Iterable[tuple[str, bytes]]) -> dict[str, Path]:
    """Put uploads where a job can read them; those of two days ago go. Two of one name are told apart."""
    _UPLOADS.mkdir(mode=0o700, exist_ok=True)
    for old in _UPLOADS.iterdir():
        if old.stat().st_mtime < time.time() - _KEPT_HOURS * 3600:
            shutil.rmtree(old, ignore_errors=True)
    folder = _UPLOADS / uuid.uuid4().hex
    folder.mkdir(mode=0o700)
    kept: dict[str, Path] = {}
    pairs = files.items() if isinstance(files, Mapping) else files
    for at, (name, data) in enumerate(pairs):
        label, again = name, 2
        while label in kept:
            label, again = f"{Path(name).stem} ({again}){Path(name).suffix}", again + 1
        # The name comes from outside: it stays a label and never becomes a path.
        kept[label] = folder / f"{at}{Path(name).suffix[:8]}"
        kept[label].write_bytes(data)
    return kept
