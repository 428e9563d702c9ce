"""A call of the API: who makes it."""
