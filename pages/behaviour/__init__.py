"""Behaviour, page by page."""
