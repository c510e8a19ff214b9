"""Funnels: steps in order, the time between them, by day, side by side, and where one broke."""
