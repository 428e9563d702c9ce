"""Segments, consent, campaigns with their arms and members."""
