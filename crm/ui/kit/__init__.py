"""Parts that screens share: look, words, inputs, boards."""
