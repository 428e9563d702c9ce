"""What the server loads before the first visitor, so that no screen waits for it or drags it along."""

from __future__ import annotations

import gc
import pkgutil
from importlib import import_module
from pathlib import Path

#: Runs the screen when it is imported.
_SCRIPT = "shell"


def warm() -> None:
    """Load every module that screens use, and take what is loaded out of the garbage collector's rounds.

    Streamlit collects all garbage after each script run, and every other run waits meanwhile. Looking through the
    loaded modules each time made an empty page cost 200 ms instead of 12.
    """
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name != _SCRIPT:
            import_module(f"crm.ui.{module.name}")
    gc.collect()
    gc.freeze()
