"""What is special on the screens of contacts, organisations and products."""
