"""What goes into the meeting."""
