"""Reports by name, and the measures they share."""
