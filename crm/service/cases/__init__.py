"""Questions and complaints of customers."""
