"""The firm itself: its settings and its exchange rates."""
