"""From the outbox to the server."""
