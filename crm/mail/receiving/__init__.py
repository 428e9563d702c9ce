"""Received mail: bounces, complaints, automatic answers, replies."""
