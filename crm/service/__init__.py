"""Cases, service levels, equipment, visits, and what wears out."""
