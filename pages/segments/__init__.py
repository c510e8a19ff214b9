"""Segments, page by page."""
