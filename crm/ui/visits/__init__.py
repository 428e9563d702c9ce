"""Visit screens."""
