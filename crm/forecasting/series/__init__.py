"""One series made regular, cleaned, and tested for a season."""
