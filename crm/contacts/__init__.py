"""Contacts and organisations: what a record page shows, how people are reached, how a lead becomes a contact."""
