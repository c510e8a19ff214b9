"""The ways users take: paths from or to an event, and what follows what."""
