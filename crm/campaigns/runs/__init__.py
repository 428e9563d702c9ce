"""A campaign's run: audience, arms, draw, sending, answers."""
