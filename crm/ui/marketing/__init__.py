"""The marketing dashboard."""
