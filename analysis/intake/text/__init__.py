"""Delimited text: how it is laid out, and one pass from bytes to columns."""
