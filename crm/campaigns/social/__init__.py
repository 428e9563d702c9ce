"""Accounts and posts on social networks."""
