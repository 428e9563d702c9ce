"""Whether the server is well, and threads of its own to find that out."""
