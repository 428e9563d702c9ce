"""Reports of service, and its dashboard."""
