"""Screens of message templates and web forms."""
