"""What the meters of units show."""
