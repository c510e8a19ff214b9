"""Campaigns, page by page."""
