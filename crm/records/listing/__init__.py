"""What people keep of lists, and how lists are narrowed."""
