"""A campaign's run: audience, arms, consent, draw, sending, answers."""
