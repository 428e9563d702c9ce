"""Installed units, their contracts and meters."""
