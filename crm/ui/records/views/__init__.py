"""What a list is asked, and the views that keep it."""
