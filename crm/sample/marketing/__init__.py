"""What marketing does in the sample company."""
