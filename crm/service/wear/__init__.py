"""How long units last: survival analysis, and what should be done next."""
