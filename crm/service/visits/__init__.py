"""Maintenance plans and the work orders that they and cases lead to."""
