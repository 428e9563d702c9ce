"""The inbox: what came in and belongs nowhere yet."""
