"""The service dashboard."""
