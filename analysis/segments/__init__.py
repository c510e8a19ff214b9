"""Segments: who the users are."""
