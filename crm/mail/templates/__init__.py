"""Templates: what may stand in them, and what a reader sees."""
