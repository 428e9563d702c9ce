"""Import, export, matching of names, and the way back from each import."""
