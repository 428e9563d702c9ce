"""The sales dashboard."""
