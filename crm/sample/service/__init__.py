"""Equipment, cases and visits of the sample company."""
