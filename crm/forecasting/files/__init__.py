"""Series from files and forecasts into files."""
