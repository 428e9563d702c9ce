"""Reports of deals, sales lines and targets, and the facts of the sales dashboard."""
