"""Experiments: planned, checked, judged."""
