"""Segment screens."""
