"""Pipeline and deal screens."""
