"""Who agreed to what, and who may be reached therefore."""
