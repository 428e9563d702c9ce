"""Deals and their lines."""
