"""Rapport: a low-code internal dashboard CRM. Areas live in sub-packages; screens in ``crm.ui`` and ``pages``."""

import gc

import structlog.dev

# A trace in the log names places and no values: among those are passwords, keys and what customers wrote.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback

# Python looks for garbage after every 700 new objects. What we load is no garbage, and a page makes tens of thousands:
# looking less often takes a sixth off the start of the server.
gc.set_threshold(50_000, 10, 10)
