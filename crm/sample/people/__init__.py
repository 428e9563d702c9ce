"""Staff and customers of the sample company."""
