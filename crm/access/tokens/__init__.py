"""What programs call the API with: tokens in somebody's name, never further than that person reaches, and keys that make a
repeated call harmless."""
