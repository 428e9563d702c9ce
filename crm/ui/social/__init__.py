"""Social calendar and analysis."""
