"""Sessions and the pages of sessions."""
