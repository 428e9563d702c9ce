"""How a long-running command ends."""

from __future__ import annotations

import signal
from typing import Any


def heed_signals() -> None:
    """Let Ctrl+C and a service manager's SIGTERM both end the program in order, as ``KeyboardInterrupt``.

    A shell starts what runs in the background with Ctrl+C ignored, so that is undone too. Main thread only.
    """

    def end(*_: Any) -> None:
        raise KeyboardInterrupt

    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, end)
