"""Single rows of a step: which record a link means, and what keeps one from being stored."""
