"""Rows into their tables: many at once, logged, with what belongs to them."""
