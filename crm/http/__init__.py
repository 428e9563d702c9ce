"""Everything that is spoken over HTTP and is not a screen: the edge, sign-in, setup, health, the API."""
