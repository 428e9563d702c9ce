"""Groups of contacts by rules."""
