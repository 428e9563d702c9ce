"""Rows on their way out: what is asked of the database, what a cell is, and the files they become."""
