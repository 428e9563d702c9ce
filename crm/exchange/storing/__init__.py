"""Rows of a file into the database, in chunks, with log and report."""
