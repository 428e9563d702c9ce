"""Foreign files read as tables of text."""
