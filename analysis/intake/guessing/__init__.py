"""Guessing: what a file's columns and the file itself are, with the reason."""
