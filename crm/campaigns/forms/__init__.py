"""Web forms: their questions, who answered, and what an answer makes."""
