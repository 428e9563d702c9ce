"""Whose a received message is, where it goes, and what waits for staff."""
