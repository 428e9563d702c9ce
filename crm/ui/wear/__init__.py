"""The wear dashboard."""
