"""List, page and drawers of any record."""
