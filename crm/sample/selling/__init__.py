"""What the sample company sells, to whom, and how it comes about."""
