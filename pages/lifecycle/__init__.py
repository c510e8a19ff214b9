"""Lifecycle, page by page."""
