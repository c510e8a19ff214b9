"""Lifecycle: who is new, settled, about to go."""
