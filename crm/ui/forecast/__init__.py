"""The forecast screen."""
