"""Aha moments: what early acts go with staying."""
