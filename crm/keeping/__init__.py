"""What keeps the data: backups, and putting them back."""
