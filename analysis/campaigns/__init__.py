"""Campaigns: what they changed."""
