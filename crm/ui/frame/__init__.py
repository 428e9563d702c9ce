"""The frame around every screen: sign-in, menu, find, add."""
