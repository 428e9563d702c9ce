"""Cells of text as values."""
