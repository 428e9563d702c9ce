"""Tokens with which programs call the API in somebody's name, never further than that person reaches."""
