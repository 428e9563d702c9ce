"""Ways in beside e-mail and password."""
