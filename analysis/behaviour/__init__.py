"""Behaviour: where users leave, who comes back."""
