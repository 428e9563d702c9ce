"""Case screens."""
