"""Queues, working hours and what is promised to whom."""
