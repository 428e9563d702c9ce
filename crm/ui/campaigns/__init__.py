"""Campaign screens."""
