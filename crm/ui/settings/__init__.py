"""Settings and people."""
